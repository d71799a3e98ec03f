#include "edge/source.h"

#include <string.h>

/* Whichever interface the way back takes. */
static void any_interface_v4(struct cmsghdr *control)
{
    struct in_pktinfo way;
    memcpy(&way, CMSG_DATA(control), sizeof way);
    way.ipi_ifindex = 0;
    memcpy(CMSG_DATA(control), &way, sizeof way);
}

/* The same, but that a link-local address means something on its own interface only. */
static void any_interface_v6(struct cmsghdr *control)
{
    struct in6_pktinfo way;
    memcpy(&way, CMSG_DATA(control), sizeof way);
    if (!IN6_IS_ADDR_LINKLOCAL(&way.ipi6_addr)) {
        way.ipi6_ifindex = 0;
    }
    memcpy(CMSG_DATA(control), &way, sizeof way);
}

bool source_of_answer(struct msghdr *message)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (control == NULL) {
        return false;
    }
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO &&
        control->cmsg_len == CMSG_LEN(sizeof(struct in_pktinfo))) {
        any_interface_v4(control);
        return true;
    }
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO &&
        control->cmsg_len == CMSG_LEN(sizeof(struct in6_pktinfo))) {
        any_interface_v6(control);
        return true;
    }
    return false;
}
