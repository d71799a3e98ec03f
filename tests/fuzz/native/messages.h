/* Queries of clients and responses of upstreams, of a few shapes each. */
#ifndef MAMORI_FUZZ_MESSAGES_H
#define MAMORI_FUZZ_MESSAGES_H

#include "lists.h"
#include "walk.h"

/* A client's query: with EDNS or not, DO, a cookie, little room. */
static inline size_t take_query(struct input *input, uint8_t *packet)
{
    struct wire name;
    take_name(input, &name);
    const uint64_t shape = take(input, 1);
    const uint8_t head[] = {0x12, (uint8_t)shape, 1, (uint8_t)(shape & 0x30), 0, 1, 0, 0, 0, 0, 0, shape & 1};
    size_t length = sizeof head;
    memcpy(packet, head, length);
    memcpy(packet + length, name.bytes, name.length);
    length += name.length;
    memcpy(packet + length, (uint8_t[]){0, shape & 2 ? 1 : (uint8_t)take(input, 1), 0, 1}, 4);
    length += 4;
    if (shape & 1) {
        const uint8_t cookie = shape & 4 ? 12 : 0;
        const uint8_t opt[] = {0, 0, 41, shape & 8 ? 2 : 8, 0, 0, 0, shape & 0x80, 0, 0, cookie};
        memcpy(packet + length, opt, sizeof opt);
        length += sizeof opt;
        memset(packet + length, 7, cookie);
        memcpy(packet + length, (uint8_t[]){0, 10, 0, 8}, cookie ? 4 : 0);
        length += cookie;
    }
    return length;
}

/* A record of one of the common types, sound but for its type now and then. */
static inline size_t take_record(struct input *input, uint8_t *at, uint8_t type)
{
    static const uint8_t seconds[] = {0, 1, 9, 10, 30, 120, 200, 255};
    const uint64_t shape = take(input, 1);
    const uint8_t high = (shape & 0xf8) == 0xf8 ? 0x80 : (shape & 0xf8) == 0xf0 ? 0x7f : 0;
    const size_t rdata = type == 28 ? 16 : type == 6 ? 24 : type == 16 ? (shape >> 3) * 20 : type == 15 ? 4 : 4 - (type == 2) * 2;
    const uint8_t fixed[] = {0xc0, 0x0c, 0, type, 0, 1, high, 0, 0, seconds[shape & 7], (uint8_t)(rdata >> 8), (uint8_t)rdata};
    memcpy(at, fixed, sizeof fixed);
    memset(at + sizeof fixed, 0, rdata);
    if (type == 6 || type == 2 || type == 15) {
        memcpy(at + sizeof fixed + (type == 15 ? 2 : 0), (uint8_t[]){0xc0, 0x0c, 0xc0, 0x0c}, type == 6 ? 4 : 2);
        at[sizeof fixed + rdata - 1] |= type == 6 ? (uint8_t)take(input, 1) : 0;
    }
    return sizeof fixed + rdata;
}

/* A response to a query: a good one, or with some bytes changed. */
static inline size_t take_response(struct input *input, const uint8_t *query, size_t question_bytes, uint8_t *data)
{
    static const uint8_t types[] = {1, 1, 16, 28, 15, 6, 2, 5};
    size_t length = WALK_HEADER + question_bytes;
    const uint64_t shape = take(input, 1), more = take(input, 1), records = shape & 3;
    memcpy(data, query, length);
    memcpy(data + 2, (uint8_t[]){0x81 | (more & 4), (uint8_t)(0x80 | (more & 0x20) | (shape & 4 ? 3 : 0)), 0, 1, 0,
                                 (uint8_t)records, 0, more & 1, 0, more >> 1 & 1}, 10);
    for (uint64_t number = 0; number < records; number++) {
        length += take_record(input, data + length, types[shape >> 3 & 7]);
    }
    if (more & 1) {
        length += take_record(input, data + length, more & 8 ? 6 : 2);
    }
    if (more & 2) {
        const uint8_t options = more & 0x10 ? 6 : 0, code = (more & 0xc0) == 0xc0 ? 15 : 3; /* EDE, NSID */
        const uint8_t opt[] = {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, options, 0, code, 0, 2, 0, 0};
        memcpy(data + length, opt, 11 + (size_t)options);
        length += 11 + (size_t)options;
    }
    for (uint64_t changes = shape >> 6; changes > 1; changes--) {
        const uint64_t place = take(input, 2);
        data[place % length] = (uint8_t)take(input, 1);
    }
    return shape >> 6 == 1 ? length - take(input, 1) % (length + 1) : length;
}

#endif
