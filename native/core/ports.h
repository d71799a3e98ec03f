/* One of our UDP ports to an upstream: which ids it was asked with, and whose they are.
 *
 * An id is used once on a port: a late answer to a query nobody waits for is known as one, and taken for no other's
 * (resolver/edge/serving/upstream_udp.py, UdpPort). The socket is the edge's.
 */
#ifndef MAMORI_CORE_PORTS_H
#define MAMORI_CORE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PORT_QUERIES_MAX = 127 };

enum slot_owner { SLOT_DONE, SLOT_FLIGHT, SLOT_PYTHON };

struct port_slot {
    uint16_t id;
    uint8_t owner;
    uint32_t flight; /* of SLOT_FLIGHT: its number */
};

struct port {
    int descriptor; /* -1: this is no port */
    uint32_t serial; /* no two ports of one worker have the same, but after 2^32 */
    uint8_t upstream;
    bool retired; /* takes no more queries, and closes with the last of those in flight */
    bool refused; /* the network has said that nobody hears */
    uint16_t asked, in_flight, left, strange;
    double until; /* monotonic seconds */
    struct port_slot slots[PORT_QUERIES_MAX];
};

/* The slot of an id; NULL: the port was never asked with it. */
struct port_slot *port_find(struct port *port, uint16_t id);

/* Whether one more query may go out by this port. */
bool port_takes(struct port *port, uint16_t id, double now);

/* Note a query that `port_takes`; the number of its slot. */
uint8_t port_ask(struct port *port, uint16_t id, uint32_t flight);

/* Nobody waits for this one any more. */
void port_end(struct port *port, struct port_slot *slot);

/* Take no more queries. */
void port_retire(struct port *port);

/* Whether its socket is of no use any more. */
bool port_is_over(const struct port *port);

#endif
