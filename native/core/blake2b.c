#include "core/blake2b.h"

#include "core/blake2b_rounds.h"
#include "core/bytes.h"

static const uint64_t INITIAL[8] = BLAKE2B_INITIAL;

static inline uint64_t rotate_right(uint64_t value, unsigned bits)
{
    return rotate_left(value, 64 - bits);
}

#define MIX(a, b, c, d, x, y)                 \
    do {                                      \
        a = a + b + (x);                      \
        d = rotate_right(d ^ a, 32);          \
        c = c + d;                            \
        b = rotate_right(b ^ c, 24);          \
        a = a + b + (y);                      \
        d = rotate_right(d ^ a, 16);          \
        c = c + d;                            \
        b = rotate_right(b ^ c, 63);          \
    } while (0)

/* Compress one block (RFC 7693, 3.2). `total`: bytes so far with this block, the key's block among them. */
static void compress(uint64_t chain[8], const uint8_t block[BLAKE2B_BLOCK_BYTES], uint64_t total, bool last)
{
    uint64_t m[16], v[16];
    for (size_t at = 0; at < 16; at++) {
        m[at] = load_le64(block + 8 * at);
    }
    for (size_t at = 0; at < 8; at++) {
        v[at] = chain[at];
        v[at + 8] = INITIAL[at];
    }
    v[12] ^= total; /* the upper half of the counter stays 0: nobody hashes 2^64 bytes */
    v[14] ^= last ? UINT64_MAX : 0;
    BLAKE2B_ROUNDS(MIX, v, m);
    for (size_t at = 0; at < 8; at++) {
        chain[at] ^= v[at] ^ v[at + 8];
    }
}

void blake2b_key(struct blake2b_keyed *state, const uint8_t *key, size_t key_length)
{
    uint8_t block[BLAKE2B_BLOCK_BYTES] = {0};
    const size_t length = key_length < BLAKE2B_MAX_KEY_BYTES ? key_length : BLAKE2B_MAX_KEY_BYTES;
    memcpy(block, key, length);
    memcpy(state->chain, INITIAL, sizeof INITIAL);
    state->chain[0] ^= 0x01010000 ^ (uint64_t)length << 8 ^ BLAKE2B_DIGEST_BYTES; /* fan-out 1, depth 1 */
    compress(state->chain, block, sizeof block, false);
    state->wide = blake2b_can_be_wide();
}

void blake2b_digest(const struct blake2b_keyed *state, const uint8_t *message, size_t length,
                    uint8_t digest[BLAKE2B_DIGEST_BYTES])
{
    uint64_t chain[8];
    uint8_t block[BLAKE2B_BLOCK_BYTES] = {0};
    uint64_t total = BLAKE2B_BLOCK_BYTES;
    memcpy(chain, state->chain, sizeof chain);
    for (; length > sizeof block; message += sizeof block, length -= sizeof block) {
        total += sizeof block;
        compress(chain, message, total, false);
    }
    if (length > 0) { /* a message of no byte at all ends with the key's block; no token is made of one */
        memcpy(block, message, length);
    }
    compress(chain, block, total + length, true);
    store_le64(digest, chain[0]);
    store_le64(digest + 8, chain[1]);
}

void blake2b_digest_blocks(const struct blake2b_keyed *state, uint8_t blocks[][BLAKE2B_BLOCK_BYTES],
                           const uint8_t lengths[], size_t count, uint8_t digests[][BLAKE2B_DIGEST_BYTES])
{
    if (state->wide && count > 1) {
        blake2b_digest_wide(state, blocks, lengths, count, digests);
        return;
    }
    for (size_t at = 0; at < count; at++) {
        uint64_t chain[8];
        memcpy(chain, state->chain, sizeof chain);
        compress(chain, blocks[at], BLAKE2B_BLOCK_BYTES + (uint64_t)lengths[at], true);
        store_le64(digests[at], chain[0]);
        store_le64(digests[at] + 8, chain[1]);
    }
}
