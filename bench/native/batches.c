#include "batches.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct batch {
    struct mmsghdr headers[BATCH];
    struct iovec pieces[BATCH];
    struct sockaddr_storage peers[BATCH];
    uint8_t messages[BATCH][DATAGRAM_BYTES];
};

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

int open_server(const char *address, const char *port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    const int bytes = BUFFER_BYTES;
    if (getaddrinfo(address, port, &hints, &found) != 0) {
        fprintf(stderr, "not a numeric address and port: %s %s\n", address, port);
        exit(2);
    }
    int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0) fail("bind");
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    freeaddrinfo(found);
    return fd;
}

/* Makes place `at` ready to be read into, or with `length` and a known peer to be sent. */
static void prepare(struct batch *batch, unsigned at, size_t length)
{
    batch->pieces[at] = (struct iovec){.iov_base = batch->messages[at], .iov_len = length};
    batch->headers[at].msg_hdr = (struct msghdr){
        .msg_name = &batch->peers[at],
        .msg_namelen = batch->headers[at].msg_hdr.msg_namelen,
        .msg_iov = &batch->pieces[at],
        .msg_iovlen = 1,
    };
}

/* Reads up to a batch, waiting for the first one; returns how many. */
static unsigned receive(int fd, struct batch *batch)
{
    for (unsigned at = 0; at < BATCH; at++) {
        batch->headers[at].msg_hdr.msg_namelen = sizeof batch->peers[at];
        prepare(batch, at, DATAGRAM_BYTES);
    }
    const int count = recvmmsg(fd, batch->headers, BATCH, MSG_WAITFORONE, NULL);
    if (count < 0 && errno != EINTR) fail("recvmmsg");
    return count < 0 ? 0 : (unsigned)count;
}

/* Puts the answers of the first `count` places side by side at the front of the headers; returns how many there are. */
static unsigned answer_all(struct batch *batch, unsigned count, answer_function answer, const void *context)
{
    struct mmsghdr *headers = batch->headers;
    unsigned answers = 0;
    for (unsigned at = 0; at < count; at++) {
        const size_t length = answer(batch->messages[at], headers[at].msg_len, context);
        if (length == 0) continue;
        batch->pieces[at].iov_len = length;
        headers[answers++].msg_hdr = headers[at].msg_hdr;
    }
    return answers;
}

_Noreturn void serve(int fd, answer_function answer, const void *context)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) fail("calloc");
    for (;;) {
        const unsigned count = answer_all(batch, receive(fd, batch), answer, context);
        for (unsigned sent = 0; sent < count;) {
            const int done = sendmmsg(fd, batch->headers + sent, count - sent, 0);
            sent += done > 0 ? (unsigned)done : 1; /* what the kernel refuses is lost, and counted by the generator */
        }
    }
}
