/* BLAKE2b (RFC 7693) with a key and a digest of 16 bytes: what tokens are made with. */
#ifndef MAMORI_CORE_BLAKE2B_H
#define MAMORI_CORE_BLAKE2B_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLAKE2B_BLOCK_BYTES = 128, BLAKE2B_DIGEST_BYTES = 16, BLAKE2B_MAX_KEY_BYTES = 64, BLAKE2B_LANES = 4 };

/* The state once the key's block is compressed, so that a short message costs one compression. */
struct blake2b_keyed {
    uint64_t chain[8];
    bool wide; /* this processor compresses BLAKE2B_LANES blocks at once (AVX2) */
};

/* A key of 1 to 64 bytes; longer ones are cut. */
void blake2b_key(struct blake2b_keyed *state, const uint8_t *key, size_t key_length);

/* Digest a message of one byte or more. */
void blake2b_digest(const struct blake2b_keyed *state, const uint8_t *message, size_t length,
                    uint8_t digest[BLAKE2B_DIGEST_BYTES]);

/* Digest `count` (1 to BLAKE2B_LANES) messages of 1 to 128 bytes; each block is padded with zeros. */
void blake2b_digest_blocks(const struct blake2b_keyed *state, uint8_t blocks[][BLAKE2B_BLOCK_BYTES],
                           const uint8_t lengths[], size_t count, uint8_t digests[][BLAKE2B_DIGEST_BYTES]);

#endif
