#include "core/token_table.h"

#include <string.h>

#include "core/bytes.h"

enum {
    ALIGNMENT = 8,
    DAY_SECONDS = 86400,
    DIRECTORY_BYTES = (TOKEN_BUCKETS + 1) * TOKEN_NUMBER_BYTES,
    BIT_EXPIRY = 7, /* the expiry stands above this bit of the attribute word */
};

/* --- opening ------------------------------------------------------------------------------------------------------ */

static bool never_falls(const uint8_t *numbers, size_t count, bool strictly)
{
    bool good = true;
    for (size_t at = 1; at < count; at++) {
        const uint32_t one = load_native32(numbers + TOKEN_NUMBER_BYTES * (at - 1));
        const uint32_t next = load_native32(numbers + TOKEN_NUMBER_BYTES * at);
        good &= strictly ? one < next : one <= next; /* no early end: so the loop can be done in wide steps */
    }
    return good;
}

static bool tokens_rise(const uint8_t *tokens, size_t count)
{
    for (size_t at = 1; at < count; at++) {
        if (memcmp(tokens + TOKEN_BYTES * (at - 1), tokens + TOKEN_BYTES * at, TOKEN_BYTES) >= 0) {
            return false;
        }
    }
    return true;
}

const char *token_table_open(struct token_table *table, const uint8_t *buffer, size_t length, uint64_t start,
                             const uint8_t key[32], int32_t base_day, uint32_t fresh, uint32_t entries,
                             uint32_t exemptions)
{
    const uint64_t needed = DIRECTORY_BYTES + (uint64_t)fresh * TOKEN_NUMBER_BYTES +
                            (uint64_t)entries * TOKEN_RECORD_BYTES + (uint64_t)exemptions * TOKEN_BYTES;
    if (start % ALIGNMENT != 0 || start > length || needed > length - start) {
        return "bounds";
    }
    struct token_table opened = {.directory = buffer + start,
                                 .fresh = fresh,
                                 .entries = entries,
                                 .exemptions = exemptions,
                                 .base_day = base_day};
    opened.fresh_numbers = opened.directory + DIRECTORY_BYTES;
    opened.records = opened.fresh_numbers + (size_t)fresh * TOKEN_NUMBER_BYTES;
    opened.exempt = opened.records + (size_t)entries * TOKEN_RECORD_BYTES;
    if (load_native32(opened.directory) != 0 ||
        load_native32(opened.directory + TOKEN_BUCKETS * TOKEN_NUMBER_BYTES) != entries ||
        !never_falls(opened.directory, TOKEN_BUCKETS + 1, false)) {
        return "directory";
    }
    if (fresh > 0 && (load_native32(opened.fresh_numbers + (size_t)(fresh - 1) * TOKEN_NUMBER_BYTES) >= entries ||
                      !never_falls(opened.fresh_numbers, fresh, true))) {
        return "fresh";
    }
    if (!tokens_rise(opened.exempt, exemptions)) {
        return "exemptions";
    }
    blake2b_key(&opened.hash, key, 32);
    *table = opened;
    return NULL;
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

static inline const uint8_t *record_at(const struct token_table *table, uint32_t number)
{
    return table->records + (size_t)number * TOKEN_RECORD_BYTES;
}

struct token_bucket token_table_bucket(const struct token_table *table, const uint8_t *token)
{
    const uint8_t *bounds = token_table_bounds(table, token);
    struct token_bucket bucket = {load_native32(bounds), load_native32(bounds + TOKEN_NUMBER_BYTES), 0};
    const uint64_t spread = (uint64_t)token[2] << 8 | token[3];
    bucket.guess = bucket.low + (uint32_t)((bucket.high - bucket.low) * spread >> 16);
    if (bucket.low < bucket.high) {
        const uint8_t *record = record_at(table, bucket.guess);
        __builtin_prefetch(record);
        __builtin_prefetch(record + TOKEN_BYTES);
    }
    return bucket;
}

/* From the guess in strides that double, then by halves: one or two steps as a rule, 2 log2 n when a list's tokens are
 * made up. */
int64_t token_table_listed(const struct token_table *table, const uint8_t *token, struct token_bucket in, double trusted)
{
    uint32_t stride = 1, at = in.guess;
    while (in.low < in.high) {
        const uint8_t *record = record_at(table, at);
        const int order = order_of_16(record, token);
        if (order == 0) {
            const uint32_t word = (uint32_t)record[TOKEN_BYTES] << 8 | record[TOKEN_BYTES + 1];
            const int64_t end = ((int64_t)table->base_day + (word >> BIT_EXPIRY) + 1) * DAY_SECONDS;
            return trusted < (double)end ? (int64_t)at << 16 | word : TOKEN_NOTHING;
        }
        if (order < 0) {
            in.low = at + 1;
            at = in.high - at > stride ? at + stride : in.low + (in.high - in.low) / 2;
        } else {
            in.high = at;
            at = at - in.low >= stride ? at - stride : in.low + (in.high - in.low) / 2;
        }
        stride = stride <= UINT32_MAX / 2 ? stride * 2 : stride; /* never 0, which would stand still */
    }
    return TOKEN_NOTHING;
}

/* The last one that is not above the token is found without a branch: no processor can foretell where a token leads. */
bool token_table_exempts(const struct token_table *table, const uint8_t *token)
{
    const uint8_t *at = table->exempt;
    for (size_t left = table->exemptions; left > 1;) {
        const size_t half = left / 2;
        const size_t step = half * TOKEN_BYTES;
        at += step & -(size_t)(order_of_16(at + step, token) <= 0);
        left -= half;
    }
    return table->exemptions > 0 && order_of_16(at, token) == 0;
}

int64_t token_table_fresh_place(const struct token_table *table, uint32_t record)
{
    uint32_t low = 0, high = table->fresh;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const uint32_t number = load_native32(table->fresh_numbers + (size_t)middle * TOKEN_NUMBER_BYTES);
        if (number == record) {
            return middle;
        }
        low = number < record ? middle + 1 : low;
        high = number < record ? high : middle;
    }
    return -1;
}
