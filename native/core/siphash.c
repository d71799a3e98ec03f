#include "core/siphash.h"

#include "core/bytes.h"

struct sip {
    uint64_t a, b, c, d;
};

static inline void sip_round(struct sip *v)
{
    v->a += v->b;
    v->b = rotate_left(v->b, 13) ^ v->a;
    v->a = rotate_left(v->a, 32);
    v->c += v->d;
    v->d = rotate_left(v->d, 16) ^ v->c;
    v->a += v->d;
    v->d = rotate_left(v->d, 21) ^ v->a;
    v->c += v->b;
    v->b = rotate_left(v->b, 17) ^ v->c;
    v->c = rotate_left(v->c, 32);
}

/* The last word: what is left of the message (7 bytes at most), and its length modulo 256 in the top byte. Reads that
 * overlap put the same bits in the same places, and need no loop. */
static inline uint64_t last_word(const uint8_t *rest, size_t left, size_t length)
{
    uint64_t word = (uint64_t)(length & 0xff) << 56;
    if (left >= 4) {
        word |= load_le32(rest) | (uint64_t)load_le32(rest + left - 4) << (8 * (left - 4));
    } else if (left > 0) {
        word |= rest[0] | (uint64_t)rest[left / 2] << (8 * (left / 2)) | (uint64_t)rest[left - 1] << (8 * (left - 1));
    }
    return word;
}

static inline void take_in(struct sip *v, uint64_t word, int rounds)
{
    v->d ^= word;
    for (int round = 0; round < rounds; round++) {
        sip_round(v);
    }
    v->a ^= word;
}

static inline uint64_t siphash(const uint8_t key[16], const uint8_t *message, size_t length, int rounds, int final)
{
    const uint64_t k0 = load_le64(key), k1 = load_le64(key + 8);
    struct sip v = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                    k1 ^ 0x7465646279746573};
    const size_t whole = length & ~(size_t)7;
    for (size_t at = 0; at < whole; at += 8) {
        take_in(&v, load_le64(message + at), rounds);
    }
    take_in(&v, last_word(message + whole, length - whole, length), rounds);
    v.c ^= 0xff;
    for (int round = 0; round < final; round++) {
        sip_round(&v);
    }
    return v.a ^ v.b ^ v.c ^ v.d;
}

uint64_t siphash24(const uint8_t key[16], const uint8_t *message, size_t length)
{
    return siphash(key, message, length, 2, 4);
}

uint64_t siphash13(const uint8_t key[16], const uint8_t *message, size_t length)
{
    return siphash(key, message, length, 1, 3);
}
