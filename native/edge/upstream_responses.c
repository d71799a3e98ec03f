/* What comes back: datagrams and errors of the network, port by port, as answers and as events for Python. */
#include <errno.h>
#include <string.h>

#include "edge/upstream_state.h"

enum { READS = 4 }; /* batches of one port before the next has its turn */

static void wipe(struct upstream *upstream)
{
    struct reading *reading = &upstream->reading;
    for (size_t at = 0; at < reading->count; at++) {
        explicit_bzero(upstream->vectors[at].iov_base, upstream->incoming[at].msg_len);
    }
    reading->count = reading->at = 0;
}

void upstream_begin(struct upstream *upstream)
{
    struct reading *reading = &upstream->reading;
    reading->ready_count = reading->ready_at = 0;
    reading->polled = reading->spreads = reading->is_pending = false;
    reading->port = NO_PORT;
}

/* Tell each who waits for a query of the port that is read. */
static void spread(struct reading *reading, const uint8_t *data, size_t length)
{
    reading->spreads = true;
    reading->spread_at = 0;
    reading->spread_data = data;
    reading->spread_length = length;
}

/* The network says that nobody hears: none of those in flight will be answered. */
static void give_up_port(struct upstream *upstream, uint32_t number)
{
    struct port *port = &upstream->ports[number];
    if (port->refused) {
        port->refused = false;
        upstream->refused--;
    }
    upstream->reading.port = number;
    wipe(upstream);
    upstream->reading.reads = READS;
    port_retire(port);
    spread(&upstream->reading, NULL, 0);
}

/* Read some datagrams of the port at hand. */
static void receive(struct upstream *upstream)
{
    struct reading *reading = &upstream->reading;
    const uint32_t number = reading->port;
    wipe(upstream);
    int count, tries = 0;
    do { /* an ICMP error that a query was too long, which none of ours is, ends nothing */
        count = recvmmsg(upstream->ports[number].descriptor, upstream->incoming, (unsigned)upstream->limits.reads,
                         MSG_DONTWAIT, NULL);
    } while (count < 0 && errno == EMSGSIZE && ++tries < READS);
    if (count >= 0) {
        reading->count = (size_t)count;
        reading->reads++;
    } else if (errno != EAGAIN && errno != EINTR && errno != EMSGSIZE) {
        give_up_port(upstream, number);
    }
}

/* An event for Python about a slot that it waits for. */
static void tell(struct upstream_event *event, uint64_t token, const uint8_t *data, size_t length)
{
    event->kind = data == NULL ? EVENT_ERROR : EVENT_DATA;
    event->token = token;
    event->data = data;
    event->length = length;
}

/* Hand the question of a slot over, and say behind it what has come for it. */
static void hand_over(struct upstream *upstream, struct hitpath *path, size_t slot, const uint8_t *data, size_t length,
                      struct upstream_event *event)
{
    struct reading *reading = &upstream->reading;
    const struct port *port = &upstream->ports[reading->port];
    event->kind = EVENT_HANDED;
    event->flight = inflight_at(hit_flying(path)->inflight, port->slots[slot].flight);
    event->token = upstream_token(upstream, event->flight);
    reading->is_pending = true;
    tell(&reading->pending, event->token, data, length);
}

/* Go on telling those of a port; false: all know. */
static bool spread_on(struct upstream *upstream, struct hitpath *path, struct upstream_event *event)
{
    struct reading *reading = &upstream->reading;
    struct port *port = &upstream->ports[reading->port];
    while (reading->spread_at < port->asked) {
        const size_t slot = reading->spread_at++;
        if (port->slots[slot].owner == SLOT_FLIGHT) {
            hand_over(upstream, path, slot, reading->spread_data, reading->spread_length, event);
            return true;
        }
        if (port->slots[slot].owner == SLOT_PYTHON) {
            tell(event, upstream_token_of(port, reading->port, slot), reading->spread_data, reading->spread_length);
            return true;
        }
    }
    reading->spreads = false;
    if (port->strange >= upstream->limits.port_strange_max) {
        port_retire(port);
    }
    upstream_tidy(upstream, port);
    return false;
}

/* The answer: to all who wait, and to Python, which keeps the response. */
static void answer(struct upstream *upstream, struct hitpath *path, struct flight *flight, struct landed *landed,
                   double now, struct upstream_event *event)
{
    const struct inflight *inflight = hit_flying(path)->inflight;
    event->kind = EVENT_ANSWERED;
    event->seconds = landed->seconds;
    event->upstream = flight->upstream;
    event->rtt = now - flight->sent;
    event->generation = flight->generation;
    event->key_bytes = flight->key_bytes;
    memcpy(event->key, flight->key, flight->key_bytes);
    for (const struct waiter *waiter = inflight_first(inflight, flight); waiter != NULL;
         waiter = inflight_next(inflight, waiter)) {
        uint8_t *room = late_room(&upstream->late, hit_descriptor(path, waiter->door));
        const size_t length = landing_render(path, landed, waiter, now, room);
        late_put(&upstream->late, waiter, length);
    }
    landing_end(path, flight, landed);
}

/* Take the next datagram; false: Python need not know of it. */
static bool take(struct upstream *upstream, struct hitpath *path, double now, struct upstream_event *event)
{
    struct reading *reading = &upstream->reading;
    struct port *port = &upstream->ports[reading->port];
    uint8_t *data = upstream->vectors[reading->at].iov_base;
    const size_t length = upstream->incoming[reading->at++].msg_len;
    struct port_slot *slot = length < 2 ? NULL : port_find(port, (uint16_t)(data[0] << 8 | data[1]));
    if (slot == NULL) { /* somebody may be guessing: every query in flight here counts it */
        port->strange++;
        spread(reading, data, length);
        return false;
    }
    const size_t number = (size_t)(slot - port->slots);
    if (slot->owner == SLOT_PYTHON) {
        tell(event, upstream_token_of(port, reading->port, number), data, length);
        return true;
    }
    if (slot->owner == SLOT_DONE) {
        return false; /* late */
    }
    struct flight *flight = inflight_at(hit_flying(path)->inflight, slot->flight);
    struct landed landed;
    if (!landing(path, flight, data, length, now, &landed)) {
        hand_over(upstream, path, number, data, length, event);
        return true;
    }
    memcpy(data + DNS_HEADER_BYTES, flight->key, flight->key_bytes - 1u);
    event->data = data;
    event->length = length;
    answer(upstream, path, flight, &landed, now, event);
    port_end(port, slot);
    upstream_tidy(upstream, port);
    return true;
}

/* A question that could not be sent, or a port that is refused: what a reading begins with. */
static bool take_fault(struct upstream *upstream, struct hitpath *path, struct upstream_event *event)
{
    const struct inflight *inflight = hit_flying(path)->inflight;
    for (struct flight *flight = upstream->lost == 0 ? NULL : inflight_oldest(inflight); flight != NULL;
         flight = inflight_newer(inflight, flight)) {
        if (flight->state == FLIGHT_LOST) {
            event->kind = EVENT_HANDED;
            event->flight = flight;
            event->token = upstream_token(upstream, flight);
            return true;
        }
    }
    upstream->lost = 0;
    for (uint32_t at = 0; upstream->refused > 0 && at < UPSTREAM_SOCKETS_MAX; at++) {
        if (upstream->ports[at].descriptor >= 0 && upstream->ports[at].refused) {
            give_up_port(upstream, at);
            return spread_on(upstream, path, event);
        }
    }
    upstream->refused = 0;
    return false;
}

/* Turn to the next port with something to read, false: there is none. */
static bool turn(struct upstream *upstream)
{
    struct reading *reading = &upstream->reading;
    struct port *port = reading->port == NO_PORT ? NULL : &upstream->ports[reading->port];
    const bool was_full = reading->count == upstream->limits.reads && reading->reads < READS;
    if (port != NULL && port->descriptor >= 0 && port->in_flight > 0 && was_full) {
        receive(upstream);
        return true;
    }
    wipe(upstream);
    reading->port = NO_PORT;
    if (!reading->polled) {
        reading->polled = true;
        const int count = epoll_wait(upstream->epoll, reading->ready, (int)upstream->limits.ports_read, 0);
        reading->ready_count = count > 0 ? (size_t)count : 0;
    }
    while (reading->ready_at < reading->ready_count) {
        const uint32_t number = reading->ready[reading->ready_at++].data.u32;
        if (number < UPSTREAM_SOCKETS_MAX && upstream->ports[number].descriptor >= 0) {
            reading->port = number;
            reading->reads = 0;
            receive(upstream);
            return true;
        }
    }
    return false;
}

bool upstream_next(struct upstream *upstream, struct hitpath *path, double now, struct upstream_event *event)
{
    struct reading *reading = &upstream->reading;
    if (reading->is_pending) {
        reading->is_pending = false;
        event->kind = reading->pending.kind;
        event->token = reading->pending.token;
        event->data = reading->pending.data;
        event->length = reading->pending.length;
        return true;
    }
    for (;;) {
        if (reading->spreads) {
            if (spread_on(upstream, path, event)) {
                return true;
            }
        } else if (reading->at < reading->count) {
            if (take(upstream, path, now, event)) {
                return true;
            }
        } else if (upstream->lost > 0 || upstream->refused > 0) {
            if (take_fault(upstream, path, event)) {
                return true;
            }
        } else if (!turn(upstream)) {
            late_send(&upstream->late);
            return false;
        }
    }
}
