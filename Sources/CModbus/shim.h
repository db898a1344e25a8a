#pragma once
// pkg-config's flags name the folder that holds the header.
#include <errno.h>
#include <fcntl.h>
#include <modbus.h>

// fcntl is variadic and does not import. What a client's socket needs after accept(2).
static inline int iiot_set_nonblocking_cloexec(int fd) {
    int flags = fcntl(fd, F_GETFL, 0);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -errno;
    return 0;
}
