/* Server cookies in the form all servers of one anycast set share (RFC 9018): the twin of Cookies.fresh
 * (resolver/core/cookies.py). */
#ifndef MAMORI_CORE_COOKIES_H
#define MAMORI_CORE_COOKIES_H

#include <stddef.h>
#include <stdint.h>

enum { COOKIE_SECRET_BYTES = 16, COOKIE_OPTION_BYTES = 28 };

/* Write a whole COOKIE option: code, length, the client's 8 bytes, and a server cookie for an address of 4 or 16 bytes
 * at POSIX second `unix_time`. */
void cookie_write(const uint8_t secret[COOKIE_SECRET_BYTES], const uint8_t client[8], const uint8_t *address,
                  size_t address_length, uint32_t unix_time, uint8_t option[COOKIE_OPTION_BYTES]);

#endif
