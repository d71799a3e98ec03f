/* The plainest walk over a sound message: what stands in its header, of which types its records are, and their TTLs. */
#ifndef MAMORI_FUZZ_WALK_H
#define MAMORI_FUZZ_WALK_H

#include "input.h"

enum { WALK_HEADER = 12, WALK_OPT = 41, WALK_CNAME = 5, WALK_DNAME = 39, WALK_SVCB = 64, WALK_HTTPS = 65 };

struct walked {
    unsigned flags, counts[3]; /* as they stand in the header */
    unsigned records;          /* without OPT */
    uint32_t lowest, highest;  /* TTL in seconds; 0 without records */
    int leads_away;            /* whether an alias or a service record is among them */
    size_t end;
};

static inline unsigned walk16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static inline size_t walk_name(const uint8_t *data, size_t length, size_t at)
{
    while (data[at] != 0 && data[at] < 0xc0) {
        at += (size_t)data[at] + 1;
        MUST(at < length);
    }
    return at + (data[at] == 0 ? 1 : 2);
}

static inline struct walked walk(const uint8_t *data, size_t length)
{
    struct walked walked = {.flags = walk16(data + 2)};
    MUST(length > WALK_HEADER && walk16(data + 4) == 1);
    size_t at = walk_name(data, length, WALK_HEADER) + 4;
    for (unsigned section = 0; section < 3; section++) {
        walked.counts[section] = walk16(data + 6 + 2 * section);
        for (unsigned left = walked.counts[section]; left > 0; left--) {
            at = walk_name(data, length, at);
            MUST(at + 10 <= length);
            const unsigned type = walk16(data + at);
            const uint32_t ttl = (uint32_t)walk16(data + at + 4) << 16 | walk16(data + at + 6);
            at += 10 + walk16(data + at + 8);
            MUST(at <= length);
            if (type != WALK_OPT) {
                walked.lowest = walked.records == 0 || ttl < walked.lowest ? ttl : walked.lowest;
                walked.highest = ttl > walked.highest ? ttl : walked.highest;
                walked.records++;
            }
            walked.leads_away |= type == WALK_CNAME || type == WALK_DNAME || type == WALK_SVCB || type == WALK_HTTPS;
        }
    }
    walked.end = at;
    return walked;
}

#endif
