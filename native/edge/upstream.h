/* The sockets of questions that C carries: queries go to upstreams in batches, responses become answers (docs/adr/0055).
 *
 * Ports are drawn and renewed as resolver/edge/serving/upstream_udp.py does it (docs/adr/0054). What Python has to know
 * comes out as events, one at a time. One thread at a time, that which has the hit path.
 */
#ifndef MAMORI_EDGE_UPSTREAM_H
#define MAMORI_EDGE_UPSTREAM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/departure.h"

enum {
    UPSTREAM_PORTS_MAX = 64,     /* places for ports to one upstream */
    UPSTREAM_SOCKETS_MAX = 1024, /* ports in all, those that wait for their last answers too */
    UPSTREAM_READS_MAX = 64,
};
#define UPSTREAM_NO_TOKEN UINT64_MAX

/* resolver/edge/limits.py, UpstreamLimits. */
struct upstream_limits {
    size_t ports, port_queries, ports_read, reads, datagram_bytes;
    unsigned first_port, bind_tries, port_strange_max;
    double port_seconds, port_moment_seconds;
};

struct upstream;

/* NULL: no memory or no descriptor (errno), or limits outside their ranges. `servers` have room for all there may be. */
struct upstream *upstream_new(const struct upstream_limits *limits, size_t servers);
void upstream_free(struct upstream *upstream);

/* Say where a server is: an Internet sockaddr of `length` bytes. False: no such number, or no such sockaddr. */
bool upstream_set_server(struct upstream *upstream, size_t number, const void *name, size_t length);

/* The epoll that has something to read when a port has. */
int upstream_descriptor(const struct upstream *upstream);

/* Send what waits (FLIGHT_WAITING); what cannot be sent is FLIGHT_LOST, an event of the next reading. */
void upstream_depart(struct upstream *upstream, struct hitpath *path, double now);

enum upstream_event_kind {
    EVENT_ANSWERED, /* all who waited have their answer; the upstream's response is `data`, its question in lower case */
    EVENT_HANDED,   /* Python has the question from now on: the caller takes what it needs, then `flying_hand_over` */
    EVENT_DATA,     /* a datagram to a query that Python waits for */
    EVENT_ERROR,    /* the network has refused it */
};
struct upstream_event {
    enum upstream_event_kind kind;
    struct flight *flight; /* of EVENT_HANDED */
    uint64_t token;        /* of EVENT_HANDED, DATA and ERROR: the query by number; UPSTREAM_NO_TOKEN: never sent */
    const uint8_t *data;   /* borrowed until the next call */
    size_t length;
    uint32_t seconds; /* of EVENT_ANSWERED from here on: how long it is kept */
    uint8_t upstream;
    double rtt;
    int64_t generation; /* of the list it was open under, which is in force */
    size_t key_bytes;
    uint8_t key[KEY_ROOM];
};

/* Begin to read what has come, then take one event after the other until there is none; false: no more. The rest of
 * what has come has its turn with the next reading. */
void upstream_begin(struct upstream *upstream);
bool upstream_next(struct upstream *upstream, struct hitpath *path, double now, struct upstream_event *event);

/* The query of a question that is about to be handed over, by number from now on; UPSTREAM_NO_TOKEN: it is not sent. */
uint64_t upstream_token(struct upstream *upstream, const struct flight *flight);

/* Python waits for a query no more. */
void upstream_end(struct upstream *upstream, uint64_t token);

#endif
