/* The hit path: from a query's bytes to its answer's, for what is kept, what is listed, and who asks too much.
 *
 * It equals what resolver/core does in Python, byte for byte and counter for counter (docs/adr/0049), or says HIT_MISS
 * and has changed nothing but tokens drawn into a client's `left`. No socket, no clock, no allocation for a packet.
 * One thread at a time; the caller sees to that.
 */
#ifndef MAMORI_CORE_HITPATH_H
#define MAMORI_CORE_HITPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/answers.h"
#include "core/clients.h"
#include "core/enforced.h"
#include "core/reader.h"

enum { HIT_DROP = 0, HIT_MISS = -1 };
enum { HIT_DOORS_MAX = 65536, HIT_TABLES_MAX = 4096, HIT_TRANSPORTS = 4, HIT_RCODE_CELLS = 8 };
enum { HIT_ROOM = 4480 }; /* bytes that hold any answer there is: of ANSWER_BYTES_MAX, with question, OPT and cookie */

/* `cells` are the worker's counters (resolver/core/counters.py); the others are places in them. */
struct hitpath_settings {
    uint64_t *cells;
    size_t cell_count;
    size_t queries, answers, dropped, rate_limited, latency, latency_sum;
    uint8_t secret[16];        /* of the tables: nobody outside can make their hashes meet */
    uint16_t client_udp_bytes; /* largest answer over UDP, whatever the client offers; the size in our own OPT */
    bool books_hits;           /* false where nothing is kept: there each hit would be a listed query */
    uint32_t hosts_max;        /* addresses remembered in one table; when full it starts anew */
    void (*let_go)(struct client *client); /* called once for each `hit_remember` undone; NULL: nobody needs to know */
};

struct hitpath;

/* NULL: no memory, or a place outside the cells. */
struct hitpath *hitpath_new(const struct hitpath_settings *settings);
void hitpath_free(struct hitpath *path);

/* A way in: codes.UDP (0) to codes.DOH (3), and the table its clients stand in. Its number, -1: no memory or too many. */
int hit_open_door(struct hitpath *path, unsigned transport, uint32_t table);

/* The secret server cookies are made under (16 bytes, copied); NULL: cookies are passed over. */
void hit_use_cookie_secret(struct hitpath *path, const uint8_t *secret);

/* Decide by these lists (not NULL) from now on; takes ownership, and frees those before. */
void hit_enforce(struct hitpath *path, struct enforced *lists);
struct enforced *hit_lists(struct hitpath *path);

/* The kept answers. */
struct answers *hit_answers(struct hitpath *path);

/* Whether there is a door of this number. */
bool hit_has_door(const struct hitpath *path, size_t door);

/* The socket that late answers to whoever came by a door leave by, a number of the edge; -1: none. */
void hit_set_descriptor(struct hitpath *path, size_t door, int descriptor);
int hit_descriptor(const struct hitpath *path, size_t door);

/* Remember who asks from an address of 4 or 16 bytes; false: no memory or no such table. The client lives until let go. */
bool hit_remember(struct hitpath *path, uint32_t table, const uint8_t *address, size_t length, struct client *client);
/* Forget all of a table. */
void hit_forget(struct hitpath *path, uint32_t table);

/* Answer one packet into `out`: the answer's length, HIT_DROP (counted, nothing is sent) or HIT_MISS. */
int hit_answer(struct hitpath *path, unsigned door, const uint8_t *packet, size_t length, const uint8_t *address,
               size_t address_length, double now, uint32_t unix_time, uint8_t *out, size_t room);

/* The same for a batch: the caller sets the first five fields of each, `hit_prepare` reads all packets and brings near
 * what they will touch, then `hit_finish` answers each, in order. A dozen or two at a time is enough to hide memory.
 * Preparing changes nothing. Packets and addresses stay where they are, and nothing else is called on the path between
 * that changes clients, answers or lists. */
struct hit {
    const uint8_t *packet, *address;
    size_t length, address_length;
    unsigned door;
    bool is_read; /* from here on set by `hit_prepare`: whether the packet is one this path may answer */
    bool is_open; /* by `hit_finish`, of a miss: nothing is kept of the question, and no list says anything of it */
    bool is_decided; /* whether `course` and `match` are set */
    struct client *client;
    uint64_t place; /* the hash that the address, then the question is found by */
    struct query query;
    struct answer *kept; /* what is kept of the question; NULL: nothing */
    enum course course;  /* of what is not kept, or was kept under another list */
    struct match match;  /* with COURSE_BLOCK */
};

void hit_prepare(const struct hitpath *path, struct hit *hits, size_t count, double now);
int hit_finish(struct hitpath *path, struct hit *hit, double now, uint32_t unix_time, uint8_t *out, size_t room);

#endif
