// AF_PACKET and links: the UAPI structs, and what Swift cannot call or import.
#ifndef CLINUX_PACKET_H
#define CLINUX_PACKET_H
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

// struct mmsghdr, which <sys/socket.h> declares for _GNU_SOURCE only.
struct clinux_mmsghdr {
    struct msghdr msg_hdr;
    unsigned int msg_len;
};

// Messages that the kernel took, or a negative errno when it refused the first one.
int clinux_sendmmsg(int fd, struct clinux_mmsghdr *messages, unsigned count, int flags);

// ioctl is variadic and ifreq a union of macros: neither is imported. A negative errno is the result of a failure.
// `fd` is a socket of the namespace that is asked.
int clinux_interface_index(int fd, const char *name);
// Writes IFNAMSIZ (16) bytes.
int clinux_interface_name(int fd, int index, char *name);
// IFF_UP, IFF_RUNNING, ...
int clinux_interface_flags(int fd, const char *name);
// 1 with carrier, 0 without. IFF_RUNNING follows the carrier by up to a second; this is what it is now. Takes the RTNL.
int clinux_interface_carrier(int fd, const char *name);
int clinux_interface_mtu(int fd, const char *name);
// The address family of the link (ARPHRD_ETHER = 1); writes 6 bytes.
int clinux_interface_address(int fd, const char *name, uint8_t *address);

// The function-like macro htons is not imported.
static inline uint16_t clinux_ethertype_all(void) { return __builtin_bswap16(0x0003); }
#endif
