#include "check.h"

#include <string.h>

enum { HEADER = 12, FIXED = 10 };

/* Returns the offset behind a name that may end in a pointer (RFC 1035, 4.1.4), or `length` where it is broken. */
static size_t behind_name(const uint8_t *message, size_t at, size_t length)
{
    while (at < length && message[at] != 0) {
        if (message[at] >= 0xC0) return at + 2;
        at += (size_t)message[at] + 1;
    }
    return at + 1;
}

/* Whether the first record behind the question is an A record with this address. */
static int has_address(const uint8_t *message, size_t at, size_t length, const uint8_t address[4])
{
    if (message[6] == 0 && message[7] == 0) return 0;
    at = behind_name(message, at, length);
    if (at + FIXED + 4 > length) return 0;
    return message[at] == 0 && message[at + 1] == 1 && memcmp(message + at + FIXED, address, 4) == 0;
}

enum verdict check_answer(const uint8_t *answer, size_t length, const uint8_t *sent, const struct question *asked,
                          int is_echo)
{
    static const uint8_t none[4] = {0};
    const size_t end = asked->question_end;
    if (length < end || (answer[2] & 0x80) == 0 || answer[5] != 1) return WRONG_QUESTION;
    if (memcmp(answer + HEADER, sent + HEADER, end - HEADER) != 0) return WRONG_QUESTION;
    if (is_echo) return RIGHT;
    if ((answer[3] & 15) != asked->rcode) return WRONG_RCODE;
    if (memcmp(asked->address, none, 4) == 0) return RIGHT;
    return has_address(answer, end, length, asked->address) ? RIGHT : WRONG_ANSWER;
}
