#include "link.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { BUFFER = 4 << 20, FIRST_CLIENT = 0x7F010000 /* 127.1.0.0 */ };

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void look_up(struct link *link, const char *address, const char *port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (getaddrinfo(address, port, &hints, &found) != 0) {
        fprintf(stderr, "not a numeric address and port: %s %s\n", address, port);
        exit(2);
    }
    memcpy(&link->server, found->ai_addr, found->ai_addrlen);
    link->server_bytes = found->ai_addrlen;
    freeaddrinfo(found);
}

struct link *open_link(const char *address, const char *port, unsigned segments, unsigned clients, int stamps)
{
    const int bytes = BUFFER;
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL) fail("calloc");
    look_up(link, address, port);
    link->segments = segments;
    link->clients = clients;
    if (clients > 1 && link->server.ss_family != AF_INET) {
        fputs("more than one client: IPv4 only, since loopback has one IPv6 address\n", stderr);
        exit(2);
    }
    link->fd = socket(link->server.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (link->fd < 0) fail("socket");
    (void)setsockopt(link->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    (void)setsockopt(link->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    (void)setsockopt(link->fd, SOL_SOCKET, SO_TIMESTAMPNS, &stamps, sizeof stamps);
    if (clients <= 1 && connect(link->fd, (struct sockaddr *)&link->server, link->server_bytes) != 0) fail("connect");
    return link;
}

/* Appends a control message; returns the bytes used so far. */
static size_t put_control(uint8_t *control, size_t used, int level, int type, const void *data, size_t bytes)
{
    struct cmsghdr *head = (struct cmsghdr *)(void *)(control + used);
    head->cmsg_level = level;
    head->cmsg_type = type;
    head->cmsg_len = CMSG_LEN(bytes);
    memcpy(CMSG_DATA(head), data, bytes);
    return used + CMSG_SPACE(bytes);
}

/* The next client's address: each has a host of its own below 127.1.0.0/16 upwards. */
static struct in_pktinfo next_client(struct link *link)
{
    const struct in_pktinfo from = {.ipi_spec_dst.s_addr = htonl((uint32_t)FIRST_CLIENT + 1 + link->client)};
    link->client = (link->client + 1) % link->clients;
    return from;
}

/* Makes one datagram of up to `segments` slots; returns how many went in. */
static unsigned fill_group(struct link *link, unsigned group, struct slot *const *slots, unsigned count)
{
    const unsigned taken = count < link->segments ? count : link->segments;
    size_t used = 0;
    memset(link->out_control[group], 0, CONTROL_BYTES);
    for (unsigned at = 0; at < taken; at++)
        link->out_pieces[group][at] = (struct iovec){.iov_base = slots[at]->wire, .iov_len = slots[at]->asked->length};
    if (taken > 1) {
        const uint16_t length = slots[0]->asked->length;
        used = put_control(link->out_control[group], used, IPPROTO_UDP, UDP_SEGMENT, &length, sizeof length);
    }
    if (link->clients > 1) {
        const struct in_pktinfo from = next_client(link);
        used = put_control(link->out_control[group], used, IPPROTO_IP, IP_PKTINFO, &from, sizeof from);
    }
    link->out[group].msg_hdr = (struct msghdr){
        .msg_name = link->clients > 1 ? &link->server : NULL,
        .msg_namelen = link->clients > 1 ? link->server_bytes : 0,
        .msg_iov = link->out_pieces[group],
        .msg_iovlen = taken,
        .msg_control = used > 0 ? link->out_control[group] : NULL,
        .msg_controllen = used,
    };
    return taken;
}

unsigned link_send(struct link *link, struct slot *const *slots, unsigned count)
{
    unsigned groups = 0, taken = 0, sent = 0;
    while (taken < count && groups < GROUPS) taken += fill_group(link, groups++, slots + taken, count - taken);
    for (unsigned done = 0; done < groups;) {
        const int now = sendmmsg(link->fd, link->out + done, groups - done, 0);
        if (now <= 0) {
            done++; /* refused: its questions count as lost when their time is over */
            continue;
        }
        for (int each = 0; each < now; each++) sent += (unsigned)link->out[done++].msg_hdr.msg_iovlen;
    }
    return sent;
}

static uint64_t stamp_of(struct msghdr *message)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL; head = CMSG_NXTHDR(message, head)) {
        struct timespec stamp;
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_TIMESTAMPNS) continue;
        memcpy(&stamp, CMSG_DATA(head), sizeof stamp);
        return (uint64_t)stamp.tv_sec * 1000000000U + (uint64_t)stamp.tv_nsec;
    }
    return 0;
}

unsigned link_receive(struct link *link, struct arrival *arrivals)
{
    for (unsigned at = 0; at < RECEIVED; at++) {
        link->in_pieces[at] = (struct iovec){.iov_base = link->answers[at], .iov_len = ANSWER_BYTES};
        link->in[at].msg_hdr = (struct msghdr){
            .msg_iov = &link->in_pieces[at],
            .msg_iovlen = 1,
            .msg_control = link->in_control[at],
            .msg_controllen = CONTROL_BYTES,
        };
    }
    const int count = recvmmsg(link->fd, link->in, RECEIVED, MSG_DONTWAIT, NULL);
    for (int at = 0; at < count; at++)
        arrivals[at] = (struct arrival){link->answers[at], link->in[at].msg_len, stamp_of(&link->in[at].msg_hdr)};
    return count < 0 ? 0 : (unsigned)count;
}
