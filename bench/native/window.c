#include "window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct window open_window(uint32_t count)
{
    struct window window = {.count = count, .available = count};
    if (count == 0 || count > WINDOW_MOST || (count & (count - 1)) != 0) {
        fprintf(stderr, "the window must be a power of two up to %d\n", WINDOW_MOST);
        exit(2);
    }
    window.slots = calloc(count, sizeof *window.slots);
    window.ring = calloc(count, sizeof *window.ring);
    if (window.slots == NULL || window.ring == NULL) {
        fputs("no memory for the window\n", stderr);
        exit(1);
    }
    for (uint32_t at = 0; at < count; at++) {
        window.ring[at] = (uint16_t)at;
        window.slots[at].id = (uint16_t)at;
    }
    return window;
}

struct slot *window_take(struct window *window, const struct question *asked, uint64_t now_ns)
{
    if (window->available == 0) return NULL;
    struct slot *slot = &window->slots[window->ring[window->head]];
    window->head = (window->head + 1) & (window->count - 1);
    window->available--;
    slot->id = (uint16_t)(slot->id + window->count);
    slot->asked = asked;
    slot->sent_ns = now_ns;
    slot->is_timed = 1;
    memcpy(slot->wire, asked->wire, asked->length);
    slot->wire[0] = (uint8_t)(slot->id >> 8);
    slot->wire[1] = (uint8_t)slot->id;
    return slot;
}

struct slot *window_find(struct window *window, uint16_t id)
{
    struct slot *slot = &window->slots[id & (window->count - 1)];
    return slot->sent_ns != 0 && slot->id == id ? slot : NULL;
}

void window_release(struct window *window, struct slot *slot)
{
    slot->sent_ns = 0;
    window->ring[(window->head + window->available) & (window->count - 1)] = (uint16_t)(slot - window->slots);
    window->available++;
}

uint32_t window_expire(struct window *window, uint64_t before_ns)
{
    uint32_t expired = 0;
    for (uint32_t at = 0; at < window->count; at++) {
        struct slot *slot = &window->slots[at];
        if (slot->sent_ns == 0 || slot->sent_ns >= before_ns) continue;
        window_release(window, slot);
        expired++;
    }
    return expired;
}
