/* Ports to upstreams: drawn, used for a moment or a second, renewed (resolver/edge/serving/upstream_udp.py). */
#include <string.h>
#include <unistd.h>

#include "edge/upstream_state.h"

/* Bind to a random port; if all tries hit ports in use, `connect` lets the kernel choose one. */
static void bind_somewhere(struct upstream *upstream, int descriptor, int family)
{
    const uint32_t first = upstream->limits.first_port;
    for (unsigned tries = 0; tries < upstream->limits.bind_tries; tries++) {
        uint32_t drawn;
        if (!chance_below(&upstream->chance, PORTS - first, &drawn)) {
            return;
        }
        union server_name any = {0};
        any.any.sa_family = (sa_family_t)family;
        any.v4.sin_port = htons((uint16_t)(first + drawn)); /* at the same place in both families */
        if (bind(descriptor, &any.any, family == AF_INET ? sizeof any.v4 : sizeof any.v6) == 0) {
            return;
        }
    }
}

_Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port), "one place");

/* A connected socket that our epoll watches as port `number`; -1: none. */
static int open_socket(struct upstream *upstream, const struct server *server, uint32_t number)
{
    const int family = server->name.any.sa_family;
    const int descriptor = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -1;
    }
    struct epoll_event interest = {.events = EPOLLIN, .data.u32 = number};
    /* No ICMP changes a path's MTU by our queries, which would tell an open port. */
    const int omit = family == AF_INET ? IP_PMTUDISC_OMIT : IPV6_PMTUDISC_OMIT;
    const bool is_set = setsockopt(descriptor, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
                                   family == AF_INET ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &omit, sizeof omit) == 0;
    bind_somewhere(upstream, descriptor, family);
    if (!is_set || connect(descriptor, &server->name.any, server->length) < 0 ||
        epoll_ctl(upstream->epoll, EPOLL_CTL_ADD, descriptor, &interest) < 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

/* A new port to a server: how many queries it takes, and for how long, is drawn. NO_PORT: none can be had. */
static uint32_t open_port(struct upstream *upstream, uint8_t server, double now)
{
    uint32_t number = 0, queries, life;
    while (number < UPSTREAM_SOCKETS_MAX && upstream->ports[number].descriptor >= 0) {
        number++;
    }
    if (number == UPSTREAM_SOCKETS_MAX || upstream->servers[server].length == 0 ||
        !chance_below(&upstream->chance, (uint32_t)(2 * upstream->limits.port_queries - 1), &queries) ||
        !chance_below(&upstream->chance, PORTS, &life)) {
        return NO_PORT;
    }
    const int descriptor = open_socket(upstream, &upstream->servers[server], number);
    if (descriptor < 0) {
        return NO_PORT;
    }
    struct port *port = &upstream->ports[number];
    *port = (struct port){
        .descriptor = descriptor,
        .serial = upstream->serial++,
        .upstream = server,
        .left = (uint16_t)(1 + queries),
        .until = now + upstream->limits.port_seconds * (0.5 + life / (double)PORTS),
    };
    return number;
}

void upstream_tidy(struct upstream *upstream, struct port *port)
{
    if (port->descriptor < 0 || !port_is_over(port)) {
        return;
    }
    close(port->descriptor); /* which takes it out of the epoll */
    port->descriptor = -1;
    const uint32_t number = (uint32_t)(port - upstream->ports);
    struct server *server = &upstream->servers[port->upstream];
    for (size_t place = 0; place < upstream->limits.ports; place++) {
        if (server->places[place] == number) {
            server->places[place] = NO_PORT;
        }
    }
    if (server->current == number) {
        server->current = NO_PORT;
    }
}

static bool takes(struct upstream *upstream, uint32_t number, uint16_t id, double now)
{
    return number != NO_PORT && port_takes(&upstream->ports[number], id, now);
}

uint32_t upstream_choose(struct upstream *upstream, uint8_t number, uint16_t id, double now)
{
    struct server *server = &upstream->servers[number];
    if (now < server->change_at && takes(upstream, server->current, id, now)) {
        return server->current;
    }
    uint32_t place;
    if (!chance_below(&upstream->chance, (uint32_t)upstream->limits.ports, &place)) {
        return NO_PORT;
    }
    uint32_t chosen = server->places[place];
    if (!takes(upstream, chosen, id, now)) {
        const uint32_t fresh = open_port(upstream, number, now);
        if (fresh == NO_PORT) {
            return NO_PORT;
        }
        if (chosen != NO_PORT) {
            port_retire(&upstream->ports[chosen]);
            upstream_tidy(upstream, &upstream->ports[chosen]);
        }
        chosen = server->places[place] = fresh;
    }
    server->current = chosen;
    server->change_at = now + upstream->limits.port_moment_seconds;
    return chosen;
}
