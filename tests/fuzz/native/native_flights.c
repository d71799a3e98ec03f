/* Questions in flight, on a sequence of steps that the input describes: queries come, are held, leave, are answered well
 * or badly, are handed over, fall due; ports take them and end. The counts agree, and an answer is read to its end. */
#include "core/departure.h"
#include "core/landing.h"
#include "core/ports.h"
#include "input.h"
#include "lists.h"

enum { STEPS = 300, CELLS = 96, QUESTIONS = 6, WAITERS = 3, CLIENT_UDP_BYTES = 1232, PLACES = 16 };
enum { QUERIES = 40, ANSWERS = 48, DROPPED = 60, LIMITED = 61, LATENCY = 62, SUM = 73, MISSES = 74, PENDING = 75, ASKED = 76 };

struct world {
    struct hitpath *path;
    uint64_t cells[CELLS];
    struct client client;
    struct port port;
    double now;
};

static const uint8_t ADDRESS[] = {127, 0, 0, 1};

static size_t take_query(struct input *input, uint8_t *packet)
{
    struct wire name;
    take_name(input, &name);
    const uint64_t shape = take(input, 1);
    const uint8_t head[] = {0x12, (uint8_t)shape, 1, (uint8_t)(shape & 0x30), 0, 1, 0, 0, 0, 0, 0, shape & 1};
    size_t length = sizeof head;
    memcpy(packet, head, length);
    memcpy(packet + length, name.bytes, name.length);
    length += name.length;
    memcpy(packet + length, (uint8_t[]){0, shape & 2 ? 1 : (uint8_t)take(input, 1), 0, 1}, 4);
    length += 4;
    if (shape & 1) {
        const uint8_t cookie = shape & 4 ? 12 : 0;
        const uint8_t opt[] = {0, 0, 41, shape & 8 ? 2 : 8, 0, 0, 0, shape & 0x80, 0, 0, cookie};
        memcpy(packet + length, opt, sizeof opt);
        length += sizeof opt;
        memset(packet + length, 7, cookie);
        memcpy(packet + length, (uint8_t[]){0, 10, 0, 8}, cookie ? 4 : 0);
        length += cookie;
    }
    return length;
}

static void ask(struct input *input, struct world *world)
{
    uint8_t packet[512];
    struct hit hit = {.address = ADDRESS, .address_length = sizeof ADDRESS};
    hit.length = take_query(input, packet);
    uint8_t *own_packet = own(packet, hit.length), *out = malloc(HIT_ROOM);
    hit.packet = own_packet;
    hit_prepare(world->path, &hit, 1);
    const uint64_t before = world->cells[MISSES];
    if (hit_finish(world->path, &hit, world->now, 1000, out, HIT_ROOM) == HIT_MISS) {
        struct envelope envelope = {
            .packet = own_packet, .packet_bytes = hit.length, .address = ADDRESS, .address_bytes = sizeof ADDRESS,
            .name = packet, .name_bytes = take(input, 1) % (INFLIGHT_NAME_BYTES + 2),
            .source = packet, .source_bytes = take(input, 1) % (INFLIGHT_SOURCE_BYTES + 2), .asked = world->now,
        };
        const bool flies = departure(world->path, &hit, &envelope);
        MUST(world->cells[MISSES] == before + flies);
    }
    free(own_packet);
    free(out);
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
        }
    }
}

/* A response to a query: a good one, or with some bytes changed. */
static size_t take_response(struct input *input, const struct flight *flight, uint8_t *data)
{
    const size_t question = (size_t)flight->key_bytes - 1;
    size_t length = DNS_HEADER_BYTES + question;
    const uint64_t shape = take(input, 1), records = shape & 3;
    memcpy(data, flight->query, length);
    memcpy(data + 2, (uint8_t[]){0x81, (uint8_t)(0x80 | (shape & 4 ? 3 : 0)), 0, 1, 0, (uint8_t)records, 0, 0, 0, 0}, 10);
    for (uint64_t number = 0; number < records; number++) {
        const uint8_t record[] = {0xc0, 0x0c, 0, shape & 8 ? 1 : 16, 0, 1, 0, 0, 0, (uint8_t)take(input, 1), 0, 4, 1, 2, 3, 4};
        memcpy(data + length, record, sizeof record);
        length += sizeof record;
    }
    for (uint64_t changes = shape >> 6; changes > 0; changes--) {
        const uint64_t place = take(input, 2);
        data[place % length] = (uint8_t)take(input, 1);
    }
    return shape & 32 ? length - take(input, 1) % (length + 1) : length;
}

static void answer_all(struct world *world, struct flight *flight, struct landed *landed)
{
    const struct inflight *inflight = hit_flying(world->path)->inflight;
    for (const struct waiter *waiter = inflight_first(inflight, flight); waiter != NULL; waiter = inflight_next(inflight, waiter)) {
        uint8_t *out = malloc(HIT_ROOM);
        const size_t length = landing_render(world->path, landed, waiter, world->now, out);
        MUST(length >= DNS_HEADER_BYTES + 5 && length <= CLIENT_UDP_BYTES);
        MUST(memcmp(out, waiter->packet, 2) == 0);
        free(out);
    }
    landing_end(world->path, flight, landed);
}

static void respond(struct input *input, struct world *world)
{
    uint8_t data[1024];
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
    const size_t length = take_response(input, flight, data);
    uint8_t *came = own(data, length);
    struct landed landed;
    if (landing(world->path, flight, came, length, world->now, &landed)) {
        answer_all(world, flight, &landed);
        port_end(&world->port, slot);
    } else {
        slot->owner = SLOT_PYTHON;
        flying_hand_over(world->path, flight);
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
    struct wire name;
    switch (what % 8) {
    case 0:
    case 1:
        take_name(input, &name);
        memcpy(name.bytes + (name.length > 250 ? 250 : name.length), (uint8_t[]){0, 1, 0, 1, 0}, 5);
        if (what & 8) {
            flying_hold(world->path, name.bytes, name.length + 5, world->now);
        } else {
            flying_let_go(world->path, name.bytes, name.length + 5);
        }
        break;
    case 2:
        world->now += (double)take(input, 1) / 64;
        break;
    case 3:
        for (struct flight *flight; (flight = flying_due(world->path, world->now)) != NULL;) {
            if (flight->state == FLIGHT_FLYING) {
                world->port.slots[flight->slot].owner = SLOT_PYTHON;
            }
            flying_hand_over(world->path, flight);
        }
        break;
    case 4:
        MUST(flying_route(flying, &(struct route){.open = (what & 8) != 0, .room = what >> 4, .trust_ad = what & 16}));
        break;
    case 5:
        hit_enforce(world->path, enforced_new((int64_t)(what >> 3), 0.0, NULL, 0, 1));
        break;
    case 6:
        hit_use_cookie_secret(world->path, what & 8 ? (const uint8_t *)"0123456789abcdef" : NULL);
        break;
    default:
        renew_port(world, what);
    }
}

static void check(const struct world *world)
{
    const struct inflight *inflight = hit_flying(world->path)->inflight;
    size_t count = 0;
    double before = 0;
    for (struct flight *flight = inflight_oldest(inflight); flight != NULL; flight = inflight_newer(inflight, flight)) {
        MUST(flight->started >= before && flight->state != FLIGHT_HELD && flight->waiters >= 1);
        MUST(inflight_find(inflight, flight->place, flight->key, flight->key_bytes) == flight);
        before = flight->started;
        count++;
    }
    MUST(count == inflight_flying(inflight) && count == world->cells[PENDING]);
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
        .max_ttl = 200, .negative_ttl_max = 100, .upstream_udp_bytes = 1232,
    };
    struct zones *zones = zones_new(2);
    world->path = hitpath_new(&settings);
    MUST(zones != NULL && zones_add(zones, (const uint8_t *)"\1b", 3) && zones_add(zones, (const uint8_t *)"\2cc\1a", 6));
    MUST(!zones_add(zones, (const uint8_t *)"\1d", 3));
    zones_settle(zones);
    MUST(world->path != NULL && hit_fly(world->path, &rules, zones) && hit_open_door(world->path, 0, 0) == 0);
    client_open(&world->client, 0, 1, 1, 1, 0);
    MUST(hit_remember(world->path, 0, ADDRESS, sizeof ADDRESS, &world->client));
    hit_enforce(world->path, enforced_new(1, 0.0, NULL, 0, 1));
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
