/* The generator's socket: many messages a system call, from one client address or from many.
 *
 * Equally long messages may go out as segments of one large datagram (UDP_SEGMENT, Linux 4.18): the kernel walks its
 * send path once for all of them and hands the server single datagrams as ever. One core can then ask faster than a
 * server on another core can echo. The segments of one send come from one client,
 * and go to one socket of a server that has several (SO_REUSEPORT): the first one's question decides. */
#ifndef BENCH_LINK_H
#define BENCH_LINK_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "window.h"

enum { SEGMENTS_MOST = 64, GROUPS = 64, RECEIVED = 64, ANSWER_BYTES = 4096, CONTROL_BYTES = 128 };

struct link {
    int fd;
    unsigned segments, clients, client; /* of a send; addresses to send from, the next one */
    struct sockaddr_storage server;
    socklen_t server_bytes;
    struct mmsghdr out[GROUPS], in[RECEIVED];
    struct iovec out_pieces[GROUPS][SEGMENTS_MOST], in_pieces[RECEIVED];
    uint8_t out_control[GROUPS][CONTROL_BYTES], in_control[RECEIVED][CONTROL_BYTES];
    uint8_t answers[RECEIVED][ANSWER_BYTES];
};

/* One answer, and when the kernel had it (wall clock; 0 where it said nothing). */
struct arrival {
    const uint8_t *message;
    size_t length;
    uint64_t at_ns;
};

/* Opens a socket to a numeric address. More than one client (IPv4 only) asks from 127.1.0.1 upwards. With `stamps` the
 * kernel says when each answer came, which costs the server's core a little, too. Ends the process where that cannot be
 * done. The caller frees it. */
struct link *open_link(const char *address, const char *port, unsigned segments, unsigned clients, int stamps);

/* Sends the messages of `count` slots, at most GROUPS x segments; returns how many the kernel took. */
unsigned link_send(struct link *link, struct slot *const *slots, unsigned count);

/* Reads what has come without waiting, up to RECEIVED answers, which stay until the next call; returns how many. */
unsigned link_receive(struct link *link, struct arrival *arrivals);

#endif
