/* Which of our addresses was asked on a wildcard socket, and that the answer leaves from there. */
#ifndef MAMORI_EDGE_SOURCE_H
#define MAMORI_EDGE_SOURCE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Room for the one control message that says so. */
union source {
    struct cmsghdr head;
    uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* Turn the control message of what came, in place, into the one that sets the source of its answer; false: there is
 * none. */
bool source_of_answer(struct msghdr *message);

#endif
