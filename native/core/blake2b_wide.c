/* Four blocks at once with AVX2, each in its own 64-bit lane: a name and its suffixes cost little more than one. */
#include <string.h>

#include "core/blake2b_rounds.h"
#include "core/bytes.h"

#if defined(__x86_64__)

#define WIDE __attribute__((target("avx2"), always_inline)) static inline

typedef uint64_t lanes __attribute__((vector_size(32)));
typedef uint32_t halves __attribute__((vector_size(32)));
typedef uint8_t octets __attribute__((vector_size(32)));

/* Lanes of a vector in another order: clang's word for it, and the one that gcc knew before version 12. */
#ifdef __clang__
#define SHUFFLED(vector, ...) __builtin_shufflevector(vector, vector, __VA_ARGS__)
#else
#define SHUFFLED(vector, ...) __builtin_shuffle(vector, (__typeof__(vector)){__VA_ARGS__})
#endif

/* Rotations by whole bytes are one shuffle each. */
WIDE void turn_32(lanes *x)
{
    const halves h = (halves)*x;
    *x = (lanes)SHUFFLED(h, 1, 0, 3, 2, 5, 4, 7, 6);
}

WIDE void turn_24(lanes *x)
{
    const octets o = (octets)*x;
    *x = (lanes)SHUFFLED(o, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 19, 20, 21, 22, 23, 16, 17, 18, 27, 28,
                         29, 30, 31, 24, 25, 26);
}

WIDE void turn_16(lanes *x)
{
    const octets o = (octets)*x;
    *x = (lanes)SHUFFLED(o, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 18, 19, 20, 21, 22, 23, 16, 17, 26, 27,
                         28, 29, 30, 31, 24, 25);
}

WIDE void mix(lanes *a, lanes *b, lanes *c, lanes *d, const lanes *x, const lanes *y)
{
    *a += *b + *x;
    *d ^= *a;
    turn_32(d);
    *c += *d;
    *b ^= *c;
    turn_24(b);
    *a += *b + *y;
    *d ^= *a;
    turn_16(d);
    *c += *d;
    *b ^= *c;
    *b = *b >> 63 | *b << 1;
}

#define MIX(a, b, c, d, x, y) mix(&(a), &(b), &(c), &(d), &(x), &(y))

bool blake2b_can_be_wide(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

__attribute__((target("avx2"))) void blake2b_digest_wide(const struct blake2b_keyed *state,
                                                         uint8_t blocks[][BLAKE2B_BLOCK_BYTES],
                                                         const uint8_t lengths[], size_t count,
                                                         uint8_t digests[][BLAKE2B_DIGEST_BYTES])
{
    static const uint64_t INITIAL[8] = BLAKE2B_INITIAL;
    lanes m[16], v[16];
    for (size_t at = 0; at < 16; at++) {
        for (size_t lane = 0; lane < BLAKE2B_LANES; lane++) {
            m[at][lane] = load_le64(blocks[lane < count ? lane : 0] + 8 * at);
        }
    }
    for (size_t at = 0; at < 8; at++) {
        v[at] = state->chain[at] - (lanes){0};
        v[at + 8] = INITIAL[at] - (lanes){0};
    }
    for (size_t lane = 0; lane < BLAKE2B_LANES; lane++) {
        v[12][lane] ^= BLAKE2B_BLOCK_BYTES + (uint64_t)lengths[lane < count ? lane : 0];
    }
    v[14] = ~v[14];
    BLAKE2B_ROUNDS(MIX, v, m);
    const lanes first = v[0] ^ v[8], second = v[1] ^ v[9];
    for (size_t lane = 0; lane < count; lane++) {
        store_le64(digests[lane], state->chain[0] ^ first[lane]);
        store_le64(digests[lane] + 8, state->chain[1] ^ second[lane]);
    }
}

#else

bool blake2b_can_be_wide(void)
{
    return false;
}

void blake2b_digest_wide(const struct blake2b_keyed *state, uint8_t blocks[][BLAKE2B_BLOCK_BYTES],
                         const uint8_t lengths[], size_t count, uint8_t digests[][BLAKE2B_DIGEST_BYTES])
{
    blake2b_digest_blocks(state, blocks, lengths, count, digests); /* never called */
}

#endif
