#include "edge/sending.h"

#include <errno.h>

/* sendmmsg stops at the first message the kernel refuses and tells why only if that is the first of the call: the rest
 * is offered again, without the one that was refused. */
void send_messages(int descriptor, struct mmsghdr *messages, size_t count)
{
    size_t done = 0;
    while (done < count) {
        const int sent = sendmmsg(descriptor, messages + done, (unsigned)(count - done), MSG_DONTWAIT);
        if (sent > 0) {
            done += (size_t)sent;
        } else if (sent == 0 || errno != EINTR) {
            done++;
        }
    }
}
