#pragma once
#include "shim.h"
#include <linux/errqueue.h>

// The kernel's transport protocols: messages that are longer than a frame (linux/can/isotp.h, j1939.h).

/// An ISO-TP socket that waits for the end of what it sends, or -errno. Identifiers as in struct can_frame.
/// `ll` says of which kind the frames are.
static inline int iiot_isotp_open(unsigned index, uint32_t sending, uint32_t receiving,
                                  const struct can_isotp_options *options,
                                  const struct can_isotp_fc_options *flow,
                                  const struct can_isotp_ll_options *ll) {
    int descriptor = socket(PF_CAN, SOCK_DGRAM | SOCK_CLOEXEC, CAN_ISOTP);
    if (descriptor < 0) return -errno;
    struct sockaddr_can address;
    memset(&address, 0, sizeof address);
    address.can_family = AF_CAN;
    address.can_ifindex = (int)index;
    address.can_addr.tp.tx_id = sending;
    address.can_addr.tp.rx_id = receiving;
    if (setsockopt(descriptor, SOL_CAN_ISOTP, CAN_ISOTP_OPTS, options, sizeof *options) == 0 &&
        setsockopt(descriptor, SOL_CAN_ISOTP, CAN_ISOTP_RECV_FC, flow, sizeof *flow) == 0 &&
        setsockopt(descriptor, SOL_CAN_ISOTP, CAN_ISOTP_LL_OPTS, ll, sizeof *ll) == 0 &&
        bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
        return descriptor;
    int error = errno;
    close(descriptor);
    return -error;
}

/// Gives a J1939 socket its address on the bus, or another one: 0, or -errno. A name of 0 is none; with a name the kernel waits
/// for the address to be claimed.
static inline int iiot_j1939_bind(int descriptor, unsigned index, uint64_t name,
                                  uint8_t address_on_bus) {
    struct sockaddr_can address;
    memset(&address, 0, sizeof address);
    address.can_family = AF_CAN;
    address.can_ifindex = (int)index;
    address.can_addr.j1939.name = name;
    address.can_addr.j1939.addr = address_on_bus;
    address.can_addr.j1939.pgn = J1939_NO_PGN;
    return bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
}

/// A J1939 socket with this address on the bus, or -errno.
static inline int iiot_j1939_open(unsigned index, uint64_t name, uint8_t address_on_bus) {
    int descriptor = socket(PF_CAN, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_J1939);
    if (descriptor < 0) return -errno;
    int yes = 1;
    int status = 0;
    if (setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes) < 0) status = -errno;
    if (status == 0) status = iiot_j1939_bind(descriptor, index, name, address_on_bus);
    if (status == 0) return descriptor;
    close(descriptor);
    return status;
}

/// What came along with a J1939 message.
struct iiot_j1939_info {
    int64_t time;
    uint32_t group;
    uint8_t source;
    uint8_t destination;
    uint8_t priority;
};

/// Takes one message; returns its length, which is more than `capacity` where the rest is lost, or -errno.
static inline int64_t iiot_j1939_receive(int descriptor, void *bytes, size_t capacity,
                                         struct iiot_j1939_info *info) {
    struct sockaddr_can address;
    memset(&address, 0, sizeof address);
    struct iovec part = {bytes, capacity};
    union {
        struct cmsghdr aligned;
        char bytes[256];
    } control;
    struct msghdr header;
    memset(&header, 0, sizeof header);
    header.msg_name = &address;
    header.msg_namelen = sizeof address;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = &control;
    header.msg_controllen = sizeof control;
    ssize_t got = recvmsg(descriptor, &header, MSG_DONTWAIT);
    if (got < 0) return -errno;
    if (header.msg_flags & MSG_TRUNC) got = (ssize_t)capacity + 1;
    memset(info, 0, sizeof *info);
    info->group = address.can_addr.j1939.pgn;
    info->source = address.can_addr.j1939.addr;
    info->destination = J1939_NO_ADDR;
    info->priority = 6;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level == SOL_CAN_J1939 && c->cmsg_type == SCM_J1939_DEST_ADDR)
            info->destination = *CMSG_DATA(c);
        else if (c->cmsg_level == SOL_CAN_J1939 && c->cmsg_type == SCM_J1939_PRIO)
            info->priority = *CMSG_DATA(c);
        else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            info->time = iiot_can_nanoseconds(&t);
        }
    }
    if (info->time == 0) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        info->time = iiot_can_nanoseconds(&now);
    }
    return got;
}

/// Asks the kernel to tell when a message has been sent to its end, or not.
static inline int iiot_j1939_report_sending(int descriptor) {
    int status = iiot_can_set_flag(descriptor, SOL_CAN_J1939, SO_J1939_ERRQUEUE, 1);
    if (status < 0) return status;
    return iiot_can_set_flag(descriptor, SOL_SOCKET, SO_TIMESTAMPING,
                             SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_CMSG |
                                 SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_OPT_STATS |
                                 SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_ID);
}

/// Gives a message to the kernel, or what it has not taken of the one before; returns how many bytes it took, or -errno.
static inline int64_t iiot_j1939_send(int descriptor, const void *bytes, size_t count, uint32_t group,
                                  uint8_t destination, int priority) {
    int status = iiot_can_set_flag(descriptor, SOL_CAN_J1939, SO_J1939_SEND_PRIO, priority);
    if (status < 0) return status;
    struct sockaddr_can address;
    memset(&address, 0, sizeof address);
    address.can_family = AF_CAN;
    address.can_addr.j1939.name = J1939_NO_NAME;
    address.can_addr.j1939.addr = destination;
    address.can_addr.j1939.pgn = group;
    ssize_t sent = sendto(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL,
                          (struct sockaddr *)&address, sizeof address);
    return sent < 0 ? -errno : (int64_t)sent;
}

/// Takes one report of a message that was sent: 1 when it has been sent to its end, 0 when this tells nothing of the end,
/// -errno when it was given up; -EAGAIN when there is none.
static inline int iiot_j1939_sending_report(int descriptor, uint32_t *key) {
    union {
        struct cmsghdr aligned;
        char bytes[512];
    } control;
    struct msghdr header;
    memset(&header, 0, sizeof header);
    header.msg_control = &control;
    header.msg_controllen = sizeof control;
    if (recvmsg(descriptor, &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return -errno;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_CAN_J1939 || c->cmsg_type != SCM_J1939_ERRQUEUE) continue;
        struct sock_extended_err error;
        if (c->cmsg_len < CMSG_LEN(sizeof error)) continue;
        memcpy(&error, CMSG_DATA(c), sizeof error);
        *key = error.ee_data;
        if (error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING && error.ee_errno == ENOMSG)
            return error.ee_info == SCM_TSTAMP_ACK ? 1 : 0;
        if (error.ee_origin == SO_EE_ORIGIN_LOCAL && error.ee_info == J1939_EE_INFO_TX_ABORT)
            // Some reasons the kernel has with the sign of a failed call.
            return error.ee_errno ? -abs((int)error.ee_errno) : -ECOMM;
    }
    return 0;
}
