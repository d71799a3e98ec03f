/* What the fuzzer made, taken from its front; past its end everything is nought. Blocks are copied to memory of exactly
 * their size, so that a read beyond them is seen. */
#ifndef MAMORI_FUZZ_INPUT_H
#define MAMORI_FUZZ_INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
    const uint8_t *at;
    size_t left;
};

/* A number of one to eight bytes, the highest first. */
static inline uint64_t take(struct input *input, unsigned bytes)
{
    uint64_t value = 0;
    while (bytes-- > 0) {
        value <<= 8;
        if (input->left > 0) {
            value |= *input->at++;
            input->left--;
        }
    }
    return value;
}

/* Bytes in place; `*length` becomes smaller where less is left. */
static inline const uint8_t *take_bytes(struct input *input, size_t *length)
{
    const uint8_t *at = input->at;
    if (*length > input->left) {
        *length = input->left;
    }
    if (*length > 0) {
        input->at += *length;
        input->left -= *length;
    }
    return at;
}

/* A copy of its own; to be freed. */
static inline uint8_t *own(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length);
    if (copy == NULL) {
        abort();
    }
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    return copy;
}

/* What must hold; a break names it and its place. */
#define MUST(what) ((what) ? (void)0 : broken(#what, __FILE__, __LINE__))

static inline void broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

#endif
