/* Numbers in byte strings, whatever their alignment. The caller has checked that the bytes are there. */
#ifndef MAMORI_CORE_BYTES_H
#define MAMORI_CORE_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline uint64_t load_le64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline uint32_t load_le32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    return value;
}

static inline uint64_t load_be64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline void store_le64(uint8_t *at, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    memcpy(at, &value, sizeof value);
}

/* Below, at or above zero: the order of two strings of 16 bytes. */
static inline int order_of_16(const uint8_t *one, const uint8_t *other)
{
    uint64_t a = load_be64(one), b = load_be64(other);
    if (a == b) {
        a = load_be64(one + 8);
        b = load_be64(other + 8);
    }
    return (a > b) - (a < b);
}

/* This machine's own byte order. */
static inline uint32_t load_native32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

#endif
