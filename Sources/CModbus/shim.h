#pragma once
// pkg-config's flags name the folder that holds the header.
#include <errno.h>
#include <modbus.h>

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/prctl.h>
#endif

// A descriptor that poll(2) finds readable after iiot_wake(): what another thread rings to wake a
// thread that waits for a socket. Linux has one descriptor for that (eventfd); elsewhere the caller
// gets -ENOSYS. Returns the descriptor or -errno.
static inline int iiot_wakeup_open(void) {
#ifdef __linux__
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
#else
    return -ENOSYS;
#endif
}

static inline void iiot_wakeup_ring(int fd) {
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written;
}

static inline void iiot_wakeup_clear(int fd) {
    uint64_t count;
    ssize_t taken = read(fd, &count, sizeof count);
    (void)taken;
}

// fcntl is variadic and does not import. What a client's socket needs after accept(2).
static inline int iiot_set_nonblocking_cloexec(int fd) {
    int flags = fcntl(fd, F_GETFL, 0);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -errno;
    return 0;
}

// The name of the calling thread in top -H and in a debugger; at most 15 characters count.
static inline void iiot_name_thread(const char *name) {
#ifdef __linux__
    prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
#else
    (void)name;
#endif
}
