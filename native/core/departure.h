/* A question that was missed, nobody has decided otherwise about, and an upstream in good health may answer: C asks it.
 *
 * The twin of the plain way through Resolution._ask and Asking.start. Python publishes a route while it would send each
 * such question to the same upstream anyway; whatever is special is a miss, as without a route (docs/adr/0055).
 */
#ifndef MAMORI_CORE_DEPARTURE_H
#define MAMORI_CORE_DEPARTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hitpath.h"
#include "core/inflight.h"
#include "core/zones.h"

enum { FLYING_UPSTREAMS_MAX = 255 };

/* What holds for all questions of one configuration; seconds, and places among the counters. */
struct flying_rules {
    size_t questions, waiters;
    size_t misses, pending, upstream_queries, upstreams;
    double first_retry; /* a question without an answer is Python's from then on */
    double prefetch_ttl_min, prefetch_share;
    uint32_t min_ttl, max_ttl, negative_ttl_max;
    uint16_t upstream_udp_bytes;
    bool prefetch;
};

/* Which upstream is asked, up to how many questions at once. */
struct route {
    bool open, trust_ad;
    uint8_t upstream;
    size_t room;
};

struct flying {
    struct flying_rules rules;
    struct route route;
    struct inflight *inflight;
    struct zones *zones; /* names in there are Python's */
    uint64_t departed;   /* questions sent since Python asked */
};

/* Let questions fly, once. Takes ownership of the zones if that succeeds; false: no memory, or a bound or a place is
 * outside its range. */
bool hit_fly(struct hitpath *path, const struct flying_rules *rules, struct zones *zones);

/* NULL before `hit_fly`. */
struct flying *hit_flying(struct hitpath *path);

/* Publish a route; false: no such upstream. */
bool flying_route(struct flying *flying, const struct route *route);

/* Take up what `hit_finish` has missed: join the question in flight, or open it (FLIGHT_WAITING, found by
 * `inflight_oldest` and on), and book the miss. False: nothing has changed, it is Python's. The envelope's `spare` and
 * `wants_cookie` are set here. */
bool departure(struct hitpath *path, const struct hit *hit, struct envelope *envelope);

/* Write the query of an open question: `drawn` has as many random bytes as `departure_drawn` says. */
size_t departure_drawn(const struct flight *flight);
void departure_write(const struct flying *flying, struct flight *flight, const uint8_t *drawn);

/* It could not be sent: it is no query of that upstream. */
void flying_lost(struct hitpath *path, struct flight *flight);

/* Python has it from now on; it no longer counts among those of C. */
void flying_hand_over(struct hitpath *path, struct flight *flight);

/* A question in flight by its whole key, NULL for none; and the keys of those that Python has. */
struct flight *flying_find(struct hitpath *path, const uint8_t *key, size_t key_bytes);
void flying_hold(struct hitpath *path, const uint8_t *key, size_t key_bytes, double now);
void flying_let_go(struct hitpath *path, const uint8_t *key, size_t key_bytes);

/* The oldest that C carries, if Python is to try again by now; NULL for none. */
struct flight *flying_due(struct hitpath *path, double now);

#endif
