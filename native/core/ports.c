#include "core/ports.h"

struct port_slot *port_find(struct port *port, uint16_t id)
{
    for (size_t at = 0; at < port->asked; at++) {
        if (port->slots[at].id == id) {
            return &port->slots[at];
        }
    }
    return NULL;
}

bool port_takes(struct port *port, uint16_t id, double now)
{
    return port->left > 0 && port->asked < PORT_QUERIES_MAX && now < port->until && port_find(port, id) == NULL;
}

uint8_t port_ask(struct port *port, uint16_t id, uint32_t flight)
{
    const uint8_t number = (uint8_t)port->asked++;
    port->slots[number] = (struct port_slot){.id = id, .owner = SLOT_FLIGHT, .flight = flight};
    port->in_flight++;
    port->left--;
    return number;
}

void port_end(struct port *port, struct port_slot *slot)
{
    if (slot->owner != SLOT_DONE) {
        slot->owner = SLOT_DONE;
        port->in_flight--;
    }
}

void port_retire(struct port *port)
{
    port->retired = true;
    port->left = 0;
}

bool port_is_over(const struct port *port)
{
    return port->retired && port->in_flight == 0;
}
