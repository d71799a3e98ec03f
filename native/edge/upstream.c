/* The upstream side as a whole: made and unmade, its servers, and its queries by number. */
#include "edge/upstream.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/upstream_state.h"

static bool is_sound(const struct upstream_limits *limits)
{
    return limits->ports >= 1 && limits->ports <= UPSTREAM_PORTS_MAX && limits->port_queries >= 1 &&
           2 * limits->port_queries - 1 <= PORT_QUERIES_MAX && limits->ports_read >= 1 &&
           limits->ports_read <= UPSTREAM_PORTS_MAX && limits->reads >= 1 && limits->reads <= UPSTREAM_READS_MAX &&
           limits->datagram_bytes >= 512 && limits->datagram_bytes <= 65535 && limits->first_port < PORTS;
}

struct upstream *upstream_new(const struct upstream_limits *limits, size_t servers)
{
    if (!is_sound(limits) || servers > FLYING_UPSTREAMS_MAX) {
        return NULL;
    }
    struct upstream *upstream = calloc(1, sizeof *upstream);
    if (upstream == NULL) {
        return NULL;
    }
    upstream->limits = *limits;
    upstream->server_count = servers;
    for (size_t at = 0; at < UPSTREAM_SOCKETS_MAX; at++) {
        upstream->ports[at].descriptor = -1;
    }
    upstream->servers = calloc(servers + 1, sizeof *upstream->servers);
    upstream->buffers = calloc(limits->reads, limits->datagram_bytes);
    upstream->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (upstream->servers == NULL || upstream->buffers == NULL || upstream->epoll < 0 || !late_make(&upstream->late)) {
        upstream_free(upstream);
        return NULL;
    }
    for (size_t at = 0; at < servers; at++) {
        memset(upstream->servers[at].places, 0xff, sizeof upstream->servers[at].places);
        upstream->servers[at].current = NO_PORT;
    }
    for (size_t at = 0; at < limits->reads; at++) {
        upstream->vectors[at] = (struct iovec){upstream->buffers + at * limits->datagram_bytes, limits->datagram_bytes};
        upstream->incoming[at].msg_hdr.msg_iov = &upstream->vectors[at];
        upstream->incoming[at].msg_hdr.msg_iovlen = 1;
    }
    upstream->reading.port = NO_PORT;
    return upstream;
}

void upstream_free(struct upstream *upstream)
{
    if (upstream == NULL) {
        return;
    }
    for (size_t at = 0; at < UPSTREAM_SOCKETS_MAX; at++) {
        if (upstream->ports[at].descriptor >= 0) {
            close(upstream->ports[at].descriptor);
        }
    }
    if (upstream->epoll >= 0) {
        close(upstream->epoll);
    }
    late_unmake(&upstream->late);
    explicit_bzero(&upstream->chance, sizeof upstream->chance);
    free(upstream->servers);
    free(upstream->buffers);
    free(upstream);
}

bool upstream_set_server(struct upstream *upstream, size_t number, const void *name, size_t length)
{
    union server_name read = {0};
    if (number >= upstream->server_count || length > sizeof read || length < sizeof read.any) {
        return false;
    }
    memcpy(&read, name, length);
    const bool is_v4 = read.any.sa_family == AF_INET && length == sizeof read.v4;
    if (!is_v4 && (read.any.sa_family != AF_INET6 || length != sizeof read.v6)) {
        return false;
    }
    upstream->servers[number].name = read;
    upstream->servers[number].length = (socklen_t)length;
    return true;
}

int upstream_descriptor(const struct upstream *upstream)
{
    return upstream->epoll;
}

/* --- queries by number -------------------------------------------------------------------------------------------- */

_Static_assert(UPSTREAM_SOCKETS_MAX <= 1 << 16 && PORT_QUERIES_MAX < 1 << 8, "a token holds them");

uint64_t upstream_token_of(const struct port *port, size_t number, size_t slot)
{
    return (uint64_t)port->serial << 24 | (uint64_t)number << 8 | slot;
}

/* The port and the slot of a token; NULL: it is long closed. */
static struct port *port_of(struct upstream *upstream, uint64_t token)
{
    const size_t number = token >> 8 & 0xffff;
    if (number >= UPSTREAM_SOCKETS_MAX) {
        return NULL;
    }
    struct port *port = &upstream->ports[number];
    return port->descriptor >= 0 && port->serial == token >> 24 && (token & 0xff) < port->asked ? port : NULL;
}

uint64_t upstream_token(struct upstream *upstream, const struct flight *flight)
{
    if (flight->state == FLIGHT_LOST) {
        upstream->lost--;
    }
    if (flight->state != FLIGHT_FLYING) {
        return UPSTREAM_NO_TOKEN;
    }
    struct port *port = &upstream->ports[flight->port];
    port->slots[flight->slot].owner = SLOT_PYTHON;
    return upstream_token_of(port, flight->port, flight->slot);
}

void upstream_end(struct upstream *upstream, uint64_t token)
{
    struct port *port = port_of(upstream, token);
    if (port != NULL) {
        struct port_slot *slot = &port->slots[token & 0xff];
        if (slot->owner == SLOT_PYTHON) {
            port_end(port, slot);
            upstream_tidy(upstream, port);
        }
    }
}
