/* The question set: wire messages from a file that the harness writes.
 *
 * A record is, in network order: length (2 bytes), kind (1), RCODE expected (1), IPv4 address expected in the first
 * answer (4, zero for none), then the message. Kind 1 is asked anew each time: the first eight octets of its first
 * label are replaced by a counter in hexadecimal. */
#ifndef BENCH_QUESTIONS_H
#define BENCH_QUESTIONS_H

#include <stddef.h>
#include <stdint.h>

enum { QUESTION_BYTES = 112, UNIQUE_AT = 13, UNIQUE_DIGITS = 8 };

struct question {
    uint16_t length;
    uint8_t is_unique;
    uint8_t rcode;
    uint8_t address[4];
    uint16_t question_end; /* offset of the first octet behind QCLASS */
    uint8_t wire[QUESTION_BYTES];
};

struct questions {
    struct question *all;
    size_t count;
    uint16_t length; /* of all of them when they are equally long, else 0 */
};

/* Reads the file; ends the process, saying why, where it is not as above. The caller owns `all`. */
struct questions read_questions(const char *path);

/* Writes the counter's lowest 32 bits as eight hexadecimal digits. */
void write_unique(uint8_t *wire, uint64_t counter);

#endif
