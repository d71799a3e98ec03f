#include "core/lookups.h"

#include <string.h>

enum {
    NAME_MAX_BYTES = 255,
    LABEL_MAX_BYTES = 63,
    PROBES_EACH = 2, /* of each of several look-ups at once: a listed name is found by one of its first two, as a rule */
    PROBES_MAX = LOOKUPS_MAX * PROBES_EACH,
};
_Static_assert((int)PROBES_MAX >= (int)BLAKE2B_LANES, "a look-up that is alone fills the lanes");

/* One token that is asked for. */
struct probe {
    struct lookup *lookup;
    uint8_t suffix; /* where in the name it starts */
    bool as_host;
    uint8_t token[TOKEN_BYTES];
    struct token_bucket bucket;
};

/* Whether these bytes are one uncompressed wire name that ends where `length` says. */
static bool is_name(const uint8_t *wire, size_t length)
{
    size_t at = 0;
    if (length == 0 || length > NAME_MAX_BYTES) {
        return false;
    }
    while (at < length && wire[at] != 0) {
        if (wire[at] > LABEL_MAX_BYTES) {
            return false;
        }
        at += 1 + (size_t)wire[at];
    }
    return at == length - 1;
}

static void begin(struct lookup *lookup)
{
    const bool good = is_name(lookup->wire, lookup->length);
    lookup->found = good ? TOKEN_NOTHING : TOKEN_MALFORMED;
    lookup->done = !good;
    lookup->asked_as_host = false;
    lookup->suffix = 0;
}

/* --- tokens ------------------------------------------------------------------------------------------------------- */

/* Messages of one list that are hashed together. */
struct lanes {
    struct probe *probes[BLAKE2B_LANES];
    uint8_t blocks[BLAKE2B_LANES][BLAKE2B_BLOCK_BYTES], lengths[BLAKE2B_LANES];
    size_t used;
};

static inline size_t message_length(const struct probe *probe)
{
    return 1 + probe->lookup->length - probe->suffix;
}

/* What a token is made of: the tag, and the name from there on. */
static inline void write_message(const struct probe *probe, uint8_t *message)
{
    message[0] = probe->as_host ? 'H' : 'D';
    memcpy(message + 1, probe->lookup->wire + probe->suffix, message_length(probe) - 1);
}

/* Ask for the line of the directory that a token will need. */
static inline void fetch_bounds(const struct probe *probe)
{
    __builtin_prefetch(token_table_bounds(probe->lookup->table, probe->token));
}

static void hash_lanes(struct lanes *lanes)
{
    uint8_t tokens[BLAKE2B_LANES][TOKEN_BYTES];
    if (lanes->used == 0) {
        return;
    }
    const struct token_table *table = lanes->probes[0]->lookup->table;
    blake2b_digest_blocks(&table->hash, lanes->blocks, lanes->lengths, lanes->used, tokens);
    for (size_t lane = 0; lane < lanes->used; lane++) {
        memcpy(lanes->probes[lane]->token, tokens[lane], TOKEN_BYTES);
        fetch_bounds(lanes->probes[lane]);
    }
    lanes->used = 0;
}

/* By halves, which compilers write in wide steps; the whole at once takes them four times as long. */
static inline void clear(uint8_t block[BLAKE2B_BLOCK_BYTES])
{
    memset(block, 0, BLAKE2B_BLOCK_BYTES / 2);
    memset(block + BLAKE2B_BLOCK_BYTES / 2, 0, BLAKE2B_BLOCK_BYTES / 2);
}

static void put_into_lane(struct lanes *lanes, struct probe *probe)
{
    if (lanes->used == BLAKE2B_LANES ||
        (lanes->used > 0 && lanes->probes[0]->lookup->table != probe->lookup->table)) {
        hash_lanes(lanes);
    }
    const size_t lane = lanes->used++;
    lanes->probes[lane] = probe;
    lanes->lengths[lane] = (uint8_t)message_length(probe);
    clear(lanes->blocks[lane]);
    write_message(probe, lanes->blocks[lane]);
}

/* So long a name is rare. */
static void hash_long(struct probe *probe)
{
    uint8_t message[1 + NAME_MAX_BYTES];
    write_message(probe, message);
    blake2b_digest(&probe->lookup->table->hash, message, message_length(probe), probe->token);
    fetch_bounds(probe);
}

static void make_tokens(struct probe *probes, size_t count)
{
    struct lanes lanes;
    lanes.used = 0;
    for (size_t at = 0; at < count; at++) {
        if (message_length(&probes[at]) > BLAKE2B_BLOCK_BYTES) {
            hash_long(&probes[at]);
        } else {
            put_into_lane(&lanes, &probes[at]);
        }
    }
    hash_lanes(&lanes);
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

/* The next probes of a look-up, `most` of them if there are so many; the look-up is done when there are none. */
static size_t next_probes(struct lookup *lookup, size_t most, struct probe *probes)
{
    size_t taken = 0;
    if (!lookup->asked_as_host) {
        lookup->asked_as_host = true;
        probes[taken].lookup = lookup;
        probes[taken].suffix = 0;
        probes[taken++].as_host = true;
    }
    while (taken < most && lookup->wire[lookup->suffix] != 0) {
        probes[taken].lookup = lookup;
        probes[taken].suffix = lookup->suffix;
        probes[taken++].as_host = false;
        lookup->suffix = (uint8_t)(lookup->suffix + 1 + lookup->wire[lookup->suffix]);
    }
    lookup->done = taken == 0;
    return taken;
}

/* The next probes of all look-ups that are not done. One that is alone has all lanes. */
static size_t all_next_probes(struct lookup *lookups, size_t count, struct probe probes[PROBES_MAX])
{
    const size_t most = count == 1 ? BLAKE2B_LANES : PROBES_EACH;
    size_t taken = 0;
    for (size_t at = 0; at < count; at++) {
        taken += lookups[at].done ? 0 : next_probes(&lookups[at], most, probes + taken);
    }
    return taken;
}

/* A listing as a host holds once the domain of the same name is known not to be exempt, so it waits for the next probe. */
static void take_up(const struct probe *probe, double trusted)
{
    struct lookup *lookup = probe->lookup;
    if (lookup->done) {
        return;
    }
    if (token_table_exempts(lookup->table, probe->token)) {
        lookup->found = TOKEN_EXEMPT;
        lookup->done = true;
    } else if (lookup->found != TOKEN_NOTHING) {
        lookup->done = true;
    } else {
        lookup->found = token_table_listed(lookup->table, probe->token, probe->bucket, trusted);
        lookup->done = lookup->found != TOKEN_NOTHING && !probe->as_host;
    }
}

void lookups_find(struct lookup *lookups, size_t count, double trusted)
{
    struct probe probes[PROBES_MAX];
    for (size_t at = 0; at < count; at++) {
        begin(&lookups[at]);
    }
    for (size_t taken; (taken = all_next_probes(lookups, count, probes)) > 0;) {
        make_tokens(probes, taken);
        for (size_t at = 0; at < taken; at++) {
            probes[at].bucket = token_table_bucket(probes[at].lookup->table, probes[at].token);
        }
        for (size_t at = 0; at < taken; at++) {
            take_up(&probes[at], trusted);
        }
    }
}

int64_t token_table_find(const struct token_table *table, const uint8_t *wire, size_t length, double trusted)
{
    struct lookup lookup = {.table = table, .wire = wire, .length = length};
    lookups_find(&lookup, 1, trusted);
    return lookup.found;
}
