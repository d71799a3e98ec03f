/* Answers that had to wait: collected, and sent by few system calls. All memory is made once. */
#ifndef MAMORI_EDGE_LATE_H
#define MAMORI_EDGE_LATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/inflight.h"

enum { LATE_MOST = 64 };

struct late {
    size_t count;
    int descriptor; /* all of them leave by it */
    struct mmsghdr messages[LATE_MOST];
    struct iovec vectors[LATE_MOST];
    _Alignas(8) uint8_t sources[LATE_MOST][INFLIGHT_SOURCE_BYTES];
    _Alignas(8) uint8_t names[LATE_MOST][INFLIGHT_NAME_BYTES + 4];
    uint8_t *answers; /* LATE_MOST of HIT_ROOM bytes */
};

/* From all zero; false: no memory. */
bool late_make(struct late *late);
void late_unmake(struct late *late);

/* Room for one answer that leaves by this socket: HIT_ROOM bytes. */
uint8_t *late_room(struct late *late, int descriptor);

/* It is written there, of so many bytes, and goes to whom has waited. */
void late_put(struct late *late, const struct waiter *waiter, size_t length);

/* Send what was collected, and wipe it. */
void late_send(struct late *late);

#endif
