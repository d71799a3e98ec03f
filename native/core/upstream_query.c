#include "core/upstream_query.h"

#include <string.h>

static bool is_letter(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z';
}

size_t upstream_query_write(uint8_t *out, const uint8_t *question, size_t question_bytes, const uint8_t *drawn,
                            const struct upstream_form *form)
{
    const size_t name_bytes = question_bytes - 4, opt_at = UPSTREAM_HEADER_BYTES + question_bytes;
    memset(out, 0, UPSTREAM_HEADER_BYTES);
    out[0] = drawn[0];
    out[1] = drawn[1];
    out[2] = (uint8_t)(form->flags >> 8);
    out[3] = (uint8_t)(form->flags & 0xff);
    out[5] = 1;  /* QDCOUNT */
    out[11] = 1; /* ARCOUNT: our OPT */
    memcpy(out + UPSTREAM_HEADER_BYTES, question, question_bytes);
    for (size_t at = 0; form->mixed_case && at < name_bytes; at++) {
        const uint8_t bit = is_letter(question[at]) ? drawn[2 + at] & 0x20 : 0;
        out[UPSTREAM_HEADER_BYTES + at] = (uint8_t)(question[at] ^ bit);
    }
    memcpy(out + opt_at, form->opt, form->opt_bytes);
    return opt_at + form->opt_bytes;
}
