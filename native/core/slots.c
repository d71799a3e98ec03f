#include "core/slots.h"

#include <stdlib.h>

enum {
    SMALLEST = 64, /* slots of a table's first memory */
    STEP = 16,     /* old slots moved with each insertion: all are moved long before the next growth is due */
    PART = 4096,   /* so many of them are given back to the system at once: 64 kB; all together would take milliseconds */
};

/* Stands in an old table where a thing was taken out: what was put behind it must still be found. */
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
    while (table[at].thing != NULL && table[at].hash != hash) {
        at = (at + 1) & mask;
    }
    return &table[at];
}

/* The slot of a hash among the old ones that are left, NULL for none. What stands behind those was moved, so that a probe
 * goes on at the beginning, as it would at the end of the whole. */
static struct slot *probe_old(const struct slots *slots, uint64_t hash)
{
    size_t at = (size_t)hash & slots->old_mask;
    for (size_t step = 0; step < slots->old_left; step++, at++) {
        at = at < slots->old_left ? at : 0;
        struct slot *slot = &slots->old[at];
        if (slot->thing == NULL) {
            return NULL;
        }
        if (slot->hash == hash && is_thing(slot->thing)) {
            return slot;
        }
    }
    return NULL;
}

void *slots_find(const struct slots *slots, uint64_t hash)
{
    if (slots->young == NULL) {
        return NULL;
    }
    void *thing = probe(slots->young, slots->young_mask, hash)->thing;
    if (thing == NULL && slots->old != NULL) {
        const struct slot *old = probe_old(slots, hash);
        thing = old == NULL ? NULL : old->thing;
    }
    return thing;
}

/* Give back the old memory behind what is left. */
static void give_back(struct slots *slots)
{
    if (slots->old_left == 0) {
        free(slots->old);
        slots->old = NULL;
        return;
    }
    struct slot *less = realloc(slots->old, slots->old_left * sizeof *less);
    slots->old = less == NULL ? slots->old : less;
}

/* Move the next few old things, from the end on. */
static void move_some(struct slots *slots)
{
    for (size_t step = 0; slots->old != NULL && step < STEP; step++) {
        const struct slot from = slots->old[--slots->old_left];
        if (is_thing(from.thing)) {
            *probe(slots->young, slots->young_mask, from.hash) = from;
        }
        if (slots->old_left % PART == 0) {
            give_back(slots);
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
    slots->old_left = size;
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
    slot = slots->old == NULL ? NULL : probe_old(slots, hash);
    if (slot != NULL) {
        thing = slot->thing;
        slot->thing = (void *)(uintptr_t)&GONE;
        slots->used--;
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
    const size_t all = young + (slots->old == NULL ? 0 : slots->old_left);
    while (*at < all) {
        const struct slot *slot = *at < young ? &slots->young[*at] : &slots->old[*at - young];
        ++*at;
        if (is_thing(slot->thing)) {
            return slot->thing;
        }
    }
    return NULL;
}
