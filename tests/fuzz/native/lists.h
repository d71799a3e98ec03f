/* Names, tokens and sections of an index as blocklist/tokens.py and compiling.py make them. */
#ifndef MAMORI_FUZZ_LISTS_H
#define MAMORI_FUZZ_LISTS_H

#include "core/blake2b.h"
#include "core/token_table.h"
#include "input.h"

enum { WIRE_ROOM = 256, DIRECTORY = (TOKEN_BUCKETS + 1) * TOKEN_NUMBER_BYTES };

#define SECTION_ROOM(entries, exemptions) \
    (DIRECTORY + (entries) * (TOKEN_NUMBER_BYTES + TOKEN_RECORD_BYTES) + (exemptions) * TOKEN_BYTES + 8)

struct wire {
    uint8_t bytes[WIRE_ROOM];
    size_t length;
};

/* Labels from a small alphabet, so that names often lie below one another. */
static inline void take_name(struct input *input, struct wire *name)
{
    size_t labels = take(input, 1) % 8;
    name->length = 0;
    while (labels-- > 0) {
        const uint64_t shape = take(input, 1);
        const size_t length = shape >= 0xf0 ? 63 : 1 + (shape & 3);
        if (name->length + length + 2 > 255) {
            break;
        }
        name->bytes[name->length++] = (uint8_t)length;
        memset(name->bytes + name->length, (int)('a' + (shape >> 2 & 3)), length);
        name->length += length;
    }
    name->bytes[name->length++] = 0;
}

static inline void token_of(const struct blake2b_keyed *hash, uint8_t tag, const uint8_t *wire, size_t length, uint8_t *token)
{
    uint8_t message[1 + WIRE_ROOM];
    message[0] = tag;
    memcpy(message + 1, wire, length);
    blake2b_digest(hash, message, length + 1, token);
}

/* For qsort, of records as well as tokens. */
static inline int by_token(const void *one, const void *other)
{
    return memcmp(one, other, TOKEN_BYTES);
}

/* Write a section, aligned to 4 bytes; return its length. Records and exemptions are sorted, fresh numbers too. */
static inline size_t write_section(uint8_t *at, const uint32_t *fresh, uint32_t fresh_count, const uint8_t *records,
                                   uint32_t entries, const uint8_t *exempt, uint32_t exemptions)
{
    const size_t fresh_bytes = fresh_count * sizeof *fresh, record_bytes = entries * (size_t)TOKEN_RECORD_BYTES;
    const size_t exempt_bytes = exemptions * (size_t)TOKEN_BYTES;
    uint32_t *numbers = (uint32_t *)(void *)at, end = TOKEN_BUCKETS;
    memset(at, 0, DIRECTORY);
    for (uint32_t low = entries; low-- > 0;) { /* from behind its bucket on there is one record more */
        const uint8_t *record = records + low * (size_t)TOKEN_RECORD_BYTES;
        for (; end > (uint32_t)(record[0] << 8 | record[1]); end--) {
            numbers[end] = low + 1;
        }
    }
    at += DIRECTORY;
    memcpy(at, fresh, fresh_bytes);
    memcpy(at + fresh_bytes, records, record_bytes);
    memcpy(at + fresh_bytes + record_bytes, exempt, exempt_bytes);
    return DIRECTORY + fresh_bytes + record_bytes + exempt_bytes;
}

#endif
