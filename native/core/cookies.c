#include "core/cookies.h"

#include <string.h>

#include "core/bytes.h"
#include "core/siphash.h"

enum { OPTION_HEAD = 4, HEAD_BYTES = 16, HASH_BYTES = 8, VERSION = 1, ADDRESS_MAX = 16 };

void cookie_write(const uint8_t secret[COOKIE_SECRET_BYTES], const uint8_t client[8], const uint8_t *address,
                  size_t address_length, uint32_t unix_time, uint8_t option[COOKIE_OPTION_BYTES])
{
    uint8_t hashed[HEAD_BYTES + ADDRESS_MAX];
    const size_t taken = address_length < ADDRESS_MAX ? address_length : ADDRESS_MAX;
    memcpy(hashed, client, 8);
    hashed[8] = VERSION;
    memset(hashed + 9, 0, 3); /* reserved */
    hashed[12] = (uint8_t)(unix_time >> 24);
    hashed[13] = (uint8_t)(unix_time >> 16);
    hashed[14] = (uint8_t)(unix_time >> 8);
    hashed[15] = (uint8_t)unix_time;
    memcpy(hashed + HEAD_BYTES, address, taken);
    option[0] = 0;
    option[1] = 10; /* COOKIE (RFC 7873) */
    option[2] = 0;
    option[3] = HEAD_BYTES + HASH_BYTES;
    memcpy(option + OPTION_HEAD, hashed, HEAD_BYTES);
    store_le64(option + OPTION_HEAD + HEAD_BYTES, siphash24(secret, hashed, HEAD_BYTES + taken));
}
