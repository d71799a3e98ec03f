#include "edge/batch.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/stack.h"
#include "edge/sending.h"
#include "edge/source.h"

/* Bytes between two buffers. Were they a power of two apart, the beginnings of all would compete for a few places in
 * the processor's nearest cache. What is wiped by whole lines may reach into them: so many bytes are a line. */
enum { SPREAD = 64 };

union name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* What missed, but for its packet, which stands in `missed_packets`. */
struct miss {
    size_t length, name_length, source_length;
    union name name;
    union source source;
};

struct batch {
    struct batch_limits limits;
    bool is_wildcard, is_full;
    size_t packet_step;
    struct mmsghdr incoming[BATCH_MOST], outgoing[BATCH_MOST];
    struct iovec packet_vectors[BATCH_MOST], answer_vectors[BATCH_MOST];
    union name names[BATCH_MOST];
    union source sources[BATCH_MOST];
    struct hit hits[BATCH_MOST];
    size_t places[BATCH_MOST]; /* of what is in `hits` among what came */
    uint8_t answers[BATCH_MOST][HIT_ROOM + SPREAD];
    uint8_t *packets, *missed_packets;
    struct miss *misses;
    size_t missed, flown;
};

/* --- made once ------------------------------------------------------------------------------------------ */

static bool is_sound(const struct batch_limits *limits)
{
    return limits->batch >= 1 && limits->batch <= BATCH_MOST && limits->misses >= 1 &&
           limits->misses <= BATCH_MISSES_MOST && limits->packet_bytes >= 1 &&
           limits->packet_bytes <= BATCH_PACKET_BYTES_MAX;
}

/* Misses there may be: one less than enough, and then a batch of them. */
static size_t room_for_misses(const struct batch_limits *limits)
{
    return limits->misses - 1 + limits->batch;
}

static void tie(struct batch *batch, size_t number)
{
    batch->packet_vectors[number] =
        (struct iovec){.iov_base = batch->packets + number * batch->packet_step, .iov_len = batch->limits.packet_bytes};
    batch->answer_vectors[number] = (struct iovec){.iov_base = batch->answers[number]};
    batch->incoming[number].msg_hdr.msg_name = &batch->names[number];
    batch->incoming[number].msg_hdr.msg_iov = &batch->packet_vectors[number];
    batch->incoming[number].msg_hdr.msg_iovlen = 1;
    batch->outgoing[number].msg_hdr.msg_iov = &batch->answer_vectors[number];
    batch->outgoing[number].msg_hdr.msg_iovlen = 1;
}

struct batch *batch_new(const struct batch_limits *limits, bool is_wildcard)
{
    if (!is_sound(limits)) {
        return NULL;
    }
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return NULL;
    }
    batch->limits = *limits;
    batch->is_wildcard = is_wildcard;
    batch->packet_step = limits->packet_bytes + SPREAD;
    batch->packets = calloc(limits->batch, batch->packet_step);
    batch->missed_packets = calloc(room_for_misses(limits), limits->packet_bytes);
    batch->misses = calloc(room_for_misses(limits), sizeof *batch->misses);
    if (batch->packets == NULL || batch->missed_packets == NULL || batch->misses == NULL) {
        batch_free(batch);
        return NULL;
    }
    for (size_t number = 0; number < limits->batch; number++) {
        tie(batch, number);
    }
    return batch;
}

void batch_free(struct batch *batch)
{
    if (batch != NULL) {
        batch_forget(batch);
        free(batch->packets);
        free(batch->missed_packets);
        free(batch->misses);
        free(batch);
    }
}

/* --- what comes ----------------------------------------------------------------------------------------- */

static size_t smaller(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* How many datagrams came, none if an error of the network was waiting on the socket. */
static size_t receive(struct batch *batch, int descriptor, size_t most)
{
    for (size_t number = 0; number < most; number++) { /* the kernel has written how much of its room it used */
        struct msghdr *message = &batch->incoming[number].msg_hdr;
        message->msg_namelen = sizeof(union name);
        message->msg_control = batch->is_wildcard ? &batch->sources[number] : NULL;
        message->msg_controllen = batch->is_wildcard ? sizeof(union source) : 0;
    }
    const int count = recvmmsg(descriptor, batch->incoming, (unsigned)most, MSG_DONTWAIT, NULL);
    return count > 0 ? (size_t)count : 0;
}

/* The client's address into the hit; false: it cannot be answered (port 0, no address of ours, no Internet protocol). */
static bool address_of(struct batch *batch, size_t number, struct hit *hit)
{
    const union name *name = &batch->names[number];
    const size_t length = batch->incoming[number].msg_hdr.msg_namelen;
    if (length == sizeof name->v4 && name->any.sa_family == AF_INET && name->v4.sin_port != 0) {
        hit->address = (const uint8_t *)&name->v4.sin_addr;
        hit->address_length = sizeof name->v4.sin_addr;
    } else if (length == sizeof name->v6 && name->any.sa_family == AF_INET6 && name->v6.sin6_port != 0) {
        hit->address = (const uint8_t *)&name->v6.sin6_addr;
        hit->address_length = sizeof name->v6.sin6_addr;
    } else {
        return false;
    }
    return !batch->is_wildcard || source_of_answer(&batch->incoming[number].msg_hdr);
}

/* Fill `hits` and `places` with what can be answered; how many. */
static size_t read_batch(struct batch *batch, size_t count, unsigned door)
{
    size_t read = 0;
    for (size_t number = 0; number < count; number++) {
        struct hit *hit = &batch->hits[read];
        if (address_of(batch, number, hit)) {
            hit->packet = batch->packet_vectors[number].iov_base;
            hit->length = batch->incoming[number].msg_len;
            hit->door = door;
            batch->places[read++] = number;
        }
    }
    return read;
}

/* --- what goes ------------------------------------------------------------------------------------------ */

/* Address message `place` of those that go to whom sent message `number`; its answer stands there already. */
static void address_answer(struct batch *batch, size_t place, size_t number, size_t length)
{
    const struct msghdr *from = &batch->incoming[number].msg_hdr;
    struct msghdr *to = &batch->outgoing[place].msg_hdr;
    batch->answer_vectors[place].iov_len = length;
    to->msg_name = from->msg_name;
    to->msg_namelen = from->msg_namelen;
    to->msg_control = from->msg_control;
    to->msg_controllen = from->msg_controllen;
}

static void keep_miss(struct batch *batch, const struct hit *hit, size_t number)
{
    const struct msghdr *from = &batch->incoming[number].msg_hdr;
    struct miss *miss = &batch->misses[batch->missed];
    memcpy(batch->missed_packets + batch->missed * batch->limits.packet_bytes, hit->packet, hit->length);
    miss->length = hit->length;
    miss->name = batch->names[number];
    miss->name_length = from->msg_namelen;
    miss->source = batch->sources[number];
    miss->source_length = from->msg_controllen;
    batch->missed++;
}

/* Let an upstream be asked, if that is all there is to do. */
static bool flies(struct batch *batch, struct hitpath *path, const struct hit *hit, size_t number, double now,
                  uint32_t unix_time)
{
    const struct msghdr *from = &batch->incoming[number].msg_hdr;
    struct envelope envelope = {
        .packet = hit->packet,
        .packet_bytes = hit->length,
        .address = hit->address,
        .address_bytes = hit->address_length,
        .name = from->msg_name,
        .name_bytes = from->msg_namelen,
        .source = from->msg_control,
        .source_bytes = from->msg_control == NULL ? 0 : from->msg_controllen,
        .door = hit->door,
        .asked = now,
        .unix_time = unix_time,
    };
    return departure(path, hit, &envelope);
}

/* How many answers there are to what was read. */
static size_t answer_batch(struct batch *batch, struct hitpath *path, size_t read, double now, uint32_t unix_time)
{
    size_t answers = 0;
    hit_prepare(path, batch->hits, read, now);
    for (size_t each = 0; each < read; each++) {
        const int length = hit_finish(path, &batch->hits[each], now, unix_time, batch->answers[answers], HIT_ROOM);
        if (length > 0) {
            address_answer(batch, answers++, batch->places[each], (size_t)length);
        } else if (length == HIT_MISS && flies(batch, path, &batch->hits[each], batch->places[each], now, unix_time)) {
            batch->flown++;
        } else if (length == HIT_MISS) {
            keep_miss(batch, &batch->hits[each], batch->places[each]);
        }
    }
    return answers;
}

/* Wipe the beginning of a buffer by whole lines: the last one may reach into the room behind it. */
static inline void wipe_lines(uint8_t *at, size_t length)
{
    for (size_t done = 0; done < length; done += SPREAD) {
        memset(at + done, 0, SPREAD);
    }
    __asm__ volatile("" ::"r"(at) : "memory"); /* so that no compiler leaves it out */
}

/* What came and what went; `hits`, which are large, once at the end of the turn. */
static void wipe(struct batch *batch, size_t count, size_t answers)
{
    for (size_t number = 0; number < count; number++) {
        wipe_lines(batch->packet_vectors[number].iov_base, batch->incoming[number].msg_len);
    }
    for (size_t number = 0; number < answers; number++) {
        wipe_lines(batch->answers[number], batch->answer_vectors[number].iov_len);
    }
    explicit_bzero(batch->names, count * sizeof batch->names[0]);
    if (batch->is_wildcard) {
        explicit_bzero(batch->sources, count * sizeof batch->sources[0]);
    }
}

size_t batch_serve(struct batch *batch, struct hitpath *path, struct upstream *upstream, int descriptor, unsigned door,
                   double now, uint32_t unix_time)
{
    const struct batch_limits *limits = &batch->limits;
    size_t done = 0, widest = 0;
    batch_forget(batch);
    hit_set_descriptor(path, door, descriptor);
    batch->flown = 0;
    while (done < limits->turn && batch->missed < limits->misses && batch->flown < BATCH_FLOWN) {
        const size_t count = receive(batch, descriptor, smaller(limits->batch, limits->turn - done));
        if (count == 0) {
            break;
        }
        const size_t read = read_batch(batch, count, door);
        const size_t answers = answer_batch(batch, path, read, now, unix_time);
        send_messages(descriptor, batch->outgoing, answers);
        if (upstream != NULL) {
            upstream_depart(upstream, path, now);
        }
        wipe(batch, count, answers);
        widest = read > widest ? read : widest;
        done += count;
    }
    batch->is_full = done == limits->turn;
    explicit_bzero(batch->hits, widest * sizeof batch->hits[0]);
    stack_wipe();
    return batch->missed;
}

bool batch_is_full(const struct batch *batch)
{
    return batch->is_full;
}

/* --- what missed ---------------------------------------------------------------------------------------- */

struct missed batch_missed(const struct batch *batch, size_t number)
{
    const struct miss *miss = &batch->misses[number];
    const bool is_v4 = miss->name.any.sa_family == AF_INET;
    return (struct missed){
        .packet = batch->missed_packets + number * batch->limits.packet_bytes,
        .packet_length = miss->length,
        .address = is_v4 ? (const void *)&miss->name.v4.sin_addr : (const void *)&miss->name.v6.sin6_addr,
        .address_length = is_v4 ? sizeof miss->name.v4.sin_addr : sizeof miss->name.v6.sin6_addr,
        .name = &miss->name,
        .name_length = miss->name_length,
        .source = &miss->source,
        .source_length = miss->source_length,
    };
}

void batch_forget(struct batch *batch)
{
    for (size_t number = 0; number < batch->missed; number++) {
        explicit_bzero(batch->missed_packets + number * batch->limits.packet_bytes, batch->misses[number].length);
    }
    if (batch->missed > 0) {
        explicit_bzero(batch->misses, batch->missed * sizeof batch->misses[0]);
    }
    batch->missed = 0;
}
