/* The response to a question that C carries: kept and rendered if it is plain, else Python's.
 *
 * The twin of Asking._take_plain and Resolution.answered_plainly, with the lifetimes of resolver/core/reply.py.
 */
#ifndef MAMORI_CORE_LANDING_H
#define MAMORI_CORE_LANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/departure.h"

struct landed {
    uint32_t seconds;           /* how long it is kept; 0: not at all */
    const struct answer *answer; /* what those who wait are told, until `landing_end` */
};

/* Read a response to the flight's query; true: it is the answer, and kept, if at all, from now on. False: nothing has
 * changed, it is for Python to read. */
bool landing(struct hitpath *path, struct flight *flight, const uint8_t *data, size_t length, double now,
             struct landed *landed);

/* Write the answer of one who waits, and book it; `out` has HIT_ROOM bytes. Returns its length. */
size_t landing_render(struct hitpath *path, const struct landed *landed, const struct waiter *waiter, double now,
                      uint8_t *out);

/* All have their answers: the question is over. */
void landing_end(struct hitpath *path, struct flight *flight, const struct landed *landed);

#endif
