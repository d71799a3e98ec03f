/* A hit path at work: each packet is answered, dropped or missed, and booked. */
#include "core/hitpath.h"

#include "core/hitpath_state.h"
#include "core/render.h"

enum { UDP = 0, MESSAGE_BYTES_MAX = 65535, HIT_US = 10, SMALLEST_LATENCY_CLASS = 0, NOERROR_CELL = 0 };

/* --- booking (resolver/core/counters.py) -------------------------------------------------------------------------- */

static inline void add(const struct hitpath *path, size_t cell, uint64_t more)
{
    path->settings.cells[cell] += more;
}

/* Over the limit, and nothing is said. */
static int drop(const struct hitpath *path)
{
    add(path, path->settings.rate_limited, 1);
    add(path, path->settings.dropped, 1);
    return HIT_DROP;
}

/* Over the limit, and told to come over TCP: an answer made here, without the cache. */
static void book_slip(const struct hitpath *path, uint8_t transport)
{
    const struct hitpath_settings *places = &path->settings;
    add(path, places->rate_limited, 1);
    add(path, places->queries + transport, 1);
    add(path, places->answers + NOERROR_CELL, 1);
    add(path, places->latency + SMALLEST_LATENCY_CLASS, 1);
    add(path, places->latency_sum, HIT_US);
}

/* A hit; `counts` is false for a self-test name, which is no block event. */
static void book_hit(const struct hitpath *path, uint8_t transport, const struct image *image, bool counts)
{
    if (path->settings.books_hits) {
        add(path, (size_t)transport * HIT_RCODE_CELLS + image->cell, 1);
    }
    if (image->event != 0 && image->event < path->settings.cell_count && counts) {
        add(path, image->event, 1);
    }
}

/* --- answering ---------------------------------------------------------------------------------------------------- */

static const struct image COME_OVER_TCP = {.sections = (const uint8_t *)"", .flags = DNS_QR | DNS_RA | DNS_TC};

/* A client whose budget is used up (Reception._receive_over_limit). MISS: on streams, which are refused beyond a budget
 * of their own; with a cookie, which may prove an address where we make them; and what must be read by other rules. */
static int over_limit(const struct hitpath *path, const struct hit *hit, uint8_t transport, uint8_t *out, size_t room)
{
    const struct query *query = &hit->query;
    if (transport != UDP) {
        return HIT_MISS;
    }
    if (!hit->client->admitted) { /* before it is even read: its address may be forged */
        (void)client_slip(hit->client);
        return drop(path);
    }
    const bool may_prove = hit->is_read && query->cookie != NULL && path->makes_cookies;
    if (!hit->is_read || may_prove || render_bytes(&COME_OVER_TCP, query, 0) > room) {
        return HIT_MISS;
    }
    if (!client_slip(hit->client)) {
        return drop(path);
    }
    book_slip(path, transport);
    render(&COME_OVER_TCP, query, NULL, 0, path->settings.client_udp_bytes, out);
    return (int)render_bytes(&COME_OVER_TCP, query, 0);
}

/* How an answer is found: kept, or by the list. */
struct found {
    const struct image *image;
    struct answer *kept; /* NULL: by the list */
    struct match match;
    bool stamps; /* the kept answer was decided under another list, and holds under this one too */
};

/* Find the answer. MISS (false): nothing is kept or it has ended, it must be decided again by more than the question,
 * the list says something other than yes or no, or the template of its yes is not there yet. */
static bool find(const struct hitpath *path, struct hit *hit, double now, struct found *found)
{
    const struct query *query = &hit->query;
    struct answer *kept = answers_at(&path->answers, hit->place, query->key, query->key_bytes);
    *found = (struct found){.kept = kept};
    if (kept != NULL && kept->generation == enforced_generation(path->lists)) {
        found->image = &kept->image;
        return now < kept->ends;
    }
    switch (enforced_decide(path->lists, query, hit->client->view, now, &found->match)) {
    case COURSE_OPEN:
        hit->is_open = kept == NULL;
        /* fall through */
    case COURSE_EXEMPT:
        if (kept == NULL || !kept->restampable || !(now < kept->ends)) {
            return false;
        }
        found->image = &kept->image;
        found->stamps = true;
        return true;
    case COURSE_BLOCK:
        found->kept = NULL; /* what was kept stays as it is: its use is not noted */
        found->image = enforced_verdict(path->lists, &found->match, hit->client->view, query->qtype);
        return found->image != NULL;
    case COURSE_OTHER:
        break;
    }
    return false;
}

/* The answer will be given: note all that this changes. */
static void settle(const struct hitpath *path, const struct hit *hit, struct found *found, uint8_t transport, double now)
{
    hit->client->left--;
    struct answer *kept = found->kept;
    book_hit(path, transport, found->image, kept != NULL || !found->match.test);
    if (kept == NULL) {
        enforced_mark(path->lists, &found->match);
        return;
    }
    if (found->stamps) {
        kept->generation = enforced_generation(path->lists);
    }
    if (kept->uses < ANSWER_USES_MAX) {
        kept->uses++;
    }
    answer_age(kept, now);
}

void hit_prepare(const struct hitpath *path, struct hit *hits, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        struct hit *hit = &hits[at];
        hit->client = NULL;
        if (hit->door >= path->door_count) {
            continue;
        }
        hit->place = host_hash(path, hit->address, hit->address_length);
        slots_prefetch(&path->tables[path->doors[hit->door].table], hit->place);
        hit->is_read = query_read(&hit->query, hit->packet, hit->length, path->settings.client_udp_bytes);
    }
    for (size_t at = 0; at < count; at++) {
        struct hit *hit = &hits[at];
        if (hit->door < path->door_count) {
            hit->client = slots_find(&path->tables[path->doors[hit->door].table], hit->place);
        }
        if (hit->client != NULL && hit->is_read) {
            const uint64_t plain = answers_hash(&path->answers, hit->query.key, hit->query.key_bytes);
            hit->place = answers_place(plain, hit->client->view);
            query_under(&hit->query, hit->client->view);
            slots_prefetch(&path->answers.slots, hit->place);
        }
    }
    for (size_t at = 0; count > 1 && at < count; at++) { /* one alone would only wait twice */
        if (hits[at].client != NULL && hits[at].is_read) {
            answers_prefetch(&path->answers, hits[at].place);
        }
    }
}

int hit_finish(struct hitpath *path, struct hit *hit, double now, uint32_t unix_time, uint8_t *out, size_t room)
{
    hit->is_open = false;
    if (hit->client == NULL) {
        return HIT_MISS;
    }
    const uint8_t transport = path->doors[hit->door].transport;
    if (!client_refill(hit->client, now)) {
        return over_limit(path, hit, transport, out, room);
    }
    struct found found;
    if (!hit->is_read || !hit->client->admitted || !find(path, hit, now, &found)) {
        return HIT_MISS;
    }
    const struct query *query = &hit->query;
    const size_t cookie_bytes = query->cookie != NULL && path->makes_cookies ? COOKIE_OPTION_BYTES : 0;
    const size_t bytes = render_bytes(found.image, query, cookie_bytes);
    if (bytes > room || bytes > (transport == UDP ? query->udp_bytes : MESSAGE_BYTES_MAX)) {
        return HIT_MISS; /* it has to be cut */
    }
    settle(path, hit, &found, transport, now);
    uint8_t cookie[COOKIE_OPTION_BYTES];
    if (cookie_bytes != 0) {
        cookie_write(path->cookie_secret, query->cookie, hit->address, hit->address_length, unix_time, cookie);
    }
    render(found.image, query, cookie, cookie_bytes, path->settings.client_udp_bytes, out);
    return (int)bytes;
}

int hit_answer(struct hitpath *path, unsigned door, const uint8_t *packet, size_t length, const uint8_t *address,
               size_t address_length, double now, uint32_t unix_time, uint8_t *out, size_t room)
{
    struct hit hit; /* most of it is set when it is read */
    hit.packet = packet;
    hit.length = length;
    hit.address = address;
    hit.address_length = address_length;
    hit.door = door;
    hit_prepare(path, &hit, 1);
    return hit_finish(path, &hit, now, unix_time, out, room);
}
