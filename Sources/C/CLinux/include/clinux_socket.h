// Socket calls that are Linux's own: their declarations need _GNU_SOURCE.
#ifndef CLINUX_SOCKET_H
#define CLINUX_SOCKET_H
#include <stdint.h>
#include <sys/socket.h>

// accept4 with SOCK_NONBLOCK and SOCK_CLOEXEC. Returns a descriptor or -errno.
int clinux_accept(int listener, struct sockaddr_storage *address);

// SO_PEERCRED; struct ucred needs _GNU_SOURCE. Returns 0 or an errno.
int clinux_peer_credentials(int socket, int32_t *pid, uint32_t *uid, uint32_t *gid);
#endif
