/* Many messages by few system calls. */
#ifndef MAMORI_EDGE_SENDING_H
#define MAMORI_EDGE_SENDING_H

#include <stddef.h>
#include <sys/socket.h>

/* Send all and never wait; what the kernel refuses is lost, and none with it. */
void send_messages(int descriptor, struct mmsghdr *messages, size_t count);

#endif
