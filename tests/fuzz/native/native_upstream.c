/* What an upstream sends, read as the response to a query that was written here: what is taken for plain says where its
 * records lie, and they lie inside. */
#include "core/plain_response.h"
#include "core/upstream_query.h"
#include "input.h"
#include "lists.h"

enum { MESSAGE_MOST = 6000, HEADER = 12 };

/* The query, in memory of exactly its size; its question's bytes. */
static uint8_t *take_query(struct input *input, size_t *question_bytes)
{
    uint8_t question[WIRE_ROOM + 4], drawn[WIRE_ROOM + 2], opt[UPSTREAM_OPT_MAX], out[UPSTREAM_QUERY_MAX];
    struct wire name;
    take_name(input, &name);
    const uint64_t shape = take(input, 1);
    memcpy(question, name.bytes, name.length);
    memcpy(question + name.length, (uint8_t[]){0, (uint8_t)take(input, 1), 0, 1}, 4);
    memset(drawn, (int)shape, sizeof drawn);
    memset(opt, 0, sizeof opt);
    const struct upstream_form form = {.opt = opt, .opt_bytes = 11 + (shape & 1 ? 128 : 0), .flags = 0x100,
                                       .mixed_case = (shape & 2) != 0};
    *question_bytes = name.length + 4;
    uint8_t *exact = own(question, *question_bytes), *bytes = own(drawn, name.length + 2);
    const size_t length = upstream_query_write(out, exact, *question_bytes, bytes, &form);
    MUST(length == HEADER + *question_bytes + form.opt_bytes);
    for (size_t at = 0; at < name.length; at++) {
        MUST((out[HEADER + at] | 0x20) == (question[at] | 0x20));
    }
    free(bytes);
    free(exact);
    return own(out, length);
}

/* A record: an owner and data of a few shapes, a length that is right or not. Returns its bytes. */
static size_t take_record(struct input *input, uint8_t *at)
{
    static const uint8_t types[] = {1, 28, 2, 6, 15, 16, 33, 46, 47, 41, 5, 65, 12, 1};
    const uint64_t shape = take(input, 1);
    size_t length = 0;
    if (shape & 0x10) {
        at[length++] = 0;
    } else if (shape & 0x20) {
        at[length++] = 1;
        at[length++] = 'a';
        at[length++] = 0xc0;
        at[length++] = (uint8_t)take(input, 1);
    } else {
        at[length++] = 0xc0;
        at[length++] = 0x0c;
    }
    const uint8_t type = types[(shape & 15) % sizeof types];
    memcpy(at + length, (uint8_t[]){0, type, 0, 1}, 4);
    for (int byte = 0; byte < 4; byte++) {
        at[length + 4 + (size_t)byte] = shape & 0x40 ? (uint8_t)take(input, 1) : (uint8_t)byte;
    }
    uint8_t *data = at + length + 10;
    size_t rdata;
    if (shape & 0x80) {
        rdata = take(input, 1);
        memcpy(data, take_bytes(input, &rdata), rdata);
    } else { /* sound, but for a byte more or less now and then */
        static const uint8_t plain[] = {0xc0, 0x0c, 0xc0, 0x0c};
        const uint64_t off = take(input, 1);
        const size_t before = type == 15 ? 2 : type == 33 ? 6 : type == 46 ? 18 : 0;
        rdata = type == 1 ? 4 : type == 28 ? 16 : type == 6 ? 24 : type == 41 ? 0 : before + 2;
        rdata = off == 1 ? rdata + 1 : off == 2 && rdata > 0 ? rdata - 1 : rdata;
        memset(data, 0, rdata);
        memcpy(data + before, plain, rdata - before < sizeof plain ? rdata - before : sizeof plain);
    }
    at[length + 8] = 0;
    at[length + 9] = (uint8_t)rdata;
    return length + 10 + rdata;
}

static size_t take_response(struct input *input, const uint8_t *query, size_t question_bytes, uint8_t *message)
{
    size_t length = HEADER + question_bytes;
    const uint64_t shape = take(input, 1), counts = take(input, 1);
    memcpy(message, query, length);
    message[2] |= 0x80;
    message[3] = (uint8_t)(shape & 0x10 ? 3 : 0);
    message[11] = (uint8_t)(shape >> 5 & 1);
    message[7] = counts & 0xf;
    message[9] = counts >> 4;
    for (uint64_t left = (counts & 0xf) + (counts >> 4) + message[11]; left > 0; left--) {
        length += take_record(input, message + length);
    }
    for (uint64_t spoilt = shape & 7; spoilt > 4; spoilt--) {
        const size_t at = (size_t)take(input, 2) % length;
        message[at] = (uint8_t)take(input, 1);
    }
    return shape & 8 ? length - take(input, 1) % length : length;
}

static void check_response(const struct plain_response *response, size_t length, size_t question_bytes)
{
    MUST(response->start == HEADER + question_bytes && response->start <= response->end && response->end <= length);
    MUST(response->records <= PLAIN_RECORDS_MAX);
    MUST(response->records == response->counts[0] + response->counts[1] + response->counts[2]);
    MUST(response->lowest <= response->highest && response->highest < 0x80000000u);
    for (size_t number = 0; number < response->records; number++) {
        const struct plain_ttl ttl = response->ttls[number];
        MUST(ttl.offset + 6 <= response->end - response->start);
        MUST(number == 0 || ttl.offset >= response->ttls[number - 1].offset + 11);
        MUST(ttl.seconds >= response->lowest && ttl.seconds <= response->highest);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t message[MESSAGE_MOST + 20000];
    struct input input = {data, size};
    struct plain_response response;
    size_t question_bytes;
    uint8_t *query = take_query(&input, &question_bytes);
    const size_t length = take_response(&input, query, question_bytes, message);
    uint8_t *received = own(message, length);
    if (plain_response_read(&response, received, length, query, question_bytes)) {
        check_response(&response, length, question_bytes);
    }
    free(received);
    received = own(input.at, input.left); /* anything, from anybody */
    MUST(!plain_response_read(&response, received, input.left, query, question_bytes) || input.left > HEADER);
    free(received);
    free(query);
    return 0;
}
