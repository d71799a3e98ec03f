#include "core/render.h"

#include <string.h>

static inline uint8_t *put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

size_t render_bytes(const struct image *image, const struct query *query, size_t more_bytes)
{
    const size_t opt = query->has_opt ? DNS_OPT_BYTES + (size_t)image->options_bytes + more_bytes : 0;
    return (size_t)query->question_end + image->sections_bytes + opt;
}

/* AD is for those who ask for it, or for signatures (RFC 6840 section 5.8); RD and CD are the client's own. */
static unsigned flags_for(const struct image *image, const struct query *query)
{
    const unsigned copied = query->flags & (DNS_RD | DNS_CD);
    const unsigned flags = image->flags | copied | (image->rcode & DNS_RCODE);
    const bool wants_ad = query->wants_dnssec || (query->flags & DNS_AD) != 0;
    return wants_ad ? flags : flags & ~(unsigned)DNS_AD;
}

void render(const struct image *image, const struct query *query, const uint8_t *more, size_t more_bytes,
            uint16_t udp_bytes, uint8_t *out)
{
    out[0] = query->packet[0];
    out[1] = query->packet[1];
    uint8_t *at = put16(out + 2, flags_for(image, query));
    at = put16(at, 1);
    at = put16(at, image->counts[0]);
    at = put16(at, image->counts[1]);
    at = put16(at, image->counts[2] + (query->has_opt ? 1u : 0u));
    memcpy(at, query->packet + DNS_HEADER_BYTES, (size_t)query->question_end - DNS_HEADER_BYTES);
    at = out + query->question_end;
    const size_t sections = image->sections_bytes, options = image->options_bytes;
    memcpy(at, image->sections, sections);
    if (!query->has_opt) {
        return;
    }
    at += sections;
    *at++ = 0; /* the root owns an OPT (RFC 6891 section 6.1.2) */
    at = put16(at, DNS_TYPE_OPT);
    at = put16(at, udp_bytes);
    *at++ = (uint8_t)(image->rcode >> 4);
    *at++ = 0; /* version */
    at = put16(at, query->wants_dnssec ? DNS_OPT_DO : 0);
    at = put16(at, (unsigned)(options + more_bytes));
    memcpy(at, image->sections + sections, options);
    if (more_bytes != 0) {
        memcpy(at + options, more, more_bytes);
    }
}
