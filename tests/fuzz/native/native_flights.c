/* Questions in flight, on a sequence of steps that the input describes: queries come, are held, leave, are answered well
 * or badly, are handed over, recalled, fall due; ports take them and end. What flies may, who waits does so once and for
 * what was asked, all counts agree, answers say what the upstream did for as long as it did, and what ends is wiped. */
#include "core/departure.h"
#include "core/landing.h"
#include "core/ports.h"
#include "input.h"
#include "messages.h"

enum { STEPS = 300, CELLS = 96, QUESTIONS = 6, WAITERS = 7, CLIENT_UDP_BYTES = 1232, MAX_TTL = 200, NEGATIVE_MAX = 100 };
enum { MOST_WAITERS = QUESTIONS * INFLIGHT_WAITERS_EACH }; /* fewer than would be of use: the pool runs dry */
enum { QUERIES = 40, ANSWERS = 48, DROPPED = 60, LIMITED = 61, LATENCY = 62, SUM = 73, MISSES = 74, PENDING = 75, ASKED = 76 };

struct world {
    struct hitpath *path;
    uint64_t cells[CELLS];
    struct client client, other;
    struct port port;
    double now;
    uint64_t flown, opened, lost, told, microseconds; /* what was seen, for the counters */
    size_t waiting; /* places of waiters in use */
};

static const uint8_t ADDRESS[] = {127, 0, 0, 1};
static const uint8_t OTHER_ADDRESS[] = {127, 0, 0, 2}; /* of another view */

static void check_answer(const uint8_t *answer, size_t length, const uint8_t *packet)
{
    const struct walked walked = walk(answer, length);
    MUST(memcmp(answer, packet, 2) == 0 && walked.end == length && length <= CLIENT_UDP_BYTES);
    MUST((walked.flags & (DNS_QR | DNS_RA | DNS_TC | DNS_OPCODE | 0x0440)) == (DNS_QR | DNS_RA)); /* nor AA, nor Z */
    MUST(walked.highest <= MAX_TTL && !walked.leads_away);
}

/* Whether a key is of a name in one of the zones of `open_world`. */
static bool is_special(const uint8_t *key, size_t key_bytes)
{
    const size_t name = key_bytes - KEY_TAIL_BYTES;
    return (name >= 3 && memcmp(key + name - 3, "\1b", 3) == 0) || (name >= 6 && memcmp(key + name - 6, "\2cc\1a", 6) == 0);
}

/* What `departure` is to say, from all that decides it. */
static bool may_fly(const struct world *world, const struct hit *hit, const struct envelope *envelope)
{
    const struct flying *flying = hit_flying(world->path);
    const struct query *query = &hit->query;
    if (!hit->is_open || hit->client->view != 0 || hit->door != 0 || world->waiting == MOST_WAITERS ||
        envelope->name_bytes > INFLIGHT_NAME_BYTES || envelope->source_bytes > INFLIGHT_SOURCE_BYTES) {
        return false;
    }
    MUST(answers_find(hit_answers(world->path), query->key, query->key_bytes) == NULL);
    MUST(query->qtype != DNS_TYPE_DS && query->qtype != DNS_TYPE_DNSKEY && query->qtype < DNS_TYPE_TKEY);
    const struct flight *flight = inflight_find(flying->inflight, hit->place, query->key, query->key_bytes);
    if (flight != NULL) {
        return flight->state != FLIGHT_HELD && flight->waiters < WAITERS;
    }
    return flying->route.open && inflight_flying(flying->inflight) < flying->route.room &&
           inflight_has_room(flying->inflight) && !is_special(query->key, query->key_bytes);
}

static void ask_once(struct world *world, const uint8_t *packet, size_t length, uint64_t who)
{
    const bool is_other = (who & 0x70) == 0x70;
    struct hit hit = {.address = is_other ? OTHER_ADDRESS : ADDRESS, .address_length = sizeof ADDRESS, .door = who == 1};
    hit.length = length;
    uint8_t *own_packet = own(packet, length), *out = malloc(HIT_ROOM);
    hit.packet = own_packet;
    hit_prepare(world->path, &hit, 1, world->now);
    const size_t before = inflight_flying(hit_flying(world->path)->inflight);
    const int answer = hit_finish(world->path, &hit, world->now, 1000, out, HIT_ROOM);
    if (answer == HIT_MISS) {
        struct envelope envelope = {
            .packet = own_packet, .packet_bytes = hit.length, .address = hit.address, .address_bytes = sizeof ADDRESS,
            .name = packet, .name_bytes = who & 8 ? INFLIGHT_NAME_BYTES + (who >> 7) : 16,
            .source = packet, .source_bytes = who & 4 ? INFLIGHT_SOURCE_BYTES + (who >> 7) : 0, .asked = world->now,
        };
        const bool may = may_fly(world, &hit, &envelope), flies = departure(world->path, &hit, &envelope);
        const size_t opened = inflight_flying(hit_flying(world->path)->inflight) - before;
        MUST(flies == may && opened <= flies);
        world->flown += flies;
        world->waiting += flies;
        world->opened += opened;
    } else {
        check_answer(out, (size_t)answer, packet);
    }
    free(own_packet);
    free(out);
}

static void ask(struct input *input, struct world *world)
{
    uint8_t packet[512];
    const uint64_t who = take(input, 1);
    const size_t length = take_query(input, packet);
    for (int left = who & 2 ? WAITERS + 1 : 1; left > 0; left--) {
        ask_once(world, packet, length, who);
    }
}

/* Give each that waits its query and a place on the port, or none. */
static void depart(struct input *input, struct world *world)
{
    struct inflight *inflight = hit_flying(world->path)->inflight;
    for (struct flight *flight = inflight_first_waiting(inflight); flight != NULL; flight = inflight_newer(inflight, flight)) {
        uint8_t drawn[2 + 255];
        MUST(departure_drawn(flight) <= sizeof drawn);
        memset(drawn, (int)take(input, 1), sizeof drawn);
        drawn[1] = (uint8_t)take(input, 1);
        departure_write(hit_flying(world->path), flight, drawn);
        const uint16_t id = (uint16_t)(drawn[0] << 8 | drawn[1]);
        if (port_takes(&world->port, id, world->now)) {
            flight->slot = port_ask(&world->port, id, inflight_number(inflight, flight));
            flight->state = FLIGHT_FLYING;
        } else {
            flying_lost(world->path, flight);
            world->lost++;
        }
    }
}

/* Those who wait for a question, and that nothing of them is left when they wait no more. */
struct crowd {
    const struct waiter *waiters[MOST_WAITERS];
    size_t count;
};

static void add_crowd(struct crowd *crowd, const struct inflight *inflight, const struct flight *flight)
{
    const size_t before = crowd->count;
    const struct waiter *waiter = inflight_first(inflight, flight);
    for (; waiter != NULL; waiter = inflight_next(inflight, waiter)) {
        for (size_t at = 0; at < crowd->count; at++) {
            MUST(crowd->waiters[at] != waiter);
        }
        MUST(crowd->count < MOST_WAITERS);
        crowd->waiters[crowd->count++] = waiter;
    }
    MUST(crowd->count - before == flight->waiters && flight->waiters <= WAITERS);
}

static void must_be_zero(const uint8_t *bytes, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        MUST(bytes[at] == 0);
    }
}

static void check_wiped(const struct crowd *crowd)
{
    for (size_t at = 0; at < crowd->count; at++) {
        must_be_zero(crowd->waiters[at]->packet, sizeof crowd->waiters[at]->packet);
        must_be_zero(crowd->waiters[at]->address, sizeof crowd->waiters[at]->address);
        must_be_zero(crowd->waiters[at]->name, sizeof crowd->waiters[at]->name);
        must_be_zero(crowd->waiters[at]->source, sizeof crowd->waiters[at]->source);
    }
}

static void hand_over(struct world *world, struct flight *flight)
{
    struct crowd crowd = {.count = 0};
    add_crowd(&crowd, hit_flying(world->path)->inflight, flight);
    if (flight->state == FLIGHT_FLYING) {
        world->port.slots[flight->slot].owner = SLOT_PYTHON;
    }
    flying_hand_over(world->path, flight);
    MUST(flight->state == FLIGHT_HELD && flight->waiters == 0);
    world->waiting -= crowd.count;
    check_wiped(&crowd);
    must_be_zero(flight->query, sizeof flight->query);
}

/* Tell all who wait what `data` says; `walked` is what stands there. */
static void answer_all(struct world *world, struct flight *flight, struct landed *landed, struct walked walked, bool trust_ad)
{
    const struct inflight *inflight = hit_flying(world->path)->inflight;
    struct answers *answers = hit_answers(world->path);
    uint8_t key[KEY_BYTES_MAX];
    const size_t key_bytes = flight->key_bytes;
    struct crowd crowd = {.count = 0};
    add_crowd(&crowd, inflight, flight);
    memcpy(key, flight->key, key_bytes);
    for (size_t at = 0; at < crowd.count; at++) {
        uint8_t *out = malloc(HIT_ROOM);
        const struct waiter *waiter = crowd.waiters[at];
        const size_t length = landing_render(world->path, landed, waiter, world->now, out);
        const struct walked said = walk(out, length);
        struct query query;
        check_answer(out, length, waiter->packet);
        MUST(query_read(&query, waiter->packet, waiter->packet_bytes, CLIENT_UDP_BYTES) && length <= query.udp_bytes);
        MUST(((said.flags ^ walked.flags) & DNS_RCODE) == 0 && said.records == walked.records);
        MUST(said.counts[0] == walked.counts[0] && said.counts[1] == walked.counts[1]);
        MUST(!(said.flags & DNS_AD) || (trust_ad && (walked.flags & DNS_AD)));
        MUST(said.lowest <= walked.lowest && said.highest <= walked.highest);
        world->microseconds += (uint64_t)((world->now - waiter->asked) * 1e6);
        world->told++;
        free(out);
    }
    landing_end(world->path, flight, landed);
    world->waiting -= crowd.count;
    check_wiped(&crowd);
    must_be_zero(flight->query, sizeof flight->query);
    must_be_zero(flight->key, sizeof flight->key);
    MUST(flying_find(world->path, key, key_bytes) == NULL);
    MUST((answers_find(answers, key, key_bytes) != NULL) == (landed->seconds > 0));
}

static void check_landing(const struct flight *flight, const struct landed *landed, struct walked walked, int64_t generation)
{
    const bool is_negative = (walked.flags & DNS_RCODE) != 0 || walked.counts[0] == 0;
    MUST(flight->generation == generation && !walked.leads_away && !(walked.flags & DNS_TC));
    MUST(walked.highest < 0x80000000u && (walked.records == 0 ? landed->seconds == 0 : landed->seconds <= walked.lowest));
    MUST(landed->seconds <= MAX_TTL && !(is_negative && landed->seconds > NEGATIVE_MAX));
    MUST(!(is_negative && walked.counts[1] == 0 && landed->seconds > 0)); /* no SOA */
}

static void respond(struct input *input, struct world *world)
{
    uint8_t data[4096];
    const uint64_t place = take(input, 1);
    if (world->port.asked == 0) {
        return;
    }
    struct port_slot *slot = &world->port.slots[place % world->port.asked];
    if (slot->owner != SLOT_FLIGHT) {
        port_end(&world->port, slot);
        return;
    }
    struct flight *flight = inflight_at(hit_flying(world->path)->inflight, slot->flight);
    MUST(flight != NULL && flight->state == FLIGHT_FLYING && port_find(&world->port, slot->id) == slot);
    const size_t length = take_response(input, flight->query, flight->key_bytes - 1u, data);
    uint8_t *came = own(data, length);
    struct landed landed;
    if (landing(world->path, flight, came, length, world->now, &landed)) {
        const struct walked walked = walk(came, length);
        check_landing(flight, &landed, walked, enforced_generation(hit_lists(world->path)));
        answer_all(world, flight, &landed, walked, flight->trust_ad);
        port_end(&world->port, slot);
    } else {
        hand_over(world, flight);
        MUST(slot->owner == SLOT_PYTHON);
    }
    free(came);
}

static void renew_port(struct world *world, uint64_t what)
{
    if (world->port.in_flight == 0) {
        world->port = (struct port){.left = (uint16_t)(what >> 3), .until = world->now + 5};
    }
}

/* What Python does: holds, lets go, takes what is due or lost, publishes routes, has lists and secrets. */
static void change(struct input *input, struct world *world, uint64_t what)
{
    struct flying *flying = hit_flying(world->path);
    struct flight *flight;
    struct wire name;
    switch (what % 8) {
    case 0:
    case 1:
        take_name(input, &name);
        memcpy(name.bytes + (name.length > 250 ? 250 : name.length), (uint8_t[]){0, 1, 0, 1, 0}, 5);
        flight = flying_find(world->path, name.bytes, name.length + 5);
        if (what & 1) {
            flight = what & 0x10 ? inflight_oldest(flying->inflight) : flight;
            if (flight != NULL && flight->state != FLIGHT_HELD) {
                hand_over(world, flight);
            }
        } else if (what & 8) {
            flying_hold(world->path, name.bytes, name.length + 5, world->now);
        } else {
            flying_let_go(world->path, name.bytes, name.length + 5);
            const bool is_gone = flying_find(world->path, name.bytes, name.length + 5) == NULL;
            MUST(flight == NULL ? is_gone : is_gone == (flight->state == FLIGHT_NO));
        }
        break;
    case 2:
        world->now += (double)take(input, 1) / 64;
        break;
    case 3:
        while ((flight = flying_due(world->path, world->now)) != NULL) {
            hand_over(world, flight);
        }
        break;
    case 4:
        MUST(flying_route(flying, &(struct route){.open = (what & 8) != 0, .room = what >> 4, .trust_ad = (what & 16) != 0}));
        break;
    case 5:
        hit_enforce(world->path, enforced_new((int64_t)(what >> 3), 0.0, NULL, 0, 2));
        break;
    case 6:
        hit_use_cookie_secret(world->path, what & 8 ? (const uint8_t *)"0123456789abcdef" : NULL);
        break;
    default:
        renew_port(world, what);
    }
}

/* Who waits asked this very question. */
static void check_crowd(const struct crowd *crowd, size_t from, const struct flight *flight)
{
    for (; from < crowd->count; from++) {
        struct query query;
        MUST(query_read(&query, crowd->waiters[from]->packet, crowd->waiters[from]->packet_bytes, CLIENT_UDP_BYTES));
        MUST(query.key_bytes == flight->key_bytes && memcmp(query.key, flight->key, query.key_bytes) == 0);
    }
}

static uint64_t sum(const struct world *world, size_t first, size_t count)
{
    uint64_t all = 0;
    for (size_t at = 0; at < count; at++) {
        all += world->cells[first + at];
    }
    return all;
}

static void check(const struct world *world)
{
    const struct inflight *inflight = hit_flying(world->path)->inflight;
    struct crowd crowd = {.count = 0};
    size_t count = 0;
    double before = 0;
    for (struct flight *flight = inflight_oldest(inflight); flight != NULL; flight = inflight_newer(inflight, flight)) {
        const size_t from = crowd.count;
        MUST(flight->started >= before && flight->state != FLIGHT_HELD && flight->waiters >= 1);
        MUST(inflight_find(inflight, flight->place, flight->key, flight->key_bytes) == flight);
        MUST(!is_special(flight->key, flight->key_bytes));
        add_crowd(&crowd, inflight, flight);
        check_crowd(&crowd, from, flight);
        before = flight->started;
        count++;
    }
    MUST(count == inflight_flying(inflight) && count == world->cells[PENDING] && count <= QUESTIONS);
    MUST(crowd.count == world->waiting);
    MUST(world->cells[MISSES] == world->flown && world->cells[ASKED] == world->opened - world->lost);
    MUST(hit_flying(world->path)->departed == world->opened && world->cells[SUM] == world->microseconds);
    MUST(sum(world, ANSWERS, HIT_RCODE_CELLS) == world->told && sum(world, LATENCY, SUM - LATENCY) == world->told);
}

static void open_world(struct world *world)
{
    const struct hitpath_settings settings = {
        .cells = world->cells, .cell_count = CELLS, .queries = QUERIES, .answers = ANSWERS, .dropped = DROPPED,
        .rate_limited = LIMITED, .latency = LATENCY, .latency_sum = SUM, .client_udp_bytes = CLIENT_UDP_BYTES,
        .books_hits = true, .hosts_max = 6,
    };
    const struct flying_rules rules = {
        .questions = QUESTIONS, .waiters = WAITERS, .misses = MISSES, .pending = PENDING, .upstream_queries = ASKED,
        .upstreams = 1, .first_retry = 0.25, .prefetch = true, .prefetch_ttl_min = 10, .prefetch_share = 0.1,
        .max_ttl = MAX_TTL, .negative_ttl_max = NEGATIVE_MAX, .upstream_udp_bytes = 1232,
    };
    struct zones *zones = zones_new(2);
    world->path = hitpath_new(&settings);
    MUST(zones != NULL && zones_add(zones, (const uint8_t *)"\1b", 3) && zones_add(zones, (const uint8_t *)"\2cc\1a", 6));
    MUST(!zones_add(zones, (const uint8_t *)"\1d", 3));
    zones_settle(zones);
    MUST(world->path != NULL && hit_fly(world->path, &rules, zones) && hit_open_door(world->path, 0, 0) == 0);
    MUST(hit_open_door(world->path, 1, 0) == 1);
    client_open(&world->client, 0, 1, 1, 1, 0);
    client_open(&world->other, 0, 1, 1, 1, 0);
    world->other.view = 1;
    MUST(hit_remember(world->path, 0, ADDRESS, sizeof ADDRESS, &world->client));
    MUST(hit_remember(world->path, 0, OTHER_ADDRESS, sizeof OTHER_ADDRESS, &world->other));
    hit_enforce(world->path, enforced_new(1, 0.0, NULL, 0, 2));
    MUST(flying_route(hit_flying(world->path), &(struct route){.open = true, .room = QUESTIONS}));
    world->now = 1;
    renew_port(world, 127 << 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct world world = {0};
    open_world(&world);
    for (int step = 0; step < STEPS && input.left > 0; step++) {
        const uint64_t what = take(&input, 1);
        if (what & 0x80) {
            ask(&input, &world);
            if (what & 0x40) {
                depart(&input, &world);
            }
        } else if (what & 0x40) {
            depart(&input, &world);
            respond(&input, &world);
        } else {
            change(&input, &world, what);
        }
        check(&world);
    }
    hitpath_free(world.path);
    return 0;
}
