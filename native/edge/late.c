#include "edge/late.h"

#include <stdlib.h>
#include <string.h>

#include "core/hitpath.h"
#include "edge/sending.h"

bool late_make(struct late *late)
{
    late->answers = calloc(LATE_MOST, HIT_ROOM);
    late->descriptor = -1;
    for (size_t at = 0; at < LATE_MOST && late->answers != NULL; at++) {
        late->vectors[at].iov_base = late->answers + at * HIT_ROOM;
        late->messages[at].msg_hdr.msg_iov = &late->vectors[at];
        late->messages[at].msg_hdr.msg_iovlen = 1;
        late->messages[at].msg_hdr.msg_name = late->names[at];
    }
    return late->answers != NULL;
}

void late_unmake(struct late *late)
{
    free(late->answers);
    late->answers = NULL;
}

uint8_t *late_room(struct late *late, int descriptor)
{
    if (late->count == LATE_MOST || (late->count > 0 && late->descriptor != descriptor)) {
        late_send(late);
    }
    late->descriptor = descriptor;
    return late->answers + late->count * HIT_ROOM;
}

void late_put(struct late *late, const struct waiter *waiter, size_t length)
{
    const size_t at = late->count++;
    struct msghdr *message = &late->messages[at].msg_hdr;
    late->vectors[at].iov_len = length;
    memcpy(late->names[at], waiter->name, waiter->name_bytes);
    message->msg_namelen = waiter->name_bytes;
    memcpy(late->sources[at], waiter->source, waiter->source_bytes);
    message->msg_control = waiter->source_bytes > 0 ? late->sources[at] : NULL;
    message->msg_controllen = waiter->source_bytes;
}

void late_send(struct late *late)
{
    send_messages(late->descriptor, late->messages, late->count);
    for (size_t at = 0; at < late->count; at++) {
        explicit_bzero(late->vectors[at].iov_base, late->vectors[at].iov_len);
    }
    explicit_bzero(late->names, late->count * sizeof late->names[0]);
    explicit_bzero(late->sources, late->count * sizeof late->sources[0]);
    late->count = 0;
}
