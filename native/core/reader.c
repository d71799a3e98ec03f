#include "core/reader.h"

#include "core/bytes.h"

static inline uint16_t be16(const uint8_t *at)
{
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

/* The bytes of the uncompressed name at the start of `at`, root included; 0 where it does not end well in `length`. */
static size_t name_length(const uint8_t *at, size_t length)
{
    const size_t most = length < DNS_NAME_BYTES_MAX ? length : DNS_NAME_BYTES_MAX;
    size_t end = 0;
    while (end < most) {
        const size_t label = at[end];
        if (label == 0) {
            return end + 1;
        }
        if (label > DNS_LABEL_BYTES_MAX) {
            return 0;
        }
        end += label + 1;
    }
    return 0;
}

/* Eight bytes at once with A to Z made lower case. Length bytes are below 64 and stay what they are. */
static inline uint64_t lower8(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t low = word & (ones * 0x7f);
    const uint64_t above_z = low + ones * (0x7f - 'Z'), from_a = low + ones * (0x80 - 'A');
    const uint64_t upper = ~word & (from_a ^ above_z) & (ones * 0x80);
    return word | upper >> 2;
}

/* Write the key of a checked name, with `tail` (QTYPE and QCLASS) and `bits` behind it. */
static void write_key(struct query *query, const uint8_t *name, size_t length, uint8_t bits)
{
    memset(query->key + (length & ~(size_t)7), 0, 8);
    memcpy(query->key, name, length);
    for (size_t at = 0; at < length; at += 8) {
        uint64_t word;
        memcpy(&word, query->key + at, 8);
        word = lower8(word);
        memcpy(query->key + at, &word, 8);
    }
    memcpy(query->key + length, name + length, 4);
    query->key[length + 4] = bits;
    query->key_bytes = (uint16_t)(length + KEY_TAIL_BYTES);
}

/* Types that are asked for in a way of their own (codes.META_QTYPES and ANY), and so not answered here. */
static inline bool is_meta(uint16_t qtype)
{
    return qtype == DNS_TYPE_OPT || (qtype >= DNS_TYPE_TKEY && qtype <= DNS_TYPE_ANY);
}

/* Read the `length` bytes behind the question, which must be one OPT and nothing else (RFC 6891 section 6.1.2). */
static bool read_opt(struct query *query, const uint8_t *at, size_t length, uint16_t client_udp_bytes)
{
    if (length < DNS_OPT_BYTES || at[0] != 0 || be16(at + 1) != DNS_TYPE_OPT || at[6] != 0) {
        return false; /* at[6]: the version */
    }
    const size_t options = be16(at + 9);
    if (options != length - DNS_OPT_BYTES) {
        return false;
    }
    if (options != 0) {
        if (options < 4 || be16(at + 11) != COOKIE_OPTION || be16(at + 13) != options - 4) {
            return false;
        }
        const size_t cookie = options - 4;
        if (cookie != COOKIE_CLIENT_BYTES && (cookie < COOKIE_BYTES_MIN || cookie > COOKIE_BYTES_MAX)) {
            return false;
        }
        query->cookie = at + 15;
    }
    const uint16_t size = be16(at + 3);
    const uint16_t taken = size < client_udp_bytes ? size : client_udp_bytes;
    query->udp_bytes = taken < DNS_UDP_BYTES_WITHOUT_EDNS ? DNS_UDP_BYTES_WITHOUT_EDNS : taken;
    query->has_opt = true;
    query->wants_dnssec = (be16(at + 7) & DNS_OPT_DO) != 0;
    return true;
}

bool query_read(struct query *query, const uint8_t *packet, size_t length, uint16_t client_udp_bytes)
{
    if (length < DNS_HEADER_BYTES) {
        return false;
    }
    query->flags = be16(packet + 2);
    const uint16_t additional = be16(packet + 10);
    if ((query->flags & (DNS_QR | DNS_OPCODE | DNS_RD)) != DNS_RD || be16(packet + 4) != 1 || be16(packet + 6) != 0 ||
        be16(packet + 8) != 0 || additional > 1) {
        return false;
    }
    const uint8_t *name = packet + DNS_HEADER_BYTES;
    const size_t name_bytes = name_length(name, length - DNS_HEADER_BYTES);
    const size_t end = DNS_HEADER_BYTES + name_bytes + 4;
    if (name_bytes == 0 || end > length) {
        return false;
    }
    query->packet = packet;
    query->cookie = NULL;
    query->name_bytes = (uint16_t)name_bytes;
    query->question_end = (uint16_t)end;
    query->qtype = be16(packet + end - 4);
    query->udp_bytes = DNS_UDP_BYTES_WITHOUT_EDNS;
    query->has_opt = query->wants_dnssec = false;
    if (be16(packet + end - 2) != DNS_CLASS_IN || is_meta(query->qtype)) {
        return false;
    }
    if (additional == 0 ? end != length : !read_opt(query, packet + end, length - end, client_udp_bytes)) {
        return false;
    }
    const unsigned bits = (query->wants_dnssec ? 2u : 0u) | ((query->flags & DNS_CD) ? 1u : 0u);
    write_key(query, name, name_bytes, (uint8_t)bits);
    return true;
}
