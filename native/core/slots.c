#include "core/slots.h"

#include <stdlib.h>

enum {
    SMALLEST = 64, /* slots of a table's first memory */
    STEP = 16,     /* old slots moved with each insertion: all are moved long before the next growth is due */
};

/* Stands in an old table where a thing was: what was put behind it must still be found. */
static const char GONE;

static inline bool is_thing(const void *thing)
{
    return thing != NULL && thing != (const void *)&GONE;
}

void slots_free(struct slots *slots)
{
    free(slots->young);
    free(slots->old);
    *slots = (struct slots){0};
}

/* The slot of a hash, or the free one where it would stand; a table is never full. */
static inline struct slot *probe(struct slot *table, size_t mask, uint64_t hash)
{
    size_t at = (size_t)hash & mask;
    while (table[at].thing != NULL && (table[at].hash != hash || table[at].thing == (const void *)&GONE)) {
        at = (at + 1) & mask;
    }
    return &table[at];
}

void *slots_find(const struct slots *slots, uint64_t hash)
{
    if (slots->young == NULL) {
        return NULL;
    }
    void *thing = probe(slots->young, slots->young_mask, hash)->thing;
    if (thing == NULL && slots->old != NULL) {
        thing = probe(slots->old, slots->old_mask, hash)->thing;
    }
    return thing;
}

/* Move the next few old things; the old table goes when it is empty. */
static void move_some(struct slots *slots)
{
    for (size_t step = 0; slots->old != NULL && step < STEP; step++) {
        struct slot *from = &slots->old[slots->moved];
        if (is_thing(from->thing)) {
            *probe(slots->young, slots->young_mask, from->hash) = *from;
        }
        if (from->thing != NULL) {
            from->thing = (void *)(uintptr_t)&GONE;
        }
        if (slots->moved++ == slots->old_mask) {
            free(slots->old);
            slots->old = NULL;
        }
    }
}

/* Make room for one more: at most half of the slots are in use, so that probes stay short. */
static bool grow(struct slots *slots)
{
    const size_t size = slots->young == NULL ? 0 : slots->young_mask + 1;
    if (slots->used < size / 2) {
        return true;
    }
    if (slots->old != NULL || size > SIZE_MAX / 4 / sizeof(struct slot)) {
        return false; /* STEP makes the first impossible; the second is no table of this world */
    }
    const size_t larger = size == 0 ? SMALLEST : size * 2;
    struct slot *young = calloc(larger, sizeof *young);
    if (young == NULL) {
        return false;
    }
    slots->old = slots->young;
    slots->old_mask = slots->young_mask;
    slots->moved = 0;
    slots->young = young;
    slots->young_mask = larger - 1;
    return true;
}

/* Free a slot of the young table: what stands behind it moves up where it is looked for (Knuth 6.4, algorithm R). */
static void close_gap(struct slot *table, size_t mask, size_t gap)
{
    size_t at = gap;
    table[gap].thing = NULL;
    for (at = (at + 1) & mask; table[at].thing != NULL; at = (at + 1) & mask) {
        const size_t home = (size_t)table[at].hash & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            table[gap] = table[at];
            table[at].thing = NULL;
            gap = at;
        }
    }
}

void *slots_take(struct slots *slots, uint64_t hash)
{
    if (slots->young == NULL) {
        return NULL;
    }
    struct slot *slot = probe(slots->young, slots->young_mask, hash);
    void *thing = slot->thing;
    if (thing != NULL) {
        close_gap(slots->young, slots->young_mask, (size_t)(slot - slots->young));
        slots->used--;
        return thing;
    }
    if (slots->old != NULL) {
        slot = probe(slots->old, slots->old_mask, hash);
        thing = slot->thing;
        if (thing != NULL) {
            slot->thing = (void *)(uintptr_t)&GONE;
            slots->used--;
        }
    }
    return thing;
}

bool slots_put(struct slots *slots, uint64_t hash, void *thing, void **before)
{
    move_some(slots);
    if (!grow(slots)) {
        return false;
    }
    *before = slots_take(slots, hash);
    *probe(slots->young, slots->young_mask, hash) = (struct slot){hash, thing};
    slots->used++;
    return true;
}

void *slots_next(const struct slots *slots, size_t *at)
{
    const size_t young = slots->young == NULL ? 0 : slots->young_mask + 1;
    const size_t all = young + (slots->old == NULL ? 0 : slots->old_mask + 1);
    while (*at < all) {
        const struct slot *slot = *at < young ? &slots->young[*at] : &slots->old[*at - young];
        ++*at;
        if (is_thing(slot->thing)) {
            return slot->thing;
        }
    }
    return NULL;
}
