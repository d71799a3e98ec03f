/* Random bytes in small pieces, drawn from the kernel in large ones; each is handed out once (twin:
 * resolver/core/randomness.py). Made in the process that uses it. */
#ifndef MAMORI_EDGE_CHANCE_H
#define MAMORI_EDGE_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANCE_BYTES = 4096 };

/* All zero is an empty stock. */
struct chance {
    size_t left;
    uint8_t stock[CHANCE_BYTES];
};

/* Move so many bytes, CHANCE_BYTES at most, to `out`; false: the kernel gave none. */
bool chance_draw(struct chance *chance, uint8_t *out, size_t count);

/* A number from 0 to `bound` - 1 (65,536 at most) into `*number`; none is likelier than another by 2^-16. */
bool chance_below(struct chance *chance, uint32_t bound, uint32_t *number);

#endif
