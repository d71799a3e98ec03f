/* An upstream's response in the form nearly all have, read to its last byte: the twin of resolver/core/plain.py.
 *
 * Plain is what answers the query in id, question and case, says NOERROR or NXDOMAIN, is not cut, holds nothing that
 * leads away from the question (no alias, no service record, no address of another owner), and whose OPT, if it has
 * one, stands last and explains nothing (no EDE). All else is read in Python, by other rules where they are needed.
 */
#ifndef MAMORI_CORE_PLAIN_RESPONSE_H
#define MAMORI_CORE_PLAIN_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLAIN_RECORDS_MAX = 64, PLAIN_BYTES_MAX = 4096 }; /* more is left to Python */

struct plain_ttl {
    uint16_t offset; /* from the first record */
    uint32_t seconds;
};

struct plain_response {
    uint16_t flags;
    uint16_t counts[3]; /* answer, authority, additional without the OPT */
    uint16_t start, end; /* offsets of the first record and behind the last, OPT apart */
    uint16_t records;
    uint32_t lowest, highest; /* the smallest and the largest TTL in seconds, 0 without records */
    uint32_t minimum;         /* of the first SOA in the authority section, in seconds; only if `has_soa` */
    bool is_negative, has_soa;
    struct plain_ttl ttls[PLAIN_RECORDS_MAX]; /* `records` of them */
};

/* Read `data` as the response to `query`, which holds a question of `question_bytes` behind its header. False when it is
 * not plain; `response` is then undefined. Nothing is kept of the bytes. */
bool plain_response_read(struct plain_response *response, const uint8_t *data, size_t length, const uint8_t *query,
                         size_t question_bytes);

#endif
