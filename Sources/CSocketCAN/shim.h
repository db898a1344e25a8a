#pragma once
#include <errno.h>
#include <libsocketcan.h>
#include <linux/can.h>
#include <linux/can/bcm.h>
#include <linux/can/error.h>
#include <linux/can/isotp.h>
#include <linux/can/j1939.h>
#include <linux/can/netlink.h>
#include <linux/can/raw.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// What Swift does not import: macros with arguments, sizeof constants and GNU extensions. Everything returns
// -errno instead of setting it.

enum { IIOT_CAN_BATCH = 64 };

/// What came along with a frame.
struct iiot_can_info {
    int64_t time;       // nanoseconds since 1970, 0 when the kernel gave none
    uint32_t drops;     // the socket's drop counter, if has_drops
    int32_t length;     // bytes of the frame: 16 classic, 72 FD
    int32_t interface;  // its index
    uint8_t has_drops;
    uint8_t transmitted;  // sent by this machine
};

/// The layout of struct mmsghdr, which the C library shows only with GNU extensions on.
struct iiot_can_mmsghdr {
    struct msghdr header;
    unsigned int length;
};

static inline int64_t iiot_can_nanoseconds(const struct timespec *t) {
    return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static inline void iiot_can_read_control(struct msghdr *header, struct iiot_can_info *info) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET) continue;
        if (c->cmsg_type == SO_TIMESTAMPNS && c->cmsg_len >= CMSG_LEN(sizeof(struct timespec))) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            info->time = iiot_can_nanoseconds(&t);
        } else if (c->cmsg_type == SO_TIMESTAMPING &&
                   c->cmsg_len >= CMSG_LEN(3 * sizeof(struct timespec))) {
            // Software, unused, raw hardware: the hardware's if it has one.
            struct timespec t[3];
            memcpy(t, CMSG_DATA(c), sizeof t);
            int hard = t[2].tv_sec || t[2].tv_nsec;
            info->time = iiot_can_nanoseconds(&t[hard ? 2 : 0]);
        } else if (c->cmsg_type == SO_RXQ_OVFL && c->cmsg_len >= CMSG_LEN(sizeof(uint32_t))) {
            memcpy(&info->drops, CMSG_DATA(c), sizeof(uint32_t));
            info->has_drops = 1;
        }
    }
}

/// Takes up to `count` (at most IIOT_CAN_BATCH) frames that are there, without waiting.
/// Returns how many, or -errno (-EAGAIN when there are none).
static inline int iiot_can_receive(int descriptor, struct canfd_frame *frames,
                                   struct iiot_can_info *infos, int count) {
    struct iiot_can_mmsghdr messages[IIOT_CAN_BATCH];
    struct iovec parts[IIOT_CAN_BATCH];
    struct sockaddr_can addresses[IIOT_CAN_BATCH];
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(3 * sizeof(struct timespec)) + CMSG_SPACE(sizeof(struct timespec)) +
                   CMSG_SPACE(sizeof(uint32_t))];
    } controls[IIOT_CAN_BATCH];
    if (count > IIOT_CAN_BATCH) count = IIOT_CAN_BATCH;
    for (int i = 0; i < count; i++) {
        parts[i].iov_base = &frames[i];
        parts[i].iov_len = sizeof frames[i];
        addresses[i].can_ifindex = 0;
        struct msghdr *h = &messages[i].header;
        h->msg_name = &addresses[i];
        h->msg_namelen = sizeof addresses[i];
        h->msg_iov = &parts[i];
        h->msg_iovlen = 1;
        h->msg_control = &controls[i];
        h->msg_controllen = sizeof controls[i];
        h->msg_flags = 0;
    }
    long got = syscall(SYS_recvmmsg, descriptor, messages, (unsigned)count, MSG_DONTWAIT, NULL);
    if (got < 0) return -errno;
    for (int i = 0; i < got; i++) {
        struct iiot_can_info *info = &infos[i];
        struct msghdr *h = &messages[i].header;
        memset(info, 0, sizeof *info);
        info->length = (h->msg_flags & MSG_TRUNC) ? -1 : (int32_t)messages[i].length;
        // The kernel gives only the part of the address that raw sockets have.
        if (h->msg_namelen >= offsetof(struct sockaddr_can, can_addr)) info->interface = addresses[i].can_ifindex;
        info->transmitted = (h->msg_flags & MSG_DONTROUTE) != 0;
        iiot_can_read_control(h, info);
    }
    return (int)got;
}

/// A raw CAN socket that does not block and is not inherited, or -errno.
static inline int iiot_can_open_raw(void) {
    int descriptor = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW);
    return descriptor >= 0 ? descriptor : -errno;
}

/// Binds to the interface with this index; 0 is all of them.
static inline int iiot_can_bind(int descriptor, unsigned index) {
    struct sockaddr_can address;
    memset(&address, 0, sizeof address);
    address.can_family = AF_CAN;
    address.can_ifindex = (int)index;
    return bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
}

static inline int iiot_can_set(int descriptor, int level, int option, const void *value,
                               unsigned length) {
    // J1939 answers with the value that was set.
    return setsockopt(descriptor, level, option, value, length) >= 0 ? 0 : -errno;
}

static inline int iiot_can_set_flag(int descriptor, int level, int option, int value) {
    return iiot_can_set(descriptor, level, option, &value, sizeof value);
}

/// Time stamps by the kernel, or by the hardware where it can.
static inline int iiot_can_set_timestamps(int descriptor, int hardware) {
    if (!hardware) return iiot_can_set_flag(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    return iiot_can_set_flag(descriptor, SOL_SOCKET, SO_TIMESTAMPING,
                             SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
                                 SOF_TIMESTAMPING_RAW_HARDWARE);
}

/// Counts what the socket had to drop.
static inline int iiot_can_count_drops(int descriptor) {
    return iiot_can_set_flag(descriptor, SOL_SOCKET, SO_RXQ_OVFL, 1);
}

/// Sends one frame of `length` bytes without waiting: 0, or -errno.
static inline int iiot_can_send(int descriptor, const struct canfd_frame *frame, int length) {
    ssize_t sent = send(descriptor, frame, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent == length ? 0 : sent < 0 ? -errno : -EIO;
}
