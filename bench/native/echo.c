/* The ceiling: a server that does nothing but read and send. `echo ADDRESS PORT [BYTES]` sets QR and returns the
 * datagram, made longer by BYTES zero bytes where a resolver's answer would be longer than its question. */
#include <stdlib.h>
#include <string.h>

#include "batches.h"

static size_t echo(uint8_t *message, size_t length, const void *context)
{
    const size_t more = *(const size_t *)context;
    if (length < 12 || length + more > DATAGRAM_BYTES) return 0;
    message[2] |= 0x80;
    memset(message + length, 0, more);
    return length + more;
}

int main(int count, char **arguments)
{
    const size_t more = count == 4 ? strtoul(arguments[3], NULL, 10) : 0;
    if (count != 3 && count != 4) return 2;
    serve(open_server(arguments[1], arguments[2]), echo, &more);
}
