/* What the files of edge/upstream share. */
#ifndef MAMORI_EDGE_UPSTREAM_STATE_H
#define MAMORI_EDGE_UPSTREAM_STATE_H

#include <sys/epoll.h>
#include <sys/socket.h>

#include "core/landing.h"
#include "core/ports.h"
#include "edge/chance.h"
#include "edge/late.h"
#include "edge/upstream.h"

#define NO_PORT UINT32_MAX
enum { PORTS = 65536 }; /* of UDP */

union server_name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* One upstream: its ports that take queries; those of one moment go out by one of them. */
struct server {
    union server_name name;
    socklen_t length; /* 0: not known */
    uint32_t places[UPSTREAM_PORTS_MAX];
    uint32_t current;
    double change_at;
};

/* How far a reading has come. */
struct reading {
    struct epoll_event ready[UPSTREAM_PORTS_MAX];
    size_t ready_count, ready_at;
    bool polled;
    uint32_t port; /* NO_PORT: none */
    size_t count, at, reads;
    bool spreads; /* each who waits for a query of this port learns of something */
    size_t spread_at;
    const uint8_t *spread_data; /* NULL: an error */
    size_t spread_length;
    bool is_pending; /* an event for Python behind the one that handed the question over */
    struct upstream_event pending;
};

struct upstream {
    struct upstream_limits limits;
    int epoll;
    struct chance chance;
    size_t server_count;
    struct server *servers;
    struct port ports[UPSTREAM_SOCKETS_MAX];
    uint32_t serial;
    size_t lost;    /* questions that could not be sent, of which Python has yet to hear */
    size_t refused; /* ports of which it has */
    struct reading reading;
    struct mmsghdr incoming[UPSTREAM_READS_MAX];
    struct iovec vectors[UPSTREAM_READS_MAX];
    uint8_t *buffers;
    struct late late;
};

/* upstream_ports.c: the port a query with this id goes out by; NO_PORT: none can be had. */
uint32_t upstream_choose(struct upstream *upstream, uint8_t number, uint16_t id, double now);
/* Close it if it is over. */
void upstream_tidy(struct upstream *upstream, struct port *port);

/* upstream.c: the number of what stands in this slot of the port at this place. */
uint64_t upstream_token_of(const struct port *port, size_t number, size_t slot);

#endif
