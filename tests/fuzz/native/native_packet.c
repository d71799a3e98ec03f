/* The packet function on a state and a sequence of steps that the input describes: kept answers, templates, lists,
 * clients, cookies and the time change, and packets come, well-formed or not. An answer is read to its last byte. */
#include <math.h>

#include "core/cookies.h"
#include "core/hitpath.h"
#include "input.h"
#include "lists.h"

enum { LISTS = 2, VIEWS = 3, CLIENTS = 5, DOORS = 5, CELLS = 96, STEPS = 300, ENTRIES = 4, MOST = 70000, FRESH = 3 };
enum { CLIENT_UDP_BYTES = 1232, QUERIES = 40, ANSWERS = 48, DROPPED = 60, LIMITED = 61, LATENCY = 62, SUM = 63, EVENT = 70 };

struct world {
    struct hitpath *path;
    uint64_t *cells;
    struct client clients[CLIENTS];
    uint8_t *marks;
    uint64_t *hits;
    int64_t generation;
    double now;
};

static struct token_table tables[LISTS];

/* Two lists over names of one or two small labels: one blocks, with a test entry and one for all types; both exempt. */
int LLVMFuzzerInitialize(int *count, char ***words);
int LLVMFuzzerInitialize(int *count, char ***words)
{
    static uint8_t rooms[LISTS][SECTION_ROOM(ENTRIES, 1)] __attribute__((aligned(8)));
    static const uint8_t *const names[] = {(const uint8_t *)"\1a", (const uint8_t *)"\1b\1a", (const uint8_t *)"\2bb",
                                           (const uint8_t *)"\3ccc"};
    static const uint16_t words_of[] = {511 << 7, 511 << 7 | TOKEN_TEST, 511 << 7 | TOKEN_ALL_TYPES, 1 << 7};
    (void)count, (void)words;
    for (uint32_t list = 0; list < LISTS; list++) {
        uint8_t key[32] = {(uint8_t)list}, records[ENTRIES][TOKEN_RECORD_BYTES], exempt[TOKEN_BYTES];
        struct blake2b_keyed hash;
        blake2b_key(&hash, key, sizeof key);
        for (size_t number = 0; number < ENTRIES; number++) {
            const uint8_t *name = names[(number + list) % ENTRIES];
            token_of(&hash, number & 1 ? 'H' : 'D', name, strlen((const char *)name) + 1, records[number]);
            records[number][TOKEN_BYTES] = (uint8_t)(words_of[number] >> 8);
            records[number][TOKEN_BYTES + 1] = (uint8_t)words_of[number];
        }
        qsort(records, ENTRIES, TOKEN_RECORD_BYTES, by_token);
        token_of(&hash, 'H', (const uint8_t *)"\1c\1a", 5, exempt);
        const uint32_t fresh[] = {0, 2, 3};
        const size_t length = write_section(rooms[list], fresh, FRESH, records[0], ENTRIES, exempt, 1);
        MUST(token_table_open(&tables[list], rooms[list], length, 0, key, 0, FRESH, ENTRIES, 1) == NULL);
    }
    return 0;
}

/* --- what changes the state ---------------------------------------------------------------------------------------- */

/* Well-formed records owned by QNAME; returns their bytes. */
static size_t take_records(struct input *input, uint8_t *at, struct ttl *ttls, size_t count)
{
    size_t length = 0;
    const size_t rdata = take(input, 1) % 60;
    for (size_t number = 0; number < count; number++) {
        const uint8_t head[] = {0xc0, 0x0c, 0, (uint8_t)take(input, 1), 0, 1};
        const uint32_t seconds = (uint32_t)take(input, 2);
        memcpy(at + length, head, sizeof head);
        ttls[number] = (struct ttl){(uint32_t)(length + sizeof head), seconds};
        memset(at + length + sizeof head, 0, 5 + rdata); /* the TTL is written as it ages */
        at[length + sizeof head + 5] = (uint8_t)rdata;
        memset(at + length + sizeof head + 6, (int)number, rdata);
        length += sizeof head + 6 + rdata;
    }
    return length;
}

/* An answer or a template; sections and options are written to `room`. */
static struct answer_source take_source(struct input *input, const struct world *world, uint8_t *room, struct ttl *ttls)
{
    const uint64_t shape = take(input, 1);
    const size_t records = shape % 8 == 7 ? take(input, 1) % 64 : shape % 8;
    const size_t sections = take_records(input, room, ttls, records);
    const size_t options = (shape >> 3 & 3) * 6;
    for (size_t at = 0; at < options; at += 6) {
        memcpy(room + sections + at, "\0\17\0\2\0\21", 6);
    }
    return (struct answer_source){
        .sections = room, .sections_bytes = sections, .options = room + sections, .options_bytes = options,
        .ttls = ttls, .ttl_count = records, .counts = {(uint16_t)records},
        .stored = world->now, .ends = shape & 0x80 ? INFINITY : world->now + (double)take(input, 1),
        .generation = world->generation, .shown_ttl_max = shape & 0x40 ? 30 : 86400,
        .flags = (uint16_t)(DNS_QR | DNS_RA | (shape & 0x20 ? DNS_AD : 0)), .rcode = (uint16_t)(take(input, 1) & 0x1f),
        .event = shape & 0x40 ? EVENT : 0, .restampable = (shape & 0x20) != 0,
    };
}

static void put_answer(struct input *input, struct world *world)
{
    uint8_t room[64 * 80 + 32];
    struct ttl ttls[64];
    struct wire name;
    take_name(input, &name);
    uint8_t key[KEY_BYTES_MAX];
    const uint64_t tail = take(input, 2);
    memcpy(key, name.bytes, name.length);
    memcpy(key + name.length, (uint8_t[]){0, (uint8_t)(tail >> 8), 0, 1, (uint8_t)((tail & 3) | (tail >> 2 & 3) << 2)}, 5);
    struct answer_source source = take_source(input, world, room, ttls);
    source.key = key;
    source.key_bytes = name.length + KEY_TAIL_BYTES;
    if (tail & 0x80) {
        answers_discard(hit_answers(world->path), source.key, source.key_bytes);
    } else {
        const enum answers_put_result result = answers_put(hit_answers(world->path), &source);
        MUST(result == (source.sections_bytes + source.options_bytes > ANSWER_BYTES_MAX ? ANSWERS_TOO_LARGE : ANSWERS_KEPT));
    }
}

/* A new list in force: its views, its templates, and whether somebody watches. */
static void enforce(struct input *input, struct world *world)
{
    const uint64_t shape = take(input, 2);
    const struct token_table *both[] = {&tables[0], &tables[1]};
    const size_t lists = shape % (LISTS + 1);
    struct enforced *made = enforced_new(++world->generation, 1e3, both, lists, VIEWS);
    MUST(made != NULL);
    for (size_t view = 0; view < VIEWS; view++) {
        const uint32_t orders[][LISTS] = {{0, 1}, {1, 0}};
        MUST(enforced_set_view(made, view, orders[shape >> 8 & 1], lists == LISTS && view < 2 ? LISTS : 0));
    }
    hit_enforce(world->path, made);
    for (uint64_t more = shape >> 2 & 7; more > 0; more--) {
        uint8_t room[64 * 80 + 32];
        struct ttl ttls[64];
        const uint64_t place = take(input, 1);
        const struct answer_source source = take_source(input, world, room, ttls);
        const int is_place = lists > place / 9 % 3 && source.sections_bytes + source.options_bytes <= ANSWER_BYTES_MAX;
        MUST(enforced_put_verdict(made, place % VIEWS, place / 9 % 3, place / 3 % 3, &source) == is_place);
    }
    if (shape & 0x40) {
        const uint64_t firsts[] = {0, FRESH};
        MUST(enforced_watch(made, world->marks, LISTS * FRESH, world->hits, lists, firsts, lists));
    }
}

static void address_of(uint64_t number, uint8_t address[16], size_t *length)
{
    memset(address, 0, 16);
    address[0] = (uint8_t)number;
    address[10] = address[11] = number & 4 ? 0xff : 0; /* ::ffff:0:0/96 with it, where the rest is nought */
    *length = number & 8 ? 16 : 4;
}

static void change(struct input *input, struct world *world, uint64_t what)
{
    uint8_t address[16], secret[COOKIE_SECRET_BYTES];
    size_t length;
    switch (what % 8) {
    case 0:
    case 1:
        put_answer(input, world);
        break;
    case 2:
        enforce(input, world);
        break;
    case 3:
        address_of(take(input, 1) & 0xf, address, &length);
        MUST(hit_remember(world->path, (uint32_t)(what >> 3 & 1), address, length, &world->clients[(what >> 4) % CLIENTS]));
        break;
    case 4:
        world->now += (double)take(input, 2) / 16;
        break;
    case 5:
        memset(secret, (int)what, sizeof secret);
        hit_use_cookie_secret(world->path, what & 8 ? secret : NULL);
        break;
    case 6:
        hit_forget(world->path, (uint32_t)(what >> 3 & 3));
        break;
    default:
        world->clients[(what >> 3) % CLIENTS].view = (uint8_t)take(input, 1) % CLIENT_VIEWS;
        break;
    }
}

/* --- packets ------------------------------------------------------------------------------------------------------- */

/* A query as clients send them, with a byte changed here and there; or anything. Returns its length. */
static size_t take_packet(struct input *input, uint8_t *packet)
{
    const uint64_t shape = take(input, 1);
    if ((shape & 0xc0) == 0xc0) {
        size_t length = take(input, 1) + (shape & 0x3f) * 8;
        const uint8_t *bytes = take_bytes(input, &length);
        memcpy(packet, bytes, length);
        return length;
    }
    struct wire name;
    take_name(input, &name);
    const uint64_t flags = take(input, 1);
    const uint8_t head[] = {0x12, 0x34, 1, (uint8_t)(flags & 0x30), 0, 1, 0, 0, 0, 0, 0, shape & 1};
    size_t length = sizeof head;
    memcpy(packet, head, length);
    for (size_t at = 0; at < name.length; at++) {
        const uint8_t byte = name.bytes[at];
        packet[length++] = shape & 2 && byte >= 'a' ? byte & 0xdf : byte;
    }
    memcpy(packet + length, (uint8_t[]){0, (uint8_t)take(input, 1), 0, 1}, 4);
    length += 4;
    if (shape & 1) {
        const uint64_t size = take(input, 2), cookie = shape & 4 ? (shape & 8 ? 8 : take(input, 1) % 42) + 4 : 0;
        const uint8_t opt[] = {0, 0, 41, (uint8_t)(size >> 8), (uint8_t)size, 0, 0, flags & 0x80, 0, 0, (uint8_t)cookie};
        memcpy(packet + length, opt, sizeof opt);
        length += sizeof opt;
        if (cookie != 0) {
            memset(packet + length, 7, cookie);
            memcpy(packet + length, (uint8_t[]){0, 10, 0, (uint8_t)(cookie - 4)}, 4);
            length += cookie;
        }
    }
    if (shape & 16) {
        const uint64_t place = take(input, 1);
        packet[place % length] = (uint8_t)take(input, 1);
    }
    return shape & 32 ? take(input, 1) % (length + 1) : length;
}

static unsigned be16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* Read an answer as its client would: it ends where its last record ends, which is the OPT if the client sent one. */
static void check_message(const uint8_t *query, size_t query_length, const uint8_t *answer, size_t length, unsigned door)
{
    size_t at = DNS_HEADER_BYTES, opts = 0;
    MUST(length >= at + 5 && memcmp(query, answer, 2) == 0 && be16(answer + 4) == 1);
    MUST((be16(answer + 2) & (DNS_QR | DNS_OPCODE)) == DNS_QR);
    MUST(((be16(answer + 2) ^ be16(query + 2)) & (DNS_RD | DNS_CD)) == 0);
    while (answer[at] != 0) {
        at += (size_t)answer[at] + 1;
        MUST(at + 5 <= length && at < query_length);
    }
    at += 5;
    MUST(at <= query_length && memcmp(query + DNS_HEADER_BYTES, answer + DNS_HEADER_BYTES, at - DNS_HEADER_BYTES) == 0);
    const size_t most = query_length > at ? be16(query + at + 3) : 0;
    MUST(door % 2 == 1 || length <= DNS_UDP_BYTES_WITHOUT_EDNS ||
         length <= (most < CLIENT_UDP_BYTES ? most : CLIENT_UDP_BYTES));
    for (unsigned left = be16(answer + 6) + be16(answer + 8) + be16(answer + 10); left > 0; left--) {
        const int is_opt = answer[at] == 0;
        MUST(is_opt || be16(answer + at) == 0xc00c);
        at += is_opt ? 1 : 2;
        MUST(at + 10 <= length);
        MUST(!is_opt || (left == 1 && be16(answer + at) == DNS_TYPE_OPT && be16(answer + at + 2) == CLIENT_UDP_BYTES));
        opts += (size_t)is_opt;
        at += 10 + be16(answer + at + 8);
        MUST(at <= length);
    }
    MUST(at == length && opts == be16(query + 10));
}

/* What the lists have decided of a batch they decide of each alone. */
static void check_decision(const struct world *world, const struct hit *hit)
{
    struct decision alone;
    if (hit->client == NULL || !hit->is_read || !hit->is_decided) {
        return;
    }
    alone.query = &hit->query;
    alone.view = hit->client->view;
    enforced_decide(hit_lists(world->path), &alone, 1, world->now);
    MUST(alone.course == hit->course);
    MUST(alone.course != COURSE_BLOCK ||
         (alone.match.list == hit->match.list && alone.match.record == hit->match.record &&
          alone.match.test == hit->match.test));
}

/* Send one packet, alone or as a batch of three; what does not answer changes nothing that is counted. */
static void send_packets(struct input *input, struct world *world, uint64_t how)
{
    uint8_t packet[1024], address[16], *packets[3], *addresses[3], *out;
    uint64_t before[CELLS];
    struct hit hits[3];
    const size_t batch = how & 0x20 ? 3 : 1, room = how & 0x10 ? take(input, 2) : HIT_ROOM;
    for (size_t number = 0; number < batch; number++) {
        struct hit *hit = &hits[number];
        hit->length = take_packet(input, packet);
        hit->packet = packets[number] = own(packet, hit->length);
        address_of(take(input, 1) & 0xf, address, &hit->address_length);
        hit->address = addresses[number] = own(address, hit->address_length);
        hit->door = (unsigned)(how % (DOORS + 1));
    }
    out = malloc(room);
    if (batch > 1) {
        hit_prepare(world->path, hits, batch, world->now);
    }
    for (size_t number = 0; number < batch; number++) {
        struct hit *hit = &hits[number];
        memcpy(before, world->cells, sizeof before);
        if (batch > 1) {
            check_decision(world, hit);
        }
        const int length = batch > 1
            ? hit_finish(world->path, hit, world->now, 1000, out, room)
            : hit_answer(world->path, hit->door, hit->packet, hit->length, hit->address, hit->address_length,
                         world->now, 1000, out, room);
        MUST(length >= HIT_MISS && (length <= 0 || (size_t)length <= room));
        MUST((length == HIT_MISS) == (memcmp(before, world->cells, sizeof before) == 0));
        MUST((length == HIT_DROP) == (world->cells[DROPPED] == before[DROPPED] + 1));
        if (length > 0) {
            check_message(hit->packet, hit->length, out, (size_t)length, hit->door);
        }
    }
    for (size_t number = 0; number < batch; number++) {
        free(packets[number]);
        free(addresses[number]);
    }
    free(out);
}

/* --- one input ----------------------------------------------------------------------------------------------------- */

static void open_world(struct world *world)
{
    world->cells = calloc(CELLS, sizeof *world->cells);
    world->marks = calloc(LISTS * FRESH, 1);
    world->hits = calloc(LISTS, sizeof *world->hits);
    const struct hitpath_settings settings = {
        .cells = world->cells, .cell_count = CELLS, .queries = QUERIES, .answers = ANSWERS, .dropped = DROPPED,
        .rate_limited = LIMITED, .latency = LATENCY, .latency_sum = SUM, .client_udp_bytes = CLIENT_UDP_BYTES,
        .books_hits = true, .hosts_max = 6,
    };
    world->path = hitpath_new(&settings);
    MUST(world->path != NULL && world->cells != NULL && world->marks != NULL && world->hits != NULL);
    for (unsigned door = 0; door < DOORS; door++) { /* even ones are UDP */
        MUST(hit_open_door(world->path, door % 2, door / 2 % 2) == (int)door);
    }
    for (size_t number = 0; number < CLIENTS; number++) {
        uint8_t address[16];
        size_t length;
        struct client *client = &world->clients[number];
        client_open(client, number < 2 ? 0 : 4, 2, 4, (uint32_t)number, 0);
        client->view = (uint8_t)(number % (VIEWS + 1));
        client->admitted = number != 4;
        address_of(number, address, &length);
        MUST(hit_remember(world->path, 0, address, length, client));
    }
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
            send_packets(&input, &world, what & 0x7f);
        } else {
            change(&input, &world, what);
        }
    }
    hitpath_free(world.path);
    free(world.cells);
    free(world.marks);
    free(world.hits);
    return 0;
}
