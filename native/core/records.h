/* Sets of match records: 18 bytes each (token, attributes), tokens strictly increasing, packed (blocklist/matchfile.py).
 *
 * Every set function counts first (`out` is NULL) and then writes: so the caller allocates exactly what is needed. `n`
 * and `m` count items, not bytes. Disorder in a set makes a wrong result, never a read or write outside; what is
 * written is what was counted as long as the sets do not change in between.
 */
#ifndef MAMORI_CORE_RECORDS_H
#define MAMORI_CORE_RECORDS_H

#include <stddef.h>
#include <stdint.h>

enum records_fault { RECORDS_GOOD, RECORDS_NOT_INCREASING, RECORDS_RESERVED_BIT, RECORDS_NO_EXPIRY };

/* The first rule, in this order, that any of the records breaks. */
enum records_fault records_check(const uint8_t *records, size_t n);

/* 65,537 record numbers: bucket b, by the first two token bytes, is records [d[b], d[b + 1]). `n` fits 32 bits. */
void records_directory(const uint8_t *records, size_t n, uint32_t *directory);

/* How many records have each attribute word; `counts` has 65,536 places. */
void records_count_words(const uint8_t *records, size_t n, uint32_t *counts);

/* The tokens alone; `out` has room for 16 `n` bytes. */
void records_tokens(const uint8_t *records, size_t n, uint8_t *out);

/* The records whose token is not among `items`, which are `width` bytes each and start with their token. */
size_t records_lacking(const uint8_t *records, size_t n, const uint8_t *items, size_t m, size_t width, uint8_t *out);

/* The tokens (16 bytes each) that some record has. */
size_t records_among(const uint8_t *tokens, size_t n, const uint8_t *records, size_t m, uint8_t *out);

/* The records of `new` that are not in `old`: additions, and tokens with other attributes. */
size_t records_changed(const uint8_t *old, size_t n, const uint8_t *new, size_t m, uint8_t *out);

/* The union; of a token in both, the first set's record. */
size_t records_union(const uint8_t *first, size_t n, const uint8_t *second, size_t m, uint8_t *out);

/* What `records_apply` returns for a delta that does not fit; no number of records is so large. */
#define RECORDS_MISFIT (SIZE_MAX)       /* a removal fits no record, or two */
#define RECORDS_CONTRADICTS (SIZE_MAX - 1) /* one record is removed and updated */

/* The records without those that start with one of `r` 8-byte prefixes, and with `a` additions, which take the place
 * of records with their token. */
size_t records_apply(const uint8_t *records, size_t n, const uint8_t *removals, size_t r, const uint8_t *additions,
                     size_t a, uint8_t *out);

#endif
