/* Questions in flight: those that C carries, with who waits for them, and the keys of those that Python does.
 *
 * All memory is made once; a place is touched when it is first needed. What a client sent is wiped when nobody waits for
 * it any more. Bounds and meaning are those of resolver/core/pending.py, but that the clients of a question that flies
 * are of one view. No socket, no clock, no Python.
 */
#ifndef MAMORI_CORE_INFLIGHT_H
#define MAMORI_CORE_INFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/reader.h"

enum {
    INFLIGHT_QUESTIONS_MAX = 65536,
    INFLIGHT_HELD_MORE = 256,   /* places for Python's beyond the bound: it may be over it for a moment */
    INFLIGHT_WAITERS_EACH = 3,  /* places for clients, for each question there may be; with none left: a miss */
    INFLIGHT_PACKET_BYTES = 328, /* the longest there is: header, question, OPT, a cookie of 40 bytes */
    INFLIGHT_ADDRESS_BYTES = 16,
    INFLIGHT_NAME_BYTES = 28,    /* a sockaddr */
    INFLIGHT_SOURCE_BYTES = 40,  /* a control message */
    INFLIGHT_QUERY_BYTES = DNS_HEADER_BYTES + DNS_NAME_BYTES_MAX + 4 + DNS_OPT_BYTES,
};
#define INFLIGHT_NONE UINT32_MAX

_Static_assert(INFLIGHT_PACKET_BYTES >= INFLIGHT_QUERY_BYTES + 4 + COOKIE_BYTES_MAX, "any query that is read has room");

/* Whoever waits, as the edge knows it: borrowed until it is copied. Lengths are checked by `inflight_join`. */
struct envelope {
    const uint8_t *packet, *address, *name, *source;
    size_t packet_bytes, address_bytes, name_bytes, source_bytes;
    unsigned door;
    double asked;       /* monotonic seconds */
    uint32_t unix_time; /* the same moment, for a server cookie */
    uint16_t spare;     /* bytes that the sections of its answer may have, a cookie not counted */
    bool wants_cookie;
};

struct waiter {
    uint32_t next;
    uint32_t unix_time;
    double asked;
    uint32_t door;
    uint16_t packet_bytes, spare;
    uint8_t address_bytes, name_bytes, source_bytes;
    bool wants_cookie;
    _Alignas(8) uint8_t source[INFLIGHT_SOURCE_BYTES];
    _Alignas(8) uint8_t name[INFLIGHT_NAME_BYTES];
    uint8_t address[INFLIGHT_ADDRESS_BYTES];
    uint8_t packet[INFLIGHT_PACKET_BYTES];
};

enum flight_state {
    FLIGHT_NO,
    FLIGHT_HELD,    /* Python's: nothing is known but the key */
    FLIGHT_WAITING, /* to be sent at the end of the batch */
    FLIGHT_FLYING,
    FLIGHT_LOST, /* it could not be sent */
};

struct flight {
    double started, sent; /* monotonic seconds */
    int64_t generation;   /* of the list it is open under */
    uint64_t place;       /* the hash of its key */
    uint32_t older, newer; /* of those that C carries, by `started` */
    uint32_t first, last, waiters;
    uint32_t port; /* places in the edge's ports */
    uint8_t slot;
    uint8_t upstream;
    uint8_t state;
    bool trust_ad; /* of the upstream */
    uint16_t key_bytes, query_bytes;
    uint8_t key[KEY_ROOM]; /* of view 0 */
    uint8_t query[INFLIGHT_QUERY_BYTES]; /* as it was sent */
};

struct inflight;

/* NULL: no memory, or bounds outside their ranges. */
struct inflight *inflight_new(size_t questions, size_t waiters_of_one);
void inflight_free(struct inflight *inflight);

/* Questions that C carries. */
size_t inflight_flying(const struct inflight *inflight);

/* Whether a question may be opened by C: there is room beside all that are in flight. */
bool inflight_has_room(const struct inflight *inflight);

/* The question under a key, NULL when none is in flight. */
struct flight *inflight_find(const struct inflight *inflight, uint64_t place, const uint8_t *key, size_t key_bytes);

/* Add one that is not there: FLIGHT_HELD or FLIGHT_WAITING. NULL: no room, or no key. */
struct flight *inflight_open(struct inflight *inflight, uint64_t place, const uint8_t *key, size_t key_bytes,
                             enum flight_state state, double started);

/* Let a client wait; false: it is of no good size, or there is no room. */
bool inflight_join(struct inflight *inflight, struct flight *flight, const struct envelope *envelope);

/* The first who waits, and the one behind; NULL for none. */
const struct waiter *inflight_first(const struct inflight *inflight, const struct flight *flight);
const struct waiter *inflight_next(const struct inflight *inflight, const struct waiter *waiter);

/* Python has it from now on: nobody waits here. */
void inflight_hand_over(struct inflight *inflight, struct flight *flight);

/* It is over. */
void inflight_close(struct inflight *inflight, struct flight *flight);

/* The oldest that C carries, the oldest of those that wait to be sent, and the one behind; NULL for none. */
struct flight *inflight_oldest(const struct inflight *inflight);
struct flight *inflight_first_waiting(const struct inflight *inflight);
struct flight *inflight_newer(const struct inflight *inflight, const struct flight *flight);

/* By number, as the edge notes it. The number of an open one is below `INFLIGHT_QUESTIONS_MAX + INFLIGHT_HELD_MORE`. */
uint32_t inflight_number(const struct inflight *inflight, const struct flight *flight);
struct flight *inflight_at(const struct inflight *inflight, uint32_t number);

#endif
