// Shims for AF_PACKET sockets that need _GNU_SOURCE (sendmmsg) or macros (struct ifreq).
#define _GNU_SOURCE
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "clinux_packet.h"

_Static_assert(sizeof(struct clinux_mmsghdr) == sizeof(struct mmsghdr), "layout of mmsghdr");
_Static_assert(offsetof(struct clinux_mmsghdr, msg_len) == offsetof(struct mmsghdr, msg_len), "layout of mmsghdr");

int clinux_sendmmsg(int fd, struct clinux_mmsghdr *messages, unsigned count, int flags) {
    int sent = sendmmsg(fd, (struct mmsghdr *)messages, count, flags);
    return sent < 0 ? -errno : sent;
}

static int interface_ioctl(int fd, unsigned long request, const char *name, struct ifreq *ifr) {
    memset(ifr, 0, sizeof(*ifr));
    if (name) {
        size_t length = strlen(name);
        if (length >= IFNAMSIZ) return -ENODEV;
        memcpy(ifr->ifr_name, name, length);
    }
    return ioctl(fd, request, ifr) < 0 ? -errno : 0;
}

int clinux_interface_index(int fd, const char *name) {
    struct ifreq ifr;
    int error = interface_ioctl(fd, SIOCGIFINDEX, name, &ifr);
    return error ? error : ifr.ifr_ifindex;
}

int clinux_interface_name(int fd, int index, char *name) {
    struct ifreq ifr;
    memset(&ifr, 0, sizeof(ifr));
    ifr.ifr_ifindex = index;
    if (ioctl(fd, SIOCGIFNAME, &ifr) < 0) return -errno;
    memcpy(name, ifr.ifr_name, IFNAMSIZ);
    return 0;
}

int clinux_interface_flags(int fd, const char *name) {
    struct ifreq ifr;
    int error = interface_ioctl(fd, SIOCGIFFLAGS, name, &ifr);
    return error ? error : (uint16_t)ifr.ifr_flags;
}

int clinux_interface_carrier(int fd, const char *name) {
    struct ethtool_value value = {.cmd = ETHTOOL_GLINK};
    struct ifreq ifr;
    memset(&ifr, 0, sizeof(ifr));
    strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
    ifr.ifr_data = (char *)&value;
    return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : value.data != 0;
}

int clinux_interface_mtu(int fd, const char *name) {
    struct ifreq ifr;
    int error = interface_ioctl(fd, SIOCGIFMTU, name, &ifr);
    return error ? error : ifr.ifr_mtu;
}

int clinux_interface_address(int fd, const char *name, uint8_t *address) {
    struct ifreq ifr;
    int error = interface_ioctl(fd, SIOCGIFHWADDR, name, &ifr);
    if (error) return error;
    memcpy(address, ifr.ifr_hwaddr.sa_data, 6);
    return ifr.ifr_hwaddr.sa_family;
}
