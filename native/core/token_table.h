/* One list inside a compiled index: the same bytes and the same verdicts as blocklist/token_table.py.
 *
 * Layout of a section (blocklist/compiling.py): 65,537 record numbers by the first two token bytes, the numbers of the
 * fresh records, the records (16-byte token, 2 bytes of attributes), the exempt tokens. Nothing is copied or owned: the
 * buffer must outlive the table. A table never changes after it was opened, so any thread may ask it.
 */
#ifndef MAMORI_CORE_TOKEN_TABLE_H
#define MAMORI_CORE_TOKEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/blake2b.h"

enum {
    TOKEN_BYTES = 16,
    TOKEN_RECORD_BYTES = 18,
    TOKEN_BUCKETS = 65536,
    TOKEN_NUMBER_BYTES = 4,
};

/* Attribute word: 9 bits expiry in days, 3 bits basis, then these two, 2 bits zero (blocklist/attributes.py). */
enum { TOKEN_ALL_TYPES = 8, TOKEN_TEST = 4 };

/* What a look-up finds besides a record (lookups.h). */
#define TOKEN_NOTHING INT64_C(0)
#define TOKEN_EXEMPT INT64_C(-1)
#define TOKEN_MALFORMED INT64_MIN /* no uncompressed wire name of 1 to 255 bytes: the caller's fault */

struct token_table {
    const uint8_t *directory; /* TOKEN_BUCKETS + 1 numbers of this machine's byte order, not aligned */
    const uint8_t *fresh_numbers;
    const uint8_t *records;
    const uint8_t *exempt;
    uint32_t fresh, entries, exemptions;
    int32_t base_day; /* days since 1970-01-01 */
    struct blake2b_keyed hash;
};

/* Open the section at `start` of an index of `length` bytes. NULL: it is good; else the word for what is wrong:
 * "bounds", "directory", "fresh" or "exemptions", and the table is as it was. The order of the records is the word of who compiled them: a find
 * stays inside the section whatever they hold. */
const char *token_table_open(struct token_table *table, const uint8_t *buffer, size_t length, uint64_t start,
                             const uint8_t key[32], int32_t base_day, uint32_t fresh, uint32_t entries,
                             uint32_t exemptions);

/* The records of a token's bucket, and the one that is most likely its own: tokens are spread evenly. */
struct token_bucket {
    uint32_t low, high, guess;
};

static inline const uint8_t *token_table_bounds(const struct token_table *table, const uint8_t *token)
{
    return table->directory + TOKEN_NUMBER_BYTES * ((size_t)token[0] << 8 | token[1]);
}

/* A token's bucket; the likely record is asked for. The memory of `token_table_bounds` is read. */
struct token_bucket token_table_bucket(const struct token_table *table, const uint8_t *token);

/* The record's number << 16 | its attribute word; TOKEN_NOTHING when there is none or it has expired at `trusted` (POSIX
 * seconds). */
int64_t token_table_listed(const struct token_table *table, const uint8_t *token, struct token_bucket in, double trusted);

/* Whether a token is among the exempt ones. */
bool token_table_exempts(const struct token_table *table, const uint8_t *token);

/* The place of a record among the fresh ones, -1 when it is not there. */
int64_t token_table_fresh_place(const struct token_table *table, uint32_t record);

#endif
