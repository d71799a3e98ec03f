#include "core/departure.h"

#include <stdlib.h>

#include "core/hitpath_state.h"
#include "core/upstream_query.h"

enum { UDP = 0 };

static bool fit(const struct hitpath *path, const struct flying_rules *rules)
{
    const size_t cells = path->settings.cell_count;
    return rules->misses < cells && rules->pending < cells && rules->upstream_queries < cells &&
           rules->upstreams <= cells - rules->upstream_queries && rules->upstreams <= FLYING_UPSTREAMS_MAX;
}

bool hit_fly(struct hitpath *path, const struct flying_rules *rules, struct zones *zones)
{
    struct flying *flying = path->flying == NULL && fit(path, rules) ? calloc(1, sizeof *flying) : NULL;
    struct inflight *inflight = flying == NULL ? NULL : inflight_new(rules->questions, rules->waiters);
    if (inflight == NULL) {
        free(flying);
        return false;
    }
    *flying = (struct flying){.rules = *rules, .inflight = inflight, .zones = zones};
    path->flying = flying;
    return true;
}

void flying_free(struct flying *flying)
{
    if (flying != NULL) {
        inflight_free(flying->inflight);
        zones_free(flying->zones);
        free(flying);
    }
}

struct flying *hit_flying(struct hitpath *path)
{
    return path->flying;
}

bool flying_route(struct flying *flying, const struct route *route)
{
    if (route->open && route->upstream >= flying->rules.upstreams) {
        return false;
    }
    flying->route = *route;
    return true;
}

/* --- a question leaves -------------------------------------------------------------------------------------------- */

/* Bytes that the sections of an answer to this client may have; 0 also where there is room for none. */
static uint16_t spare_of(const struct query *query)
{
    const unsigned taken = query->question_end + (query->has_opt ? (unsigned)DNS_OPT_BYTES : 0u);
    return query->udp_bytes > taken ? (uint16_t)(query->udp_bytes - taken) : 0;
}

/* Open the question; NULL: it is Python's. */
static struct flight *open_flight(struct hitpath *path, const struct hit *hit, double now)
{
    struct flying *flying = path->flying;
    struct inflight *inflight = flying->inflight;
    if (!flying->route.open || inflight_flying(inflight) >= flying->route.room || !inflight_has_room(inflight) ||
        zones_cover(flying->zones, hit->query.key, hit->query.name_bytes)) {
        return NULL;
    }
    struct flight *flight =
        inflight_open(inflight, hit->place, hit->query.key, hit->query.key_bytes, FLIGHT_WAITING, now);
    if (flight != NULL) {
        flight->upstream = flying->route.upstream;
        flight->trust_ad = flying->route.trust_ad;
        flight->generation = enforced_generation(path->lists);
    }
    return flight;
}

static void book(struct hitpath *path, const struct hit *hit)
{
    hit->client->left--;
    path->settings.cells[path->settings.queries + UDP]++;
    path->settings.cells[path->flying->rules.misses]++;
}

static void book_opened(struct hitpath *path, const struct flight *flight)
{
    const struct flying_rules *rules = &path->flying->rules;
    path->settings.cells[rules->pending]++;
    path->settings.cells[rules->upstream_queries + flight->upstream]++;
    path->flying->departed++;
}

bool departure(struct hitpath *path, const struct hit *hit, struct envelope *envelope)
{
    if (path->flying == NULL || !hit->is_open || hit->client->view != 0 || path->doors[hit->door].transport != UDP) {
        return false;
    }
    struct inflight *inflight = path->flying->inflight;
    const struct query *query = &hit->query;
    struct flight *flight = inflight_find(inflight, hit->place, query->key, query->key_bytes);
    const bool is_new = flight == NULL;
    if (is_new) {
        flight = open_flight(path, hit, envelope->asked);
    }
    if (flight == NULL || flight->state == FLIGHT_HELD) {
        return false;
    }
    envelope->spare = spare_of(query);
    envelope->wants_cookie = query->cookie != NULL;
    if (!inflight_join(inflight, flight, envelope)) {
        if (is_new) {
            inflight_close(inflight, flight);
        }
        return false;
    }
    book(path, hit);
    if (is_new) {
        book_opened(path, flight);
    }
    return true;
}

size_t departure_drawn(const struct flight *flight)
{
    return 2 + (size_t)flight->key_bytes - KEY_TAIL_BYTES; /* the id, and one for each byte of the name */
}

void departure_write(const struct flying *flying, struct flight *flight, const uint8_t *drawn)
{
    const uint8_t bits = flight->key[flight->key_bytes - 1];
    const uint16_t size = flying->rules.upstream_udp_bytes;
    const uint8_t opt[DNS_OPT_BYTES] = {
        0, 0, DNS_TYPE_OPT, (uint8_t)(size >> 8), (uint8_t)size, 0, 0, (bits & 2) != 0 ? DNS_OPT_DO >> 8 : 0, 0, 0, 0};
    const struct upstream_form form = {
        .opt = opt,
        .opt_bytes = sizeof opt,
        .flags = (uint16_t)(DNS_RD | DNS_AD | ((bits & 1) != 0 ? DNS_CD : 0)),
        .mixed_case = true,
    };
    flight->query_bytes = (uint16_t)upstream_query_write(flight->query, flight->key, flight->key_bytes - 1u, drawn, &form);
}

/* --- and is Python's ---------------------------------------------------------------------------------------------- */

void flying_lost(struct hitpath *path, struct flight *flight)
{
    flight->state = FLIGHT_LOST;
    path->settings.cells[path->flying->rules.upstream_queries + flight->upstream]--;
}

void flying_hand_over(struct hitpath *path, struct flight *flight)
{
    inflight_hand_over(path->flying->inflight, flight);
    path->settings.cells[path->flying->rules.pending]--;
}

static uint64_t place_of(const struct hitpath *path, const uint8_t *key, size_t key_bytes)
{
    return answers_place(answers_hash(&path->answers, key, key_bytes), 0);
}

static bool is_key(size_t key_bytes)
{
    return key_bytes > KEY_TAIL_BYTES && key_bytes <= KEY_BYTES_MAX;
}

struct flight *flying_find(struct hitpath *path, const uint8_t *key, size_t key_bytes)
{
    if (!is_key(key_bytes)) {
        return NULL;
    }
    return inflight_find(path->flying->inflight, place_of(path, key, key_bytes), key, key_bytes);
}

void flying_hold(struct hitpath *path, const uint8_t *key, size_t key_bytes, double now)
{
    if (is_key(key_bytes) && flying_find(path, key, key_bytes) == NULL) {
        (void)inflight_open(path->flying->inflight, place_of(path, key, key_bytes), key, key_bytes, FLIGHT_HELD, now);
    }
}

void flying_let_go(struct hitpath *path, const uint8_t *key, size_t key_bytes)
{
    struct flight *flight = flying_find(path, key, key_bytes);
    if (flight != NULL && flight->state == FLIGHT_HELD) {
        inflight_close(path->flying->inflight, flight);
    }
}

struct flight *flying_due(struct hitpath *path, double now)
{
    struct flight *flight = inflight_oldest(path->flying->inflight);
    return flight != NULL && flight->started + path->flying->rules.first_retry <= now ? flight : NULL;
}
