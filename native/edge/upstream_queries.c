/* Queries on their way: what waits is written, gets a port and goes out in batches. */
#include <errno.h>
#include <string.h>

#include "edge/upstream_state.h"

/* Queries that go out by one port. */
struct outgoing {
    uint32_t port;
    size_t count;
    struct flight *flights[PORT_QUERIES_MAX];
    struct mmsghdr messages[PORT_QUERIES_MAX];
    struct iovec vectors[PORT_QUERIES_MAX];
};

static void lose(struct upstream *upstream, struct hitpath *path, struct flight *flight)
{
    flying_lost(path, flight);
    upstream->lost++;
}

/* The kernel refused the first of those left: an error of this query, or of an earlier one that it tells now. */
static void refuse(struct upstream *upstream, struct hitpath *path, struct port *port, struct flight *flight, int error)
{
    port_end(port, &port->slots[flight->slot]);
    lose(upstream, path, flight);
    const bool is_told = error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH;
    if (is_told && !port->refused) {
        port->refused = true;
        upstream->refused++;
    }
}

static void send_out(struct upstream *upstream, struct hitpath *path, struct outgoing *out)
{
    for (size_t done = 0; done < out->count;) {
        struct port *port = &upstream->ports[out->port];
        const int sent =
            sendmmsg(port->descriptor, out->messages + done, (unsigned)(out->count - done), MSG_DONTWAIT);
        if (sent > 0) {
            done += (size_t)sent;
        } else if (sent == 0 || errno != EINTR) {
            refuse(upstream, path, port, out->flights[done++], errno);
        }
    }
    out->count = 0;
}

/* Draw id and case, and the port; NO_PORT: it cannot be sent. */
static uint32_t prepare(struct upstream *upstream, const struct flying *flying, struct flight *flight, double now)
{
    uint8_t drawn[2 + DNS_NAME_BYTES_MAX];
    uint32_t number = NO_PORT;
    if (chance_draw(&upstream->chance, drawn, departure_drawn(flight))) {
        departure_write(flying, flight, drawn);
        number = upstream_choose(upstream, flight->upstream, (uint16_t)(drawn[0] << 8 | drawn[1]), now);
    }
    explicit_bzero(drawn, sizeof drawn);
    return number;
}

static void add(struct upstream *upstream, struct hitpath *path, struct outgoing *out, struct flight *flight,
                uint32_t number)
{
    const struct inflight *inflight = hit_flying(path)->inflight;
    if (out->count > 0 && out->port != number) {
        send_out(upstream, path, out);
    }
    const uint16_t id = (uint16_t)(flight->query[0] << 8 | flight->query[1]);
    flight->port = number;
    flight->slot = port_ask(&upstream->ports[number], id, inflight_number(inflight, flight));
    flight->state = FLIGHT_FLYING;
    out->port = number;
    out->flights[out->count] = flight;
    out->vectors[out->count] = (struct iovec){flight->query, flight->query_bytes};
    memset(&out->messages[out->count], 0, sizeof out->messages[0]);
    out->messages[out->count].msg_hdr.msg_iov = &out->vectors[out->count];
    out->messages[out->count].msg_hdr.msg_iovlen = 1;
    out->count++;
}

void upstream_depart(struct upstream *upstream, struct hitpath *path, double now)
{
    const struct flying *flying = hit_flying(path);
    struct outgoing out;
    out.count = 0;
    struct flight *flight = inflight_first_waiting(flying->inflight);
    for (; flight != NULL; flight = inflight_newer(flying->inflight, flight)) {
        const uint32_t number = prepare(upstream, flying, flight, now);
        flight->sent = now;
        if (number == NO_PORT) {
            lose(upstream, path, flight);
        } else {
            add(upstream, path, &out, flight, number);
        }
    }
    send_out(upstream, path, &out);
}
