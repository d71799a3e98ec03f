/* Set functions of match records and deltas beside the plainest way to do the same. Tokens are few and share their first
 * eight bytes now and then; sets in disorder are only to be survived. */
#include "core/records.h"
#include "core/token_table.h"
#include "input.h"
#include "lists.h"

enum { MOST = 40, TOKEN = TOKEN_BYTES, RECORD = TOKEN_RECORD_BYTES, PREFIX = 8 };

struct set {
    uint8_t *items;
    size_t count;
};

/* Records, sorted and each token once, or as they come. */
static struct set take_set(struct input *input, int is_sorted)
{
    uint8_t records[MOST][RECORD];
    const size_t wanted = take(input, 1) % (MOST + 1);
    size_t count = 0;
    for (size_t number = 0; number < wanted; number++) {
        const uint64_t shape = take(input, 1), word = take(input, 1);
        memset(records[number], (int)(shape >> 3), PREFIX);
        memset(records[number] + PREFIX, (int)(shape & 7), TOKEN - PREFIX);
        records[number][TOKEN] = (uint8_t)(word >> 2);
        records[number][TOKEN + 1] = word & 3 ? (uint8_t)(word << 2 & 4) : 0x80;
    }
    if (!is_sorted) {
        return (struct set){own(records[0], wanted * RECORD), wanted};
    }
    qsort(records, wanted, RECORD, by_token);
    for (size_t number = 0; number < wanted; number++) {
        if (count == 0 || memcmp(records[count - 1], records[number], TOKEN) != 0) {
            memmove(records[count++], records[number], RECORD);
        }
    }
    return (struct set){own(records[0], count * RECORD), count};
}

/* The item with a token, NULL for none. */
static const uint8_t *among(struct set set, size_t width, const uint8_t *token)
{
    for (size_t at = 0; at < set.count; at++) {
        if (memcmp(set.items + width * at, token, TOKEN) == 0) {
            return set.items + width * at;
        }
    }
    return NULL;
}

/* What is made of two sets. */
enum { LACKING, CHANGED, UNION, AMONG, WAYS };

static size_t make(int way, struct set one, struct set other, uint8_t *out)
{
    switch (way) {
    case LACKING:
        return records_lacking(one.items, one.count, other.items, other.count, RECORD, out);
    case CHANGED:
        return records_changed(one.items, one.count, other.items, other.count, out);
    case UNION:
        return records_union(one.items, one.count, other.items, other.count, out);
    default:
        return records_among(one.items, one.count, other.items, other.count, out); /* items of TOKEN bytes in `one` */
    }
}

/* The same, item by item. */
static size_t expect(int way, struct set one, struct set other, uint8_t *out)
{
    size_t count = 0;
    const struct set walked = way == CHANGED ? other : one;
    const size_t width = way == AMONG ? TOKEN : RECORD;
    for (size_t at = 0; at < walked.count; at++) {
        const uint8_t *item = walked.items + width * at, *match = among(way == CHANGED ? one : other, RECORD, item);
        const int differs = match == NULL || memcmp(match + TOKEN, item + (way == AMONG ? 0 : TOKEN), 2) != 0;
        if (way == UNION || (way == LACKING && match == NULL) || (way == AMONG && match != NULL) ||
            (way == CHANGED && differs)) {
            memcpy(out + width * count++, item, width);
        }
    }
    for (size_t at = 0; way == UNION && at < other.count; at++) {
        if (among(one, RECORD, other.items + RECORD * at) == NULL) {
            memcpy(out + RECORD * count++, other.items + RECORD * at, RECORD);
        }
    }
    if (way == UNION) {
        qsort(out, count, RECORD, by_token);
    }
    return count;
}

static void check_sets(struct set one, struct set other, int is_sorted)
{
    for (int way = 0; way < WAYS; way++) {
        struct set first = one;
        const size_t width = way == AMONG ? TOKEN : RECORD;
        uint8_t *tokens = malloc(one.count * TOKEN), expected[2 * MOST * RECORD];
        records_tokens(one.items, one.count, tokens);
        first.items = way == AMONG ? tokens : one.items;
        const size_t count = make(way, first, other, NULL);
        MUST(count <= 2 * MOST);
        uint8_t *out = malloc(count * width);
        MUST(make(way, first, other, out) == count);
        if (is_sorted) {
            MUST(expect(way, first, other, expected) == count && memcmp(out, expected, count * width) == 0);
        }
        free(out);
        free(tokens);
    }
}

/* Removals as a publisher writes them: prefixes in order, each once. */
static struct set take_removals(struct input *input)
{
    uint8_t prefixes[MOST][PREFIX];
    const size_t wanted = take(input, 1) % 8;
    size_t count = 0;
    for (size_t number = 0; number < wanted; number++) {
        const int next = (int)(take(input, 1) & 0x1f);
        if (count == 0 || next > prefixes[count - 1][0]) {
            memset(prefixes[count++], next, PREFIX);
        }
    }
    return (struct set){own(prefixes[0], count * PREFIX), count};
}

/* What a delta leads to, SIZE_MAX when it does not fit. */
static size_t expect_applied(struct set records, struct set removals, struct set additions, uint8_t *out)
{
    size_t count = 0;
    for (size_t at = 0; at < removals.count; at++) {
        size_t fits = 0;
        for (size_t other = 0; other < records.count; other++) {
            fits += memcmp(records.items + RECORD * other, removals.items + PREFIX * at, PREFIX) == 0;
        }
        if (fits != 1) {
            return SIZE_MAX;
        }
    }
    for (size_t at = 0; at < records.count; at++) {
        const uint8_t *record = records.items + RECORD * at;
        int goes = 0;
        for (size_t other = 0; other < removals.count; other++) {
            goes |= memcmp(record, removals.items + PREFIX * other, PREFIX) == 0;
        }
        const int updated = among(additions, RECORD, record) != NULL;
        if (goes && updated) {
            return SIZE_MAX;
        }
        if (!goes && !updated) {
            memcpy(out + RECORD * count++, record, RECORD);
        }
    }
    memcpy(out + RECORD * count, additions.items, RECORD * additions.count);
    qsort(out, count + additions.count, RECORD, by_token);
    return count + additions.count;
}

static void check_delta(struct input *input, struct set records, struct set additions, int is_sorted)
{
    uint8_t expected[2 * MOST * RECORD];
    struct set removals = take_removals(input);
    const size_t count =
        records_apply(records.items, records.count, removals.items, removals.count, additions.items, additions.count, NULL);
    const int fits = count != RECORDS_MISFIT && count != RECORDS_CONTRADICTS;
    MUST(!fits || count <= 2 * MOST);
    if (is_sorted) {
        const size_t known = expect_applied(records, removals, additions, expected);
        MUST(fits == (known != SIZE_MAX) && (!fits || known == count));
    }
    if (fits) {
        uint8_t *out = malloc(count * RECORD);
        MUST(records_apply(records.items, records.count, removals.items, removals.count, additions.items,
                           additions.count, out) == count);
        MUST(!is_sorted || memcmp(out, expected, count * RECORD) == 0);
        free(out);
    }
    free(removals.items);
}

static void check_rules(struct set set)
{
    const enum records_fault fault = records_check(set.items, set.count);
    int increasing = 1, reserved = 0, endless = 0;
    for (size_t at = 0; at < set.count; at++) {
        const uint8_t *record = set.items + RECORD * at;
        increasing &= at == 0 || memcmp(record - RECORD, record, TOKEN) < 0;
        reserved |= record[TOKEN + 1] & 3;
        endless |= record[TOKEN] == 0 && record[TOKEN + 1] < 0x80;
    }
    MUST(fault == (!increasing ? RECORDS_NOT_INCREASING : reserved ? RECORDS_RESERVED_BIT
                   : endless ? RECORDS_NO_EXPIRY : RECORDS_GOOD));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    const int is_sorted = take(&input, 1) % 4 != 0;
    struct set one = take_set(&input, is_sorted), other = take_set(&input, is_sorted);
    check_rules(one);
    check_sets(one, other, is_sorted);
    check_delta(&input, one, other, is_sorted);
    free(one.items);
    free(other.items);
    return 0;
}
