#pragma once
#include <linux/can/bcm.h>
#include "shim.h"

// The broadcast manager: the kernel sends frames in cycles and watches for changes (linux/can/bcm.h).

/// The most frames of one cycle that the kernel takes.
enum { IIOT_BCM_MOST_FRAMES = 256 };

/// A broadcast manager's socket on the interface with this index, or -errno.
static inline int iiot_bcm_open(unsigned index) {
    int descriptor = socket(PF_CAN, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_BCM);
    if (descriptor < 0) return -errno;
    struct sockaddr_can address;
    memset(&address, 0, sizeof address);
    address.can_family = AF_CAN;
    address.can_ifindex = (int)index;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
    int error = errno;
    close(descriptor);
    return -error;
}

static inline struct bcm_timeval iiot_bcm_time(int64_t microseconds) {
    struct bcm_timeval time = {microseconds / 1000000, microseconds % 1000000};
    return time;
}

/// Gives the broadcast manager an order; `frames` are slots of 72 bytes of which `length` (16 or 72) count.
/// Returns 0 or -errno.
static inline int iiot_bcm_order(int descriptor, uint32_t opcode, uint32_t flags, uint32_t count,
                                 int64_t first_interval, int64_t second_interval,
                                 uint32_t identifier, const void *frames, uint32_t frame_count,
                                 uint32_t length) {
    if (frame_count > IIOT_BCM_MOST_FRAMES || length > sizeof(struct canfd_frame)) return -EINVAL;
    enum { FRAMES_OFFSET = offsetof(struct bcm_msg_head, frames) };
    _Alignas(struct bcm_msg_head) uint8_t
        order[FRAMES_OFFSET + IIOT_BCM_MOST_FRAMES * sizeof(struct canfd_frame)];
    struct bcm_msg_head *head = (struct bcm_msg_head *)order;
    memset(head, 0, FRAMES_OFFSET);
    head->opcode = opcode;
    head->flags = flags;
    head->count = count;
    head->ival1 = iiot_bcm_time(first_interval);
    head->ival2 = iiot_bcm_time(second_interval);
    head->can_id = identifier;
    head->nframes = frame_count;
    for (uint32_t i = 0; i < frame_count; i++)
        memcpy(order + FRAMES_OFFSET + i * length,
               (const uint8_t *)frames + i * sizeof(struct canfd_frame), length);
    size_t size = FRAMES_OFFSET + (size_t)frame_count * length;
    ssize_t sent = send(descriptor, order, size, MSG_NOSIGNAL);
    return sent == (ssize_t)size ? 0 : sent < 0 ? -errno : -EIO;
}

/// Takes one notification; the frame, if it has one, goes to `frame` and its length to `length` (16, 72 or 0).
/// Returns 0 or -errno (-EAGAIN when there is none).
static inline int iiot_bcm_receive(int descriptor, struct bcm_msg_head *head,
                                   struct canfd_frame *frame, int *length, int64_t *time) {
    uint8_t bytes[sizeof(struct bcm_msg_head) + sizeof(struct canfd_frame)];
    ssize_t got = recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0) return -errno;
    if (got < (ssize_t)offsetof(struct bcm_msg_head, frames)) return -EBADMSG;
    memcpy(head, bytes, offsetof(struct bcm_msg_head, frames));
    int rest = (int)(got - (ssize_t)offsetof(struct bcm_msg_head, frames));
    memset(frame, 0, sizeof *frame);
    *length = head->nframes > 0 && (rest == (int)CAN_MTU || rest == (int)CANFD_MTU) ? rest : 0;
    memcpy(frame, bytes + offsetof(struct bcm_msg_head, frames), (size_t)*length);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *time = iiot_can_nanoseconds(&now);
    return 0;
}
