/* Reading a query, strictly: the twin of read_query (resolver/core/query.py) for the queries that most clients send. */
#ifndef MAMORI_CORE_READER_H
#define MAMORI_CORE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DNS_HEADER_BYTES = 12,
    DNS_NAME_BYTES_MAX = 255,
    DNS_LABEL_BYTES_MAX = 63,
    DNS_UDP_BYTES_WITHOUT_EDNS = 512,
    DNS_OPT_BYTES = 11,
    DNS_TYPE_A = 1,
    DNS_TYPE_AAAA = 28,
    DNS_TYPE_OPT = 41,
    DNS_TYPE_DS = 43,
    DNS_TYPE_DNSKEY = 48,
    DNS_TYPE_SVCB = 64,
    DNS_TYPE_HTTPS = 65,
    DNS_TYPE_TKEY = 249,
    DNS_TYPE_ANY = 255,
    DNS_CLASS_IN = 1,
};
/* Header flags (RFC 1035 section 4.1.1, RFC 4035 section 3.2). */
enum {
    DNS_QR = 0x8000,
    DNS_OPCODE = 0x7800,
    DNS_TC = 0x0200,
    DNS_RD = 0x0100,
    DNS_RA = 0x0080,
    DNS_AD = 0x0020,
    DNS_CD = 0x0010,
    DNS_RCODE = 0x000F,
    DNS_OPT_DO = 0x8000, /* in the OPT's flags (RFC 6891 section 6.1.3) */
};
enum { COOKIE_OPTION = 10, COOKIE_CLIENT_BYTES = 8, COOKIE_BYTES_MIN = 16, COOKIE_BYTES_MAX = 40 };

/* The cache key: lower-case name, QTYPE, QCLASS, and a byte of view << 2 | DO << 1 | CD; padded to whole words. */
enum { KEY_TAIL_BYTES = 5, KEY_BYTES_MAX = DNS_NAME_BYTES_MAX + KEY_TAIL_BYTES, KEY_ROOM = 264 };

struct query {
    const uint8_t *packet; /* the client's own bytes, borrowed */
    const uint8_t *cookie; /* the client's cookie, COOKIE_CLIENT_BYTES in the packet; NULL: no COOKIE option */
    uint16_t name_bytes;   /* with the root's byte */
    uint16_t question_end; /* offset in the packet */
    uint16_t key_bytes;
    uint16_t flags;
    uint16_t qtype;
    uint16_t udp_bytes; /* how large an answer over UDP may be */
    bool has_opt, wants_dnssec;
    uint8_t key[KEY_ROOM]; /* of view 0; `query_under` puts the view in */
};

/* Read a packet. False for anything but one well-formed question that recursion is wanted for: opcode QUERY, class IN, a
 * name without pointers, a type that is asked for in the ordinary way, and at most a root OPT of version 0 with no
 * option or one COOKIE of good length, to the last byte. */
bool query_read(struct query *query, const uint8_t *packet, size_t length, uint16_t client_udp_bytes);

/* Make the key that of a client under a view's policy. */
static inline void query_under(struct query *query, uint8_t view)
{
    uint8_t *bits = &query->key[query->key_bytes - 1];
    *bits = (uint8_t)((unsigned)view << 2 | (*bits & 3u));
}

#endif
