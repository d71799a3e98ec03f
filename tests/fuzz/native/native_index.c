/* A list's section in an index, made from the input, sound or damaged: what opens is asked for names, and a sound one
 * answers as a search of all records from the first to the last does. */
#include <sanitizer/asan_interface.h>

#include "core/lookups.h"
#include "input.h"
#include "lists.h"

enum { NAMES = 6, RECORDS = 48, EXEMPTIONS = 12, DAMAGES = 8, DAY = 86400, START_MAX = 256 };

struct spec {
    uint8_t key[32];
    struct blake2b_keyed hash;
    struct wire names[NAMES];
    uint8_t records[RECORDS][TOKEN_RECORD_BYTES], exempt[EXEMPTIONS][TOKEN_BYTES];
    uint32_t fresh[RECORDS], entries, exemptions, fresh_count;
    int32_t base_day;
};

/* The token of a name or of what it lies below, or one close to it, in the same bucket as a rule. */
static void take_token(struct input *input, const struct spec *spec, uint8_t *token)
{
    const uint64_t choice = take(input, 1);
    const struct wire *name = &spec->names[choice % NAMES];
    size_t at = 0;
    for (uint64_t up = take(input, 1) % 8; choice & 0x40 && up > 0 && name->bytes[at] != 0; up--) {
        at += (size_t)name->bytes[at] + 1;
    }
    token_of(&spec->hash, choice & 0x40 ? 'D' : 'H', name->bytes + at, name->length - at, token);
    if (choice & 0x80) {
        const uint64_t place = take(input, 1);
        token[place % TOKEN_BYTES] = (uint8_t)(token[place % TOKEN_BYTES] + (place >> 4) - 8);
    }
}

/* Sorted, each token once; how many. */
static uint32_t in_order(uint8_t *things, size_t size, uint32_t count)
{
    uint32_t kept = 0;
    qsort(things, count, size, by_token);
    for (uint32_t at = 0; at < count; at++) {
        if (kept == 0 || memcmp(things + (kept - 1) * size, things + at * size, TOKEN_BYTES) != 0) {
            memmove(things + kept++ * size, things + at * size, size);
        }
    }
    return kept;
}

static void take_spec(struct input *input, struct spec *spec)
{
    memset(spec->key, (int)take(input, 1), sizeof spec->key);
    blake2b_key(&spec->hash, spec->key, sizeof spec->key);
    spec->base_day = (int32_t)take(input, 2);
    for (size_t number = 0; number < NAMES; number++) {
        take_name(input, &spec->names[number]);
    }
    const uint32_t entries = (uint32_t)take(input, 1) % (RECORDS + 1);
    for (uint32_t number = 0; number < entries; number++) {
        take_token(input, spec, spec->records[number]);
        const uint64_t word = take(input, 2);
        spec->records[number][TOKEN_BYTES] = (uint8_t)(word >> 8);
        spec->records[number][TOKEN_BYTES + 1] = (uint8_t)word;
    }
    spec->entries = in_order(spec->records[0], TOKEN_RECORD_BYTES, entries);
    const uint32_t exemptions = (uint32_t)take(input, 1) % (EXEMPTIONS + 1);
    for (uint32_t number = 0; number < exemptions; number++) {
        take_token(input, spec, spec->exempt[number]);
    }
    spec->exemptions = in_order(spec->exempt[0], TOKEN_BYTES, exemptions);
    const uint64_t fresh = take(input, 6);
    for (uint32_t number = 0; number < spec->entries; number++) {
        if (fresh >> number & 1) {
            spec->fresh[spec->fresh_count++] = number;
        }
    }
}

/* Room for any section, used again for each: memory of this size is dear to get. What lies behind the end is poisoned. */
static uint8_t room[START_MAX + SECTION_ROOM(RECORDS, EXEMPTIONS)] __attribute__((aligned(8)));

/* The record a token stands in, if it still holds. */
static int64_t listed(const struct spec *spec, const uint8_t *token, double trusted)
{
    for (uint32_t number = 0; number < spec->entries; number++) {
        const uint8_t *record = spec->records[number];
        if (memcmp(record, token, TOKEN_BYTES) == 0) {
            const int64_t word = record[TOKEN_BYTES] << 8 | record[TOKEN_BYTES + 1];
            const double end = ((double)spec->base_day + (double)(word >> 7) + 1) * DAY;
            return trusted < end ? (int64_t)number << 16 | word : TOKEN_NOTHING;
        }
    }
    return TOKEN_NOTHING;
}

static int exempted(const struct spec *spec, const uint8_t *token)
{
    for (uint32_t number = 0; number < spec->exemptions; number++) {
        if (memcmp(spec->exempt[number], token, TOKEN_BYTES) == 0) {
            return 1;
        }
    }
    return 0;
}

/* From the name itself to what is right below the root: an exemption at a depth, else a record at it. */
static int64_t expected(const struct spec *spec, const struct wire *name, double trusted)
{
    uint8_t token[TOKEN_BYTES];
    token_of(&spec->hash, 'H', name->bytes, name->length, token);
    if (exempted(spec, token)) {
        return TOKEN_EXEMPT;
    }
    int64_t found = listed(spec, token, trusted);
    for (size_t at = 0; name->bytes[at] != 0; at += (size_t)name->bytes[at] + 1) {
        token_of(&spec->hash, 'D', name->bytes + at, name->length - at, token);
        if (exempted(spec, token)) {
            return TOKEN_EXEMPT;
        }
        if (found == TOKEN_NOTHING) {
            found = listed(spec, token, trusted);
        }
        if (found != TOKEN_NOTHING) {
            return found;
        }
    }
    return found;
}

/* Whatever it holds, what is found lies inside. */
static void ask(const struct token_table *table, const uint8_t *name, size_t length, double trusted)
{
    uint8_t *wire = own(name, length);
    const int64_t found = token_table_find(table, wire, length, trusted);
    if (found > 0) {
        MUST(found >> 16 < (int64_t)table->entries);
        const int64_t place = token_table_fresh_place(table, (uint32_t)(found >> 16));
        MUST(place >= -1 && place < (int64_t)table->fresh);
    } else {
        MUST(found == TOKEN_NOTHING || found == TOKEN_EXEMPT || found == TOKEN_MALFORMED);
    }
    free(wire);
}

/* Several names at once in two tables, the other under another key: each as if it were alone. */
static void ask_together(const struct token_table *table, const struct spec *spec, size_t count, double trusted)
{
    struct token_table other = *table;
    struct lookup lookups[LOOKUPS_MAX];
    blake2b_key(&other.hash, spec->key, 1);
    for (size_t at = 0; at < count; at++) {
        const struct wire *name = &spec->names[at / 2 % NAMES];
        lookups[at] = (struct lookup){.table = at % 3 == 2 ? &other : table, .wire = name->bytes, .length = name->length};
    }
    lookups_find(lookups, count, trusted);
    for (size_t at = 0; at < count; at++) {
        MUST(lookups[at].found == token_table_find(lookups[at].table, lookups[at].wire, lookups[at].length, trusted));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct spec spec = {0};
    struct token_table table;
    take_spec(&input, &spec);
    const double trusted = (double)(take(&input, 3) * DAY / 2);
    const size_t damages = take(&input, 1) % (DAMAGES + 1);
    const size_t start = take(&input, 1) * 8 % START_MAX;
    const size_t length = start + write_section(room + start, spec.fresh, spec.fresh_count, spec.records[0], spec.entries,
                                               spec.exempt[0], spec.exemptions);
    for (size_t number = 0; number < damages; number++) {
        const size_t at = (size_t)take(&input, 3) % length;
        room[damages & 1 ? at : length - 1 - at % (length - start - DIRECTORY + 1)] = (uint8_t)take(&input, 1);
    }
    uint32_t counts[] = {spec.fresh_count, spec.entries, spec.exemptions};
    uint64_t opened_at = start;
    size_t given = length;
    for (uint64_t lies = take(&input, 1); lies != 0; lies = lies >> 4 < 5 ? take(&input, 1) : 0) {
        counts[lies % 3] = (uint32_t)take(&input, lies & 8 ? 4 : 1); /* what a descriptor says, true or not */
        opened_at = lies % 5 == 4 ? take(&input, lies & 8 ? 8 : 1) : opened_at;
        given = lies % 7 == 6 ? (size_t)take(&input, 3) % (length + 1) : given;
    }
    __asan_poison_memory_region(room + given, sizeof room - given);
    const char *fault = token_table_open(&table, room, given, opened_at, spec.key, spec.base_day, counts[0],
                                         counts[1], counts[2]);
    const int sound = memcmp(counts, (uint32_t[]){spec.fresh_count, spec.entries, spec.exemptions}, sizeof counts) == 0 &&
                      damages == 0 && opened_at == start && given == length;
    if (sound) {
        MUST(fault == NULL);
        for (size_t number = 0; number < NAMES; number++) {
            const struct wire *name = &spec.names[number];
            MUST(token_table_find(&table, name->bytes, name->length, trusted) == expected(&spec, name, trusted));
        }
        for (uint32_t place = 0; place < spec.fresh_count; place++) {
            MUST(token_table_fresh_place(&table, spec.fresh[place]) == place);
        }
    }
    for (size_t number = 0; fault == NULL && number < NAMES; number++) {
        ask(&table, spec.names[number].bytes, spec.names[number].length, trusted);
    }
    if (fault == NULL) {
        ask_together(&table, &spec, 1 + (spec.key[0] + size) % LOOKUPS_MAX, trusted);
        ask(&table, input.at, input.left, trusted);
    }
    __asan_unpoison_memory_region(room, sizeof room);
    return 0;
}
