#include "core/landing.h"

#include <math.h>

#include "core/hitpath_state.h"
#include "core/plain_response.h"
#include "core/render.h"

/* resolver/core/counters.py, LATENCY_BOUNDS_US. */
static const int64_t LATENCY_BOUNDS_US[] = {100, 1000, 3000, 10000, 30000, 100000, 300000, 1000000, 3000000};
enum { LATENCY_BOUNDS = sizeof LATENCY_BOUNDS_US / sizeof LATENCY_BOUNDS_US[0] };

static uint32_t smaller(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

/* plain_lifetime (resolver/core/plain.py), in seconds. */
static uint32_t lifetime(const struct flying_rules *rules, const struct plain_response *response)
{
    uint32_t ttl = response->lowest;
    if (response->is_negative) {
        ttl = response->has_soa ? smaller(ttl, smaller(response->minimum, rules->negative_ttl_max)) : 0;
    }
    if (ttl == 0) {
        return 0;
    }
    return smaller(ttl > rules->min_ttl ? ttl : rules->min_ttl, rules->max_ttl);
}

/* NativeHitPath._put_body: the moment from which Python looks at the answer first. The same doubles in the same order. */
static double looked_at(const struct flying_rules *rules, double stored, uint32_t seconds)
{
    const double until = stored + seconds, life = until - stored;
    double look = until;
    if (rules->prefetch && life >= rules->prefetch_ttl_min) {
        const double share = life * rules->prefetch_share;
        look = stored + floor(life - (share > 1.0 ? share : 1.0));
    }
    const double due = until < stored + 1 ? until : stored + 1;
    look = look > due ? look : due;
    return look < until ? look : until;
}

/* Whether each who waits takes an answer as large as this. */
static bool all_take(const struct hitpath *path, const struct flight *flight, size_t sections_bytes)
{
    const struct inflight *inflight = path->flying->inflight;
    for (const struct waiter *waiter = inflight_first(inflight, flight); waiter != NULL;
         waiter = inflight_next(inflight, waiter)) {
        const size_t cookie = waiter->wants_cookie && path->makes_cookies ? COOKIE_OPTION_BYTES : 0;
        if (sections_bytes + cookie > waiter->spare) {
            return false;
        }
    }
    return true;
}

static void fill(struct answer_source *source, const struct plain_response *response, const struct flight *flight,
                 uint32_t max_ttl, uint32_t seconds, struct ttl ttls[PLAIN_RECORDS_MAX])
{
    const uint32_t ceiling = response->is_negative ? seconds : max_ttl;
    for (size_t at = 0; at < response->records; at++) {
        ttls[at] = (struct ttl){response->ttls[at].offset, smaller(response->ttls[at].seconds, ceiling)};
    }
    source->ttls = ttls;
    source->ttl_count = response->records;
    source->flags = (uint16_t)(DNS_QR | DNS_RA | (flight->trust_ad ? response->flags & DNS_AD : 0));
    source->rcode = response->flags & DNS_RCODE;
    for (size_t section = 0; section < 3; section++) {
        source->counts[section] = response->counts[section];
    }
}

bool landing(struct hitpath *path, struct flight *flight, const uint8_t *data, size_t length, double now,
             struct landed *landed)
{
    const struct flying *flying = path->flying;
    struct plain_response response;
    struct ttl ttls[PLAIN_RECORDS_MAX];
    if (length > flying->rules.upstream_udp_bytes || flight->generation != enforced_generation(path->lists) ||
        !plain_response_read(&response, data, length, flight->query, flight->key_bytes - 1u)) {
        return false;
    }
    struct answer_source source = {
        .key = flight->key,
        .key_bytes = flight->key_bytes,
        .sections = data + response.start,
        .sections_bytes = (size_t)response.end - response.start,
        .options = data,
        .stored = now,
        .generation = flight->generation,
        .shown_ttl_max = UINT32_MAX,
        .restampable = true,
    };
    if (!all_take(path, flight, source.sections_bytes)) {
        return false;
    }
    landed->seconds = lifetime(&flying->rules, &response);
    source.ends = looked_at(&flying->rules, now, landed->seconds);
    fill(&source, &response, flight, flying->rules.max_ttl, landed->seconds, ttls);
    if (answers_put(&path->answers, &source) != ANSWERS_KEPT) {
        return false;
    }
    struct answer *answer = answers_at(&path->answers, flight->place, flight->key, flight->key_bytes);
    answer_age(answer, now);
    landed->answer = answer;
    return true;
}

/* Counters.book_answer. */
static void book(const struct hitpath *path, const struct image *image, double waited)
{
    uint64_t *cells = path->settings.cells;
    const int64_t microseconds = waited > 0.0 ? (int64_t)(waited * 1e6) : 0;
    size_t class = 0;
    while (class < LATENCY_BOUNDS && microseconds > LATENCY_BOUNDS_US[class]) {
        class++;
    }
    cells[path->settings.answers + image->cell]++;
    cells[path->settings.latency + class]++;
    cells[path->settings.latency_sum] += (uint64_t)microseconds;
}

size_t landing_render(struct hitpath *path, const struct landed *landed, const struct waiter *waiter, double now,
                      uint8_t *out)
{
    struct query query;
    const struct image *image = &landed->answer->image;
    book(path, image, now - waiter->asked);
    if (!query_read(&query, waiter->packet, waiter->packet_bytes, path->settings.client_udp_bytes)) {
        return 0; /* it was read when it came */
    }
    uint8_t cookie[COOKIE_OPTION_BYTES];
    const size_t cookie_bytes = waiter->wants_cookie && path->makes_cookies ? COOKIE_OPTION_BYTES : 0;
    if (cookie_bytes != 0) {
        cookie_write(path->cookie_secret, query.cookie, waiter->address, waiter->address_bytes, waiter->unix_time,
                     cookie);
    }
    render(image, &query, cookie, cookie_bytes, path->settings.client_udp_bytes, out);
    return render_bytes(image, &query, cookie_bytes);
}

void landing_end(struct hitpath *path, struct flight *flight, const struct landed *landed)
{
    if (landed->seconds == 0) {
        answers_discard(&path->answers, flight->key, flight->key_bytes);
    }
    inflight_close(path->flying->inflight, flight);
    path->settings.cells[path->flying->rules.pending]--;
}
