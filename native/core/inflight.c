#include "core/inflight.h"

#include <stdlib.h>
#include <string.h>

/* A place of the table: what stands there, or INFLIGHT_NONE. */
struct entry {
    uint32_t tag; /* the upper half of the hash: a look at the flight itself is needed for the right one only */
    uint32_t flight;
};

/* Things that were given back, and how many were ever given: beyond these lies memory that nobody has touched. */
struct pool {
    uint32_t given_back, fresh, most;
};

struct inflight {
    size_t questions, waiters_of_one;
    struct flight *flights;
    struct waiter *waiters;
    struct entry *table;
    size_t mask;
    struct pool flight_pool, waiter_pool;
    uint32_t oldest, newest;
    size_t used, flying;
};

struct inflight *inflight_new(size_t questions, size_t waiters_of_one)
{
    if (questions == 0 || questions > INFLIGHT_QUESTIONS_MAX || waiters_of_one == 0) {
        return NULL;
    }
    struct inflight *inflight = calloc(1, sizeof *inflight);
    if (inflight == NULL) {
        return NULL;
    }
    const size_t flights = questions + INFLIGHT_HELD_MORE, waiters = questions * INFLIGHT_WAITERS_EACH;
    size_t places = 64;
    while (places < 2 * flights) {
        places *= 2;
    }
    inflight->questions = questions;
    inflight->waiters_of_one = waiters_of_one;
    inflight->mask = places - 1;
    inflight->flights = calloc(flights, sizeof *inflight->flights);
    inflight->waiters = calloc(waiters, sizeof *inflight->waiters);
    inflight->table = malloc(places * sizeof *inflight->table);
    if (inflight->flights == NULL || inflight->waiters == NULL || inflight->table == NULL) {
        inflight_free(inflight);
        return NULL;
    }
    memset(inflight->table, 0xff, places * sizeof *inflight->table);
    inflight->flight_pool = (struct pool){INFLIGHT_NONE, 0, (uint32_t)flights};
    inflight->waiter_pool = (struct pool){INFLIGHT_NONE, 0, (uint32_t)waiters};
    inflight->oldest = inflight->newest = INFLIGHT_NONE;
    return inflight;
}

void inflight_free(struct inflight *inflight)
{
    if (inflight != NULL) {
        if (inflight->flights != NULL) {
            explicit_bzero(inflight->flights, inflight->flight_pool.fresh * sizeof *inflight->flights);
        }
        if (inflight->waiters != NULL) {
            explicit_bzero(inflight->waiters, inflight->waiter_pool.fresh * sizeof *inflight->waiters);
        }
        free(inflight->flights);
        free(inflight->waiters);
        free(inflight->table);
        free(inflight);
    }
}

size_t inflight_flying(const struct inflight *inflight)
{
    return inflight->flying;
}

bool inflight_has_room(const struct inflight *inflight)
{
    return inflight->used < inflight->questions;
}

uint32_t inflight_number(const struct inflight *inflight, const struct flight *flight)
{
    return (uint32_t)(flight - inflight->flights);
}

struct flight *inflight_at(const struct inflight *inflight, uint32_t number)
{
    return number < inflight->flight_pool.fresh ? &inflight->flights[number] : NULL;
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

static size_t home_of(const struct inflight *inflight, uint64_t place)
{
    return (size_t)place & inflight->mask;
}

/* Where the flight stands, or the free place that ends the search. */
static size_t seek(const struct inflight *inflight, uint64_t place, const uint8_t *key, size_t key_bytes)
{
    const uint32_t tag = (uint32_t)(place >> 32);
    size_t at = home_of(inflight, place);
    for (;; at = (at + 1) & inflight->mask) { /* at most half of the places are taken */
        const struct entry entry = inflight->table[at];
        if (entry.flight == INFLIGHT_NONE) {
            return at;
        }
        const struct flight *flight = &inflight->flights[entry.flight];
        if (entry.tag == tag && flight->key_bytes == key_bytes && memcmp(flight->key, key, key_bytes) == 0) {
            return at;
        }
    }
}

/* Free a place; those behind it move up, so that every search still ends well. */
static void vacate(struct inflight *inflight, size_t hole)
{
    for (size_t at = (hole + 1) & inflight->mask;; at = (at + 1) & inflight->mask) {
        const struct entry entry = inflight->table[at];
        if (entry.flight == INFLIGHT_NONE) {
            break;
        }
        const size_t home = home_of(inflight, inflight->flights[entry.flight].place);
        if (((at - home) & inflight->mask) >= ((at - hole) & inflight->mask)) {
            inflight->table[hole] = entry;
            hole = at;
        }
    }
    inflight->table[hole].flight = INFLIGHT_NONE;
}

struct flight *inflight_find(const struct inflight *inflight, uint64_t place, const uint8_t *key, size_t key_bytes)
{
    const struct entry entry = inflight->table[seek(inflight, place, key, key_bytes)];
    return entry.flight == INFLIGHT_NONE ? NULL : &inflight->flights[entry.flight];
}

/* --- the order ---------------------------------------------------------------------------------------------------- */

static void queue(struct inflight *inflight, struct flight *flight)
{
    const uint32_t number = inflight_number(inflight, flight);
    flight->older = inflight->newest;
    flight->newer = INFLIGHT_NONE;
    if (inflight->newest == INFLIGHT_NONE) {
        inflight->oldest = number;
    } else {
        inflight->flights[inflight->newest].newer = number;
    }
    inflight->newest = number;
    inflight->flying++;
}

static void unqueue(struct inflight *inflight, struct flight *flight)
{
    if (flight->older == INFLIGHT_NONE) {
        inflight->oldest = flight->newer;
    } else {
        inflight->flights[flight->older].newer = flight->newer;
    }
    if (flight->newer == INFLIGHT_NONE) {
        inflight->newest = flight->older;
    } else {
        inflight->flights[flight->newer].older = flight->older;
    }
    inflight->flying--;
}

struct flight *inflight_oldest(const struct inflight *inflight)
{
    return inflight->oldest == INFLIGHT_NONE ? NULL : &inflight->flights[inflight->oldest];
}

struct flight *inflight_first_waiting(const struct inflight *inflight)
{
    struct flight *first = NULL;
    for (uint32_t at = inflight->newest; at != INFLIGHT_NONE; at = first->older) {
        if (inflight->flights[at].state != FLIGHT_WAITING) {
            break;
        }
        first = &inflight->flights[at];
    }
    return first;
}

struct flight *inflight_newer(const struct inflight *inflight, const struct flight *flight)
{
    return flight->newer == INFLIGHT_NONE ? NULL : &inflight->flights[flight->newer];
}

/* --- questions ---------------------------------------------------------------------------------------------------- */

struct flight *inflight_open(struct inflight *inflight, uint64_t place, const uint8_t *key, size_t key_bytes,
                             enum flight_state state, double started)
{
    struct pool *pool = &inflight->flight_pool;
    if (key_bytes <= KEY_TAIL_BYTES || key_bytes > KEY_BYTES_MAX ||
        (pool->given_back == INFLIGHT_NONE && pool->fresh == pool->most)) {
        return NULL;
    }
    uint32_t number = pool->given_back;
    if (number == INFLIGHT_NONE) {
        number = pool->fresh++;
    } else {
        pool->given_back = inflight->flights[number].newer;
    }
    struct flight *flight = &inflight->flights[number];
    memset(flight, 0, offsetof(struct flight, key));
    flight->started = flight->sent = started;
    flight->place = place;
    flight->state = (uint8_t)state;
    flight->first = flight->last = INFLIGHT_NONE;
    flight->key_bytes = (uint16_t)key_bytes;
    memcpy(flight->key, key, key_bytes);
    inflight->table[seek(inflight, place, key, key_bytes)] = (struct entry){(uint32_t)(place >> 32), number};
    inflight->used++;
    if (state != FLIGHT_HELD) {
        queue(inflight, flight);
    }
    return flight;
}

static void release_waiters(struct inflight *inflight, struct flight *flight)
{
    uint32_t number = flight->first;
    while (number != INFLIGHT_NONE) {
        struct waiter *waiter = &inflight->waiters[number];
        const uint32_t next = waiter->next;
        explicit_bzero(waiter->name, sizeof waiter->name);
        explicit_bzero(waiter->source, sizeof waiter->source);
        explicit_bzero(waiter->address, sizeof waiter->address);
        explicit_bzero(waiter->packet, waiter->packet_bytes);
        waiter->next = inflight->waiter_pool.given_back;
        inflight->waiter_pool.given_back = number;
        number = next;
    }
    flight->first = flight->last = INFLIGHT_NONE;
    flight->waiters = 0;
}

void inflight_hand_over(struct inflight *inflight, struct flight *flight)
{
    unqueue(inflight, flight);
    release_waiters(inflight, flight);
    explicit_bzero(flight->query, flight->query_bytes);
    flight->state = FLIGHT_HELD;
}

void inflight_close(struct inflight *inflight, struct flight *flight)
{
    if (flight->state != FLIGHT_HELD) {
        inflight_hand_over(inflight, flight);
    }
    vacate(inflight, seek(inflight, flight->place, flight->key, flight->key_bytes));
    explicit_bzero(flight->key, flight->key_bytes);
    flight->key_bytes = 0;
    flight->state = FLIGHT_NO;
    flight->newer = inflight->flight_pool.given_back;
    inflight->flight_pool.given_back = inflight_number(inflight, flight);
    inflight->used--;
}

/* --- who waits ---------------------------------------------------------------------------------------------------- */

static bool fits(const struct envelope *envelope)
{
    return envelope->packet_bytes <= INFLIGHT_PACKET_BYTES && envelope->address_bytes <= INFLIGHT_ADDRESS_BYTES &&
           envelope->name_bytes <= INFLIGHT_NAME_BYTES && envelope->source_bytes <= INFLIGHT_SOURCE_BYTES;
}

static void copy(struct waiter *waiter, const struct envelope *envelope)
{
    waiter->next = INFLIGHT_NONE;
    waiter->unix_time = envelope->unix_time;
    waiter->asked = envelope->asked;
    waiter->door = envelope->door;
    waiter->spare = envelope->spare;
    waiter->wants_cookie = envelope->wants_cookie;
    waiter->packet_bytes = (uint16_t)envelope->packet_bytes;
    waiter->address_bytes = (uint8_t)envelope->address_bytes;
    waiter->name_bytes = (uint8_t)envelope->name_bytes;
    waiter->source_bytes = (uint8_t)envelope->source_bytes;
    memcpy(waiter->packet, envelope->packet, envelope->packet_bytes);
    memcpy(waiter->address, envelope->address, envelope->address_bytes);
    memcpy(waiter->name, envelope->name, envelope->name_bytes);
    if (envelope->source_bytes != 0) {
        memcpy(waiter->source, envelope->source, envelope->source_bytes);
    }
}

bool inflight_join(struct inflight *inflight, struct flight *flight, const struct envelope *envelope)
{
    struct pool *pool = &inflight->waiter_pool;
    if (!fits(envelope) || flight->waiters >= inflight->waiters_of_one ||
        (pool->given_back == INFLIGHT_NONE && pool->fresh == pool->most)) {
        return false;
    }
    uint32_t number = pool->given_back;
    if (number == INFLIGHT_NONE) {
        number = pool->fresh++;
    } else {
        pool->given_back = inflight->waiters[number].next;
    }
    copy(&inflight->waiters[number], envelope);
    if (flight->last == INFLIGHT_NONE) {
        flight->first = number;
    } else {
        inflight->waiters[flight->last].next = number;
    }
    flight->last = number;
    flight->waiters++;
    return true;
}

const struct waiter *inflight_first(const struct inflight *inflight, const struct flight *flight)
{
    return flight->first == INFLIGHT_NONE ? NULL : &inflight->waiters[flight->first];
}

const struct waiter *inflight_next(const struct inflight *inflight, const struct waiter *waiter)
{
    return waiter->next == INFLIGHT_NONE ? NULL : &inflight->waiters[waiter->next];
}
