// Socket filters: struct sock_fprog holds a pointer into an array, which Swift can only build in pieces.
#ifndef CLINUX_FILTER_H
#define CLINUX_FILTER_H
#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

// The socket takes in no frame from here on; what it has taken in stays. Returns 0 or an errno.
static inline int clinux_refuse_frames(int fd) {
    struct sock_filter none = {.code = BPF_RET | BPF_K, .k = 0};
    struct sock_fprog program = {.len = 1, .filter = &none};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? errno : 0;
}
#endif
