/* Clients' datagrams in batches: recvmmsg, the hit path for each, sendmmsg (docs/adr/0051).
 *
 * One batch belongs to one bound socket and to one thread at a time. All memory is made once. What came and what went is
 * wiped before `batch_serve` returns: a question stays in memory until it is answered, no longer.
 */
#ifndef MAMORI_EDGE_BATCH_H
#define MAMORI_EDGE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hitpath.h"
#include "edge/upstream.h"

enum { BATCH_MOST = 64, BATCH_PACKET_BYTES_MAX = 65535, BATCH_MISSES_MOST = 4096 };
enum { BATCH_FLOWN = 128 }; /* questions asked of upstreams that end a turn early: their answers come soon */

/* resolver/edge/limits.py, UdpLimits. */
struct batch_limits {
    size_t batch;        /* datagrams of one system call: 1 to BATCH_MOST */
    size_t turn;         /* datagrams of one `batch_serve` */
    size_t misses;       /* so many end it early: 1 to BATCH_MISSES_MOST */
    size_t packet_bytes; /* a longer datagram is read cut short: 1 to BATCH_PACKET_BYTES_MAX */
};

struct batch;

/* NULL: no memory, or limits outside their ranges. `is_wildcard`: the socket is bound to 0.0.0.0 or :: and says of each
 * datagram where it went (IP_PKTINFO, IPV6_RECVPKTINFO); one that does not say is dropped. */
struct batch *batch_new(const struct batch_limits *limits, bool is_wildcard);
void batch_free(struct batch *batch);

/* Read and answer until nothing waits, the turn is over or enough have missed; returns at once. How many have missed:
 * they stay until the next call or `batch_forget`. What may fly is asked by `upstream`; NULL: nothing flies. */
size_t batch_serve(struct batch *batch, struct hitpath *path, struct upstream *upstream, int descriptor, unsigned door, double now,
                   uint32_t unix_time);

/* One that missed, below the number returned; all of it belongs to the batch. `source` sets the source of the answer. */
struct missed {
    const void *packet, *address, *name, *source;
    size_t packet_length, address_length, name_length, source_length;
};
struct missed batch_missed(const struct batch *batch, size_t number);

/* Whether the last turn was a whole one: more may wait. */
bool batch_is_full(const struct batch *batch);

/* Wipe those that missed. */
void batch_forget(struct batch *batch);

#endif
