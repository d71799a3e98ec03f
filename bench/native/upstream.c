/* The resolver behind all the servers measured: `upstream ADDRESS PORT` answers A with one address for a day, and any
 * other type with no data. An OPT in the question is answered by an OPT (RFC 6891). */
#include <string.h>

#include "batches.h"

enum { HEADER = 12, TYPE_A = 1 };

static const uint8_t RECORD[16] = {0xC0, 0x0C, 0, TYPE_A, 0, 1, 0, 1, 0x51, 0x80, 0, 4, 198, 18, 0, 1};
static const uint8_t OPT[11] = {0, 0, 41, 0x04, 0xD0};

/* Returns where the question ends, 0 where there is none to be read. */
static size_t question_end(const uint8_t *message, size_t length)
{
    size_t at = HEADER;
    while (at < length && message[at] != 0) {
        if (message[at] > 63) return 0;
        at += (size_t)message[at] + 1;
    }
    return at + 5 <= length ? at + 5 : 0;
}

static size_t answer(uint8_t *message, size_t length, const void *context)
{
    (void)context;
    if (length < HEADER || (message[2] & 0x80) != 0) return 0;
    size_t end = question_end(message, length);
    if (end == 0 || end + sizeof RECORD + sizeof OPT > DATAGRAM_BYTES) return 0;
    const int is_a = message[end - 4] == 0 && message[end - 3] == TYPE_A;
    const int with_opt = message[10] != 0 || message[11] != 0;
    message[2] |= 0x80;
    message[3] = 0x80;
    memset(message + 6, 0, 6);
    if (is_a) {
        memcpy(message + end, RECORD, sizeof RECORD);
        message[7] = 1;
        end += sizeof RECORD;
    }
    if (with_opt) {
        memcpy(message + end, OPT, sizeof OPT);
        message[11] = 1;
        end += sizeof OPT;
    }
    return end;
}

int main(int count, char **arguments)
{
    if (count != 3) return 2;
    serve(open_server(arguments[1], arguments[2]), answer, NULL);
}
