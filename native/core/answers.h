/* Kept answers by the hash of their question: a mirror of a part of Python's cache (resolver/core/cache.py). */
#ifndef MAMORI_CORE_ANSWERS_H
#define MAMORI_CORE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slots.h"

enum {
    ANSWER_BYTES_MAX = 4096, /* of sections and options together; Python serves what is larger */
    ANSWER_TTLS_MAX = 512,
    ANSWER_USES_MAX = 3,     /* nothing counts uses beyond this (resolver/core/eviction.py) */
};

/* An answer without id, question and OPT (resolver/core/answer.py); `sections` are followed by the options. */
struct image {
    const uint8_t *sections;
    uint16_t sections_bytes, options_bytes;
    uint16_t flags, rcode; /* rcode: 12 bits */
    uint16_t counts[3];
    uint8_t cell;   /* place of the rcode among the counters' eight */
    uint32_t event; /* counter cell to raise with each answer; 0: none */
};

/* The place of an rcode in RCODES (resolver/core/counters.py). */
uint8_t rcode_cell(uint16_t rcode);

struct ttl {
    uint32_t offset; /* in the sections */
    uint32_t seconds;
};

struct answer {
    double stored, ends; /* monotonic seconds; from `ends` on Python looks at it first */
    int64_t generation;  /* of the list it was decided under */
    struct image image;
    int64_t aged; /* whole seconds that have gone off its TTLs, as they are written now; -1: nobody has written them */
    uint32_t shown_ttl_max;
    uint16_t key_bytes, ttl_count;
    uint8_t uses;
    bool restampable; /* it is the same under every list that does not block the question itself */
    struct ttl ttls[]; /* then the key, the sections, the options */
};

/* What is copied: all of it by `answers_put`, the image alone by `image_copied`. */
struct answer_source {
    const uint8_t *key, *sections, *options;
    size_t key_bytes, sections_bytes, options_bytes;
    const struct ttl *ttls;
    size_t ttl_count;
    double stored, ends;
    int64_t generation;
    uint32_t shown_ttl_max, event;
    uint16_t flags, rcode, counts[3];
    bool restampable;
};

/* Write its sections and options to `into`, which has room for both, and return the image that borrows them. */
struct image image_copied(const struct answer_source *source, uint8_t *into);

struct answers {
    struct slots slots;
    uint8_t secret[16];
};

void answers_free(struct answers *answers);

/* The hash of a question whose key holds view 0, under a view's policy. */
static inline uint64_t answers_place(uint64_t hash, uint8_t view)
{
    return hash + view * UINT64_C(0x9e3779b97f4a7c15); /* an odd number: no two views of a question meet */
}
uint64_t answers_hash(const struct answers *answers, const uint8_t *key, size_t key_bytes);

/* The answer kept at a place, if its key is this one; NULL for none. */
struct answer *answers_at(const struct answers *answers, uint64_t place, const uint8_t *key, size_t key_bytes);

/* The same by the whole key, view included. */
struct answer *answers_find(const struct answers *answers, const uint8_t *key, size_t key_bytes);

enum answers_put_result { ANSWERS_KEPT, ANSWERS_NO_MEMORY, ANSWERS_TOO_LARGE, ANSWERS_UNSOUND };

/* Keep an answer in the place of an older one of its key. TOO_LARGE and NO_MEMORY: none is kept under this key.
 * UNSOUND: a TTL lies outside the sections, or a key is no key; nothing changed. */
enum answers_put_result answers_put(struct answers *answers, const struct answer_source *source);

/* Forget the answer of a key, if there is one. */
void answers_discard(struct answers *answers, const uint8_t *key, size_t key_bytes);

/* Make the TTLs show what is left at `now`: each lower by the whole seconds since it was stored, 0 at least. */
void answer_age(struct answer *answer, double now);

/* Bring near what a hit at a place reads. */
void answers_prefetch(const struct answers *answers, uint64_t place);

#endif
