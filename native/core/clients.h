/* What all clients of one prefix and policy share: the twin of Client, Budget and Bucket in Python
 * (resolver/core/clients.py, rate_limit.py), with the same arithmetic on the same doubles. */
#ifndef MAMORI_CORE_CLIENTS_H
#define MAMORI_CORE_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

enum { CLIENT_UNLIMITED = (1 << 30) - 1, CLIENT_STEP_MAX = (1 << 30) - 1, CLIENT_VIEWS = 64 };

/* Queries a second in the long run, and at once after a rest; `filled` is the (monotonic) second it was filled at. */
struct bucket {
    double rate, burst, tokens, filled;
};

struct client {
    uint32_t left; /* queries before the bucket is looked at again */
    uint32_t step; /* queries drawn at once */
    uint8_t view;  /* number of the policy they meet, below CLIENT_VIEWS */
    bool admitted; /* whether they are served at all */
    bool limited;  /* false: the buckets say nothing */
    bool slips;    /* whether the last query over the limit was answered */
    struct bucket plain, proven;
};

/* A client not met before: full buckets, the proven one larger by a factor. `rate` 0: no limit. */
void client_open(struct client *client, double rate, double burst, double proven_factor, uint32_t step, double now);

/* Draw a step when nothing is left; false when nothing could be drawn. Counts no query. */
bool client_refill(struct client *client, double now);

/* Count one query; false when nothing is left of the budget. */
bool client_allow(struct client *client, double now);

/* Count one query beyond that of somebody who proved its address. */
bool client_allow_proven(struct client *client, double now);

/* Whether a query over the limit is answered all the same: every other one is. */
bool client_slip(struct client *client);

#endif
