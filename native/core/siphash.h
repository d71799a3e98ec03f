/* SipHash (Aumasson and Bernstein, 2012): 2-4 as in server cookies (RFC 9018), 1-3 for hash tables. */
#ifndef MAMORI_CORE_SIPHASH_H
#define MAMORI_CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* The 64-bit value; RFC 9018 writes it least significant byte first. */
uint64_t siphash24(const uint8_t key[16], const uint8_t *message, size_t length);
uint64_t siphash13(const uint8_t key[16], const uint8_t *message, size_t length);

#endif
