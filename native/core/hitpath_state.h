/* What a hit path holds, for the files it is made of. */
#ifndef MAMORI_CORE_HITPATH_STATE_H
#define MAMORI_CORE_HITPATH_STATE_H

#include "core/cookies.h"
#include "core/departure.h"
#include "core/hitpath.h"
#include "core/siphash.h"
#include "core/slots.h"

struct door {
    uint32_t table;
    int descriptor; /* what late answers leave by; -1: closed, or none that C knows */
    uint8_t transport;
};

struct hitpath {
    struct hitpath_settings settings;
    struct answers answers;
    struct enforced *lists;
    struct door *doors;
    struct slots *tables; /* clients by the hash of their address, a table for all doors whose views agree */
    size_t door_count, table_count;
    bool makes_cookies;
    uint8_t cookie_secret[COOKIE_SECRET_BYTES];
    struct flying *flying; /* NULL: every miss is Python's */
};

/* departure.c */
void flying_free(struct flying *flying);

/* What a client stands under: its address is not kept. */
static inline uint64_t host_hash(const struct hitpath *path, const uint8_t *address, size_t length)
{
    return siphash13(path->settings.secret, address, length);
}

#endif
