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
    bool stamps; /* the kept answer was decided under another list, and holds under this one too */
};

/* Let the lists decide these, at most DECISIONS_MAX. */
static void decide(const struct hitpath *path, struct hit *const *hits, size_t count, double now)
{
    struct decision decisions[DECISIONS_MAX];
    for (size_t at = 0; at < count; at++) {
        decisions[at].query = &hits[at]->query;
        decisions[at].view = hits[at]->client->view;
    }
    enforced_decide(path->lists, decisions, count, now);
    for (size_t at = 0; at < count; at++) {
        hits[at]->is_decided = true;
        hits[at]->course = decisions[at].course;
        if (hits[at]->course == COURSE_BLOCK) {
            hits[at]->match = decisions[at].match;
        }
    }
}

/* Whether what is kept answers without the lists. */
static inline bool holds(const struct hitpath *path, const struct answer *kept)
{
    return kept != NULL && kept->generation == enforced_generation(path->lists);
}

/* Find the answer. MISS (false): nothing is kept or it has ended, it must be decided again by more than the question,
 * the list says something other than yes or no, or the template of its yes is not there yet. */
static bool find(const struct hitpath *path, struct hit *hit, double now, struct found *found)
{
    struct answer *kept = hit->kept;
    *found = (struct found){.kept = kept};
    if (holds(path, kept)) {
        found->image = &kept->image;
        return now < kept->ends;
    }
    if (!hit->is_decided) {
        decide(path, &hit, 1, now);
    }
    switch (hit->course) {
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
        found->image = enforced_verdict(path->lists, &hit->match, hit->client->view, hit->query.qtype);
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
    book_hit(path, transport, found->image, kept != NULL || !hit->match.test);
    if (kept == NULL) {
        enforced_mark(path->lists, &hit->match);
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

/* Read each packet, and ask for where its client stands. */
static void read_packets(const struct hitpath *path, struct hit *hits, size_t count)
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
}

/* Find each client, and ask for where what is kept of its question stands. */
static void find_clients(const struct hitpath *path, struct hit *hits, size_t count)
{
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
}

static inline bool is_asked(const struct hit *hit)
{
    return hit->client != NULL && hit->is_read;
}

/* Whether it is worth while to ask the lists in advance. Who may be over the limit is not to cause work by that. */
static inline bool is_to_be_decided(const struct hitpath *path, const struct hit *hit)
{
    const struct client *client = hit->client;
    return !holds(path, hit->kept) && client->admitted && (client->left > 0 || !client->limited);
}

/* Find what is kept, and let the lists decide the rest, many at once. */
static void find_answers(const struct hitpath *path, struct hit *hits, size_t count, double now)
{
    struct hit *undecided[DECISIONS_MAX];
    size_t some = 0;
    for (size_t at = 0; at < count; at++) {
        struct hit *hit = &hits[at];
        if (!is_asked(hit)) {
            continue;
        }
        hit->is_decided = false;
        hit->kept = answers_at(&path->answers, hit->place, hit->query.key, hit->query.key_bytes);
        if (is_to_be_decided(path, hit)) {
            undecided[some++] = hit;
        }
        if (some == DECISIONS_MAX) {
            decide(path, undecided, some, now);
            some = 0;
        }
    }
    if (some > 0) {
        decide(path, undecided, some, now);
    }
}

void hit_prepare(const struct hitpath *path, struct hit *hits, size_t count, double now)
{
    read_packets(path, hits, count);
    find_clients(path, hits, count);
    for (size_t at = 0; count > 1 && at < count; at++) { /* one alone would only wait twice */
        if (is_asked(&hits[at])) {
            answers_prefetch(&path->answers, hits[at].place);
        }
    }
    find_answers(path, hits, count, now);
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
    hit_prepare(path, &hit, 1, now);
    return hit_finish(path, &hit, now, unix_time, out, room);
}
