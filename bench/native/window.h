/* The questions in flight: a fixed number of slots, each with its own copy of the message as it was sent.
 *
 * An id is the slot's number and, above it, how often the slot has been used: a late answer to a question given up is
 * not taken for an answer to the next one. */
#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "questions.h"

enum { WINDOW_MOST = 8192 };

struct slot {
    uint64_t sent_ns; /* 0: free */
    const struct question *asked;
    uint16_t id;
    uint8_t is_timed; /* whether `sent_ns` is close enough to when the kernel had it */
    uint8_t wire[QUESTION_BYTES];
};

struct window {
    struct slot *slots;
    uint16_t *ring; /* numbers of free slots, the one free longest first */
    uint32_t count, head, available;
};

/* `count` must be a power of two up to WINDOW_MOST; ends the process where memory fails. */
struct window open_window(uint32_t count);

/* Takes the slot that was free longest and copies a question into it, under a new id; NULL where none is free. */
struct slot *window_take(struct window *window, const struct question *asked, uint64_t now_ns);

/* The slot in flight under this id, NULL where there is none. */
struct slot *window_find(struct window *window, uint16_t id);

void window_release(struct window *window, struct slot *slot);

/* Gives up what was sent before `before_ns`; returns how many. */
uint32_t window_expire(struct window *window, uint64_t before_ns);

#endif
