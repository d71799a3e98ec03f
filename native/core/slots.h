/* A table from keyed 64-bit hashes to things, open-addressed, that grows a little with each insertion.
 *
 * The hash is the key: its secret is a process's own, so that two things meet under one hash once in 2^64 tries, and
 * nobody can make them. Who must know for sure compares the thing itself. Things are borrowed.
 */
#ifndef MAMORI_CORE_SLOTS_H
#define MAMORI_CORE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot {
    uint64_t hash;
    void *thing; /* NULL: free */
};

/* `young` has room; `old`, while there is one, is what it grew out of, of which the first `old_left` are not yet moved. */
struct slots {
    struct slot *young, *old;
    size_t young_mask, old_mask; /* sizes are powers of two; these are one less */
    size_t old_left;
    size_t used; /* things in both */
};

/* All zero is an empty table. */
void slots_free(struct slots *slots);

/* The thing under a hash, NULL for none. */
void *slots_find(const struct slots *slots, uint64_t hash);

/* Put a thing (not NULL) under a hash; `*before` is what stood there. False: no memory, nothing changed. */
bool slots_put(struct slots *slots, uint64_t hash, void *thing, void **before);

/* Take out what stands under a hash; NULL for none. */
void *slots_take(struct slots *slots, uint64_t hash);

/* Go through all things, in no order: `*at` is 0 at first. NULL at the end. Nothing may be put or taken meanwhile. */
void *slots_next(const struct slots *slots, size_t *at);

/* Bring the place of a hash near. */
static inline void slots_prefetch(const struct slots *slots, uint64_t hash)
{
    if (slots->young != NULL) {
        __builtin_prefetch(&slots->young[hash & slots->young_mask]);
    }
}

#endif
