/* A query to an upstream: the twin of `pure_make_query` (resolver/core/upstream_query.py). */
#ifndef MAMORI_CORE_UPSTREAM_QUERY_H
#define MAMORI_CORE_UPSTREAM_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UPSTREAM_HEADER_BYTES = 12,
    UPSTREAM_QUESTION_MIN = 5,   /* the root, type and class */
    UPSTREAM_QUESTION_MAX = 259, /* a name of 255 bytes, type and class */
    UPSTREAM_OPT_MAX = 256,      /* with padding */
    UPSTREAM_QUERY_MAX = UPSTREAM_HEADER_BYTES + UPSTREAM_QUESTION_MAX + UPSTREAM_OPT_MAX,
};

/* What goes around the question: the header's flags word, an encoded OPT of `opt_bytes` (UPSTREAM_OPT_MAX at most), and
 * whether the name's case is mixed. */
struct upstream_form {
    const uint8_t *opt;
    size_t opt_bytes;
    uint16_t flags;
    bool mixed_case;
};

/* Write a query: the id from the first two bytes of `drawn`, and the case of each letter of the name from one more byte
 * each (0x20), if it is mixed. `question` is in lower case, of UPSTREAM_QUESTION_MIN to UPSTREAM_QUESTION_MAX bytes;
 * `drawn` has two bytes less. Returns the bytes written to `out`, which has room for UPSTREAM_QUERY_MAX. */
size_t upstream_query_write(uint8_t *out, const uint8_t *question, size_t question_bytes, const uint8_t *drawn,
                            const struct upstream_form *form);

#endif
