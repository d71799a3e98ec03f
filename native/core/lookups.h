/* Looking names up in lists, several at once: the twin of TokenTable.find (blocklist/token_table.py).
 *
 * A name is asked for as a host and as a domain, then as a domain each of the names above it, until something says yes or
 * no. Several look-ups share what they cost: their tokens are hashed four at a time, and each waits for memory while the
 * others do.
 */
#ifndef MAMORI_CORE_LOOKUPS_H
#define MAMORI_CORE_LOOKUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/token_table.h"

enum { LOOKUPS_MAX = 16 }; /* at once: enough to hide memory, few enough for the stack and the nearest cache */

struct lookup {
    const struct token_table *table; /* this and the name are the caller's */
    const uint8_t *wire;             /* a lower-case wire name, root byte included */
    size_t length;
    int64_t found; /* by `lookups_find`: record number << 16 | attribute word, or one of TOKEN_NOTHING to _MALFORMED */
    bool asked_as_host, done;
    uint8_t suffix; /* where in the name the next domain starts that is to be asked for */
};

/* Decide each of at most LOOKUPS_MAX. The most specific listing or exemption wins, an exemption at equal depth; a record
 * that has expired at `trusted` (POSIX seconds) is none. */
void lookups_find(struct lookup *lookups, size_t count, double trusted);

/* Decide one. */
int64_t token_table_find(const struct token_table *table, const uint8_t *wire, size_t length, double trusted);

#endif
