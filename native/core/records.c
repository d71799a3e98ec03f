#include "core/records.h"

#include <stdbool.h>
#include <string.h>

#include "core/bytes.h"

enum { TOKEN = 16, RECORD = 18, PREFIX = 8, BUCKETS = 65536, RESERVED_BITS = 3, EXPIRY_BITS = 0xff80 };

static inline unsigned word_of(const uint8_t *record)
{
    return (unsigned)record[TOKEN] << 8 | record[TOKEN + 1];
}

enum records_fault records_check(const uint8_t *records, size_t n)
{
    bool reserved = false, endless = false;
    for (size_t at = 0; at < n; at++) {
        const uint8_t *record = records + RECORD * at;
        const unsigned word = word_of(record);
        if (at > 0 && order_of_16(record - RECORD, record) >= 0) {
            return RECORDS_NOT_INCREASING;
        }
        reserved |= (word & RESERVED_BITS) != 0;
        endless |= (word & EXPIRY_BITS) == 0;
    }
    return reserved ? RECORDS_RESERVED_BIT : endless ? RECORDS_NO_EXPIRY : RECORDS_GOOD;
}

void records_directory(const uint8_t *records, size_t n, uint32_t *directory)
{
    memset(directory, 0, (BUCKETS + 1) * sizeof *directory);
    for (size_t at = 0; at < n; at++) {
        const uint8_t *token = records + RECORD * at;
        directory[((size_t)token[0] << 8 | token[1]) + 1]++;
    }
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
        directory[bucket + 1] += directory[bucket];
    }
}

void records_count_words(const uint8_t *records, size_t n, uint32_t *counts)
{
    memset(counts, 0, BUCKETS * sizeof *counts);
    for (size_t at = 0; at < n; at++) {
        counts[word_of(records + RECORD * at)]++;
    }
}

void records_tokens(const uint8_t *records, size_t n, uint8_t *out)
{
    for (size_t at = 0; at < n; at++) {
        memcpy(out + TOKEN * at, records + RECORD * at, TOKEN);
    }
}

/* The first item from `from` on that is not below a token, `n` when all are: in strides that double, then by halves, so
 * that a near one costs little and a far one log n. */
static size_t not_below(const uint8_t *items, size_t width, size_t from, size_t n, const uint8_t *token)
{
    size_t low = from, stride = 1;
    while (n - low > stride && order_of_16(items + width * (low + stride), token) < 0) {
        low += stride;
        stride *= 2;
    }
    size_t high = n - low > stride ? low + stride : n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (order_of_16(items + width * middle, token) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static inline void put(uint8_t *out, size_t at, const uint8_t *items, size_t width, size_t count)
{
    if (out != NULL && count > 0) {
        memcpy(out + width * at, items, width * count);
    }
}

size_t records_lacking(const uint8_t *records, size_t n, const uint8_t *items, size_t m, size_t width, uint8_t *out)
{
    size_t at = 0, other = 0, written = 0;
    while (at < n && other < m) {
        const int order = order_of_16(records + RECORD * at, items + width * other);
        if (order == 0) {
            at++;
            other++;
        } else if (order < 0) {
            const size_t end = not_below(records, RECORD, at, n, items + width * other);
            put(out, written, records + RECORD * at, RECORD, end - at);
            written += end - at;
            at = end;
        } else {
            other = not_below(items, width, other, m, records + RECORD * at);
        }
    }
    put(out, written, records + RECORD * at, RECORD, n - at);
    return written + n - at;
}

size_t records_among(const uint8_t *tokens, size_t n, const uint8_t *records, size_t m, uint8_t *out)
{
    size_t other = 0, written = 0;
    for (size_t at = 0; at < n && other < m; at++) {
        const uint8_t *token = tokens + TOKEN * at;
        other = not_below(records, RECORD, other, m, token);
        if (other < m && order_of_16(records + RECORD * other, token) == 0) {
            put(out, written++, token, TOKEN, 1);
        }
    }
    return written;
}

size_t records_changed(const uint8_t *old, size_t n, const uint8_t *new, size_t m, uint8_t *out)
{
    size_t at = 0, other = 0, written = 0;
    while (at < n && other < m) {
        const uint8_t *before = old + RECORD * at, *after = new + RECORD * other;
        const int order = order_of_16(before, after);
        if (order < 0) {
            at = not_below(old, RECORD, at, n, after);
            continue;
        }
        if (order > 0 || word_of(before) != word_of(after)) {
            put(out, written++, after, RECORD, 1);
        }
        at += order == 0;
        other++;
    }
    put(out, written, new + RECORD * other, RECORD, m - other);
    return written + m - other;
}

size_t records_union(const uint8_t *first, size_t n, const uint8_t *second, size_t m, uint8_t *out)
{
    size_t at = 0, other = 0, written = 0;
    while (at < n && other < m) {
        const int order = order_of_16(first + RECORD * at, second + RECORD * other);
        if (order <= 0) {
            const size_t end = order == 0 ? at + 1 : not_below(first, RECORD, at, n, second + RECORD * other);
            put(out, written, first + RECORD * at, RECORD, end - at);
            written += end - at;
            at = end;
            other += order == 0;
        } else {
            const size_t end = not_below(second, RECORD, other, m, first + RECORD * at);
            put(out, written, second + RECORD * other, RECORD, end - other);
            written += end - other;
            other = end;
        }
    }
    put(out, written, first + RECORD * at, RECORD, n - at);
    written += n - at;
    put(out, written, second + RECORD * other, RECORD, m - other);
    return written + m - other;
}

/* The record a removal means; `n` when it fits none, or two. */
static size_t only_match(const uint8_t *records, size_t n, size_t from, const uint8_t *prefix)
{
    uint8_t lowest[TOKEN] = {0};
    memcpy(lowest, prefix, PREFIX);
    const size_t at = not_below(records, RECORD, from, n, lowest);
    const bool fits = at < n && memcmp(records + RECORD * at, prefix, PREFIX) == 0;
    const bool twice = fits && at + 1 < n && memcmp(records + RECORD * (at + 1), prefix, PREFIX) == 0;
    return fits && !twice ? at : n;
}

size_t records_apply(const uint8_t *records, size_t n, const uint8_t *removals, size_t r, const uint8_t *additions,
                     size_t a, uint8_t *out)
{
    size_t done = 0, written = 0, added = 0;
    for (size_t at = 0, from = 0; at < r && out == NULL; at++) { /* before any contradiction is looked for */
        from = only_match(records, n, from, removals + PREFIX * at);
        if (from == n) {
            return RECORDS_MISFIT;
        }
    }
    for (size_t at = 0; at <= r; at++) {
        const size_t gone = at < r ? only_match(records, n, done, removals + PREFIX * at) : n;
        if (at < r && gone == n) {
            return RECORDS_MISFIT;
        }
        while (added < a && done <= gone) { /* all additions before the record that goes */
            const uint8_t *addition = additions + RECORD * added;
            const size_t place = not_below(records, RECORD, done, n, addition);
            const bool update = place < n && order_of_16(records + RECORD * place, addition) == 0;
            if (place > gone) {
                break;
            }
            if (place == gone && update) {
                return RECORDS_CONTRADICTS;
            }
            put(out, written, records + RECORD * done, RECORD, place - done);
            written += place - done;
            put(out, written++, addition, RECORD, 1);
            done = place + update;
            added++;
        }
        put(out, written, records + RECORD * done, RECORD, gone - done);
        written += gone - done;
        done = gone + 1;
    }
    return written;
}
