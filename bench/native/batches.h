/* A UDP server that reads and answers 64 datagrams a system call: what the echo and the upstream stand on. */
#ifndef BENCH_BATCHES_H
#define BENCH_BATCHES_H

#include <stddef.h>
#include <stdint.h>

enum { BATCH = 64, DATAGRAM_BYTES = 2048, BUFFER_BYTES = 4 << 20 };

/* Turns the `length` bytes at `message` into their answer in place, in `DATAGRAM_BYTES` of room; returns the answer's
 * length, 0 for none. */
typedef size_t (*answer_function)(uint8_t *message, size_t length, const void *context);

/* Opens a UDP socket at a numeric IPv4 or IPv6 address with 4 MiB buffers; ends the process where that fails. */
int open_server(const char *address, const char *port);

/* Answers forever; ends the process where the socket fails. */
_Noreturn void serve(int fd, answer_function answer, const void *context);

#endif
