#include "core/token_table.h"

#include <stdbool.h>
#include <string.h>

#include "core/bytes.h"

enum {
    ALIGNMENT = 8,
    DAY_SECONDS = 86400,
    NAME_MAX_BYTES = 255,
    LABEL_MAX_BYTES = 63,
    LABELS_MAX = 127,
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

/* Where each label of a name starts, but for the root's; -1: no wire name that ends where `length` says. */
static int label_starts(const uint8_t *wire, size_t length, uint8_t starts[LABELS_MAX])
{
    int count = 0;
    size_t at = 0;
    if (length == 0 || length > NAME_MAX_BYTES) {
        return -1;
    }
    while (at < length && wire[at] != 0) {
        if (wire[at] > LABEL_MAX_BYTES || count == LABELS_MAX) {
            return -1;
        }
        starts[count++] = (uint8_t)at;
        at += 1 + (size_t)wire[at];
    }
    return at == length - 1 ? count : -1;
}

/* A name that is being looked up: probe 0 is the host, probe n > 0 the n-th suffix, the name itself among them. */
struct name {
    const uint8_t *wire;
    size_t length;
    uint8_t starts[LABELS_MAX];
};

static inline size_t message_length(const struct name *name, size_t number)
{
    return 1 + name->length - (number == 0 ? 0 : name->starts[number - 1]);
}

/* Write what the token of a probe is made of: the tag, and the name from there on. */
static void write_message(const struct name *name, size_t number, uint8_t *message)
{
    const size_t rest = message_length(name, number) - 1;
    message[0] = number == 0 ? 'H' : 'D';
    memcpy(message + 1, name->wire + name->length - rest, rest);
}

/* Make the tokens of the probes from `first` on, `count` of them. No later one is longer than the first. */
static void make_tokens(const struct token_table *table, const struct name *name, size_t first, size_t count,
                        uint8_t tokens[][TOKEN_BYTES])
{
    uint8_t blocks[BLAKE2B_LANES][BLAKE2B_BLOCK_BYTES], lengths[BLAKE2B_LANES], message[1 + NAME_MAX_BYTES];
    if (message_length(name, first) > BLAKE2B_BLOCK_BYTES) { /* so long a name is rare */
        for (size_t at = 0; at < count; at++) {
            write_message(name, first + at, message);
            blake2b_digest(&table->hash, message, message_length(name, first + at), tokens[at]);
        }
        return;
    }
    for (size_t at = 0; at < count; at++) {
        lengths[at] = (uint8_t)message_length(name, first + at);
        write_message(name, first + at, blocks[at]);
        memset(blocks[at] + lengths[at], 0, BLAKE2B_BLOCK_BYTES - (size_t)lengths[at]);
    }
    blake2b_digest_blocks(&table->hash, blocks, lengths, count, tokens);
}

/* The records of a token's bucket, and the one that is most likely its own: tokens are spread evenly. */
struct bucket {
    uint32_t low, high, guess;
};

static inline const uint8_t *bucket_bounds(const struct token_table *table, const uint8_t *token)
{
    return table->directory + TOKEN_NUMBER_BYTES * ((size_t)token[0] << 8 | token[1]);
}

static struct bucket bucket_of(const struct token_table *table, const uint8_t *token)
{
    const uint8_t *bounds = bucket_bounds(table, token);
    struct bucket bucket = {load_native32(bounds), load_native32(bounds + TOKEN_NUMBER_BYTES), 0};
    const uint64_t spread = (uint64_t)token[2] << 8 | token[3];
    bucket.guess = bucket.low + (uint32_t)((bucket.high - bucket.low) * spread >> 16);
    return bucket;
}

static inline const uint8_t *record_at(const struct token_table *table, uint32_t number)
{
    return table->records + (size_t)number * TOKEN_RECORD_BYTES;
}

/* The record's number << 16 | word, TOKEN_NOTHING when there is none or it has expired. From the guess in strides that
 * double, then by halves: one or two steps as a rule, 2 log2 n when a list's tokens are made up. */
static int64_t find_record(const struct token_table *table, const uint8_t *token, struct bucket in, double trusted)
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

static bool is_exempt(const struct token_table *table, const uint8_t *token)
{
    uint32_t low = 0, high = table->exemptions;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = order_of_16(table->exempt + (size_t)middle * TOKEN_BYTES, token);
        if (order == 0) {
            return true;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return false;
}

/* Ask for the memory that the next steps read, all of it at once: in a long list each line is far away. */
static void fetch_ahead(const struct token_table *table, uint8_t tokens[][TOKEN_BYTES], size_t count,
                        struct bucket *buckets)
{
    for (size_t at = 0; at < count; at++) {
        __builtin_prefetch(bucket_bounds(table, tokens[at]));
    }
    for (size_t at = 0; at < count; at++) {
        buckets[at] = bucket_of(table, tokens[at]);
        if (buckets[at].low < buckets[at].high) {
            const uint8_t *record = record_at(table, buckets[at].guess);
            __builtin_prefetch(record);
            __builtin_prefetch(record + TOKEN_BYTES);
        }
    }
}

int64_t token_table_find(const struct token_table *table, const uint8_t *wire, size_t length, double trusted)
{
    struct name name = {.wire = wire, .length = length};
    uint8_t tokens[BLAKE2B_LANES][TOKEN_BYTES];
    struct bucket buckets[BLAKE2B_LANES];
    const int labels = label_starts(wire, length, name.starts);
    if (labels < 0) {
        return TOKEN_MALFORMED;
    }
    int64_t listed = TOKEN_NOTHING; /* as a host: a domain's exemption at the same depth is still to be asked */
    const size_t probes = 1 + (size_t)labels;
    for (size_t first = 0; first < probes; first += BLAKE2B_LANES) {
        const size_t count = probes - first < BLAKE2B_LANES ? probes - first : BLAKE2B_LANES;
        make_tokens(table, &name, first, count, tokens);
        fetch_ahead(table, tokens, count, buckets);
        for (size_t at = 0; at < count; at++) {
            if (is_exempt(table, tokens[at])) {
                return TOKEN_EXEMPT;
            }
            if (listed != TOKEN_NOTHING) {
                return listed;
            }
            listed = find_record(table, tokens[at], buckets[at], trusted);
            if (listed != TOKEN_NOTHING && first + at > 0) {
                return listed;
            }
        }
    }
    return listed;
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
