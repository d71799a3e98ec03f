/* Zones whose names are not everybody's: a set that says of a name whether it lies in one of them. */
#ifndef MAMORI_CORE_ZONES_H
#define MAMORI_CORE_ZONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ZONES_MAX = 65536 };

struct zones;

/* An empty set with room for `count` zones; NULL: no memory, or too many. */
struct zones *zones_new(size_t count);
void zones_free(struct zones *zones);

/* Add a zone by its lower-case wire name, copied. False: it is full, or this is no name of 1 to 255 bytes. */
bool zones_add(struct zones *zones, const uint8_t *name, size_t length);

/* Make what was added ready to be asked; to be called once, after the last `zones_add`. */
void zones_settle(struct zones *zones);

/* Whether a sound lower-case wire name is that of a zone or lies below one. */
bool zones_cover(const struct zones *zones, const uint8_t *name, size_t length);

#endif
