#pragma once
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include "shim.h"

// What an interface is and does: by ioctl for all of them, by libsocketcan for those with a controller.

struct iiot_can_link {
    int32_t is_can;  // has frames of CAN
    int32_t is_up;
    int32_t mtu;  // 16 classic, 72 FD
};

/// Returns 0 or -errno.
static inline int iiot_can_read_link(const char *name, struct iiot_can_link *link) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int status = 0;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    if (ioctl(descriptor, SIOCGIFHWADDR, &request) != 0) status = -errno;
    link->is_can = request.ifr_hwaddr.sa_family == ARPHRD_CAN;
    if (status == 0 && ioctl(descriptor, SIOCGIFFLAGS, &request) != 0) status = -errno;
    link->is_up = (request.ifr_flags & IFF_UP) != 0;
    if (status == 0 && ioctl(descriptor, SIOCGIFMTU, &request) != 0) status = -errno;
    link->mtu = request.ifr_mtu;
    close(descriptor);
    return status;
}

/// Whether an interface is on: 1 or 0, or -errno. Any CAN socket serves as the descriptor.
static inline int iiot_can_is_up(int descriptor, const char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    if (ioctl(descriptor, SIOCGIFFLAGS, &request) != 0) return -errno;
    return (request.ifr_flags & IFF_UP) != 0;
}

/// Switches an interface on or off, as libsocketcan's can_do_start and can_do_stop do for those with a controller.
static inline int iiot_can_set_up(const char *name, int up) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int status = 0;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    if (ioctl(descriptor, SIOCGIFFLAGS, &request) != 0) status = -errno;
    if (up) request.ifr_flags |= IFF_UP; else request.ifr_flags &= ~IFF_UP;
    if (status == 0 && ioctl(descriptor, SIOCSIFFLAGS, &request) != 0) status = -errno;
    close(descriptor);
    return status;
}

// libsocketcan writes its complaints to stderr. While it is called, stderr is a buffer in memory, so that they can be part of
// the error instead: one call at a time, which the callers see to. Its errno is that of the kernel's answer.

enum { IIOT_CAN_COMPLAINT = 200 };

struct iiot_can_call {
    FILE *visible;
    FILE *buffer;
    char *text;
    size_t size;
};

static inline void iiot_can_begin_call(struct iiot_can_call *call) {
    call->text = NULL;
    call->size = 0;
    call->visible = stderr;
    call->buffer = open_memstream(&call->text, &call->size);
    if (call->buffer) stderr = call->buffer;
    errno = 0;
}

/// Returns 0 or -errno, with the library's words.
static inline int iiot_can_end_call(struct iiot_can_call *call, int result,
                                    char complaint[IIOT_CAN_COMPLAINT]) {
    int error = errno;
    stderr = call->visible;
    complaint[0] = 0;
    if (call->buffer) fclose(call->buffer);
    if (call->text) {
        strncpy(complaint, call->text, IIOT_CAN_COMPLAINT - 1);
        complaint[IIOT_CAN_COMPLAINT - 1] = 0;
    }
    free(call->text);
    return result >= 0 ? 0 : error ? -error : -EOPNOTSUPP;
}

/// What a controller says of itself; each part may be missing.
struct iiot_can_controller {
    int32_t has_state, has_timing, has_mode, has_counters, has_restart, has_clock, has_statistics;
    int32_t state;
    struct can_bittiming timing;
    struct can_ctrlmode mode;
    struct can_berr_counter counters;
    uint32_t restart_ms;
    struct can_clock clock;
    struct can_device_stats statistics;
};

static inline void iiot_can_read_controller(const char *name, struct iiot_can_controller *controller) {
    struct iiot_can_call call;
    char complaint[IIOT_CAN_COMPLAINT];
    memset(controller, 0, sizeof *controller);
    iiot_can_begin_call(&call);
    int state = 0;
    controller->has_state = can_get_state(name, &state) == 0;
    controller->state = state;
    if (controller->has_state) {
        controller->has_timing = can_get_bittiming(name, &controller->timing) == 0;
        controller->has_mode = can_get_ctrlmode(name, &controller->mode) == 0;
        controller->has_counters = can_get_berr_counter(name, &controller->counters) == 0;
        controller->has_restart = can_get_restart_ms(name, &controller->restart_ms) == 0;
        controller->has_clock = can_get_clock(name, &controller->clock) == 0;
        controller->has_statistics = can_get_device_stats(name, &controller->statistics) == 0;
    }
    iiot_can_end_call(&call, 0, complaint);
}

/// `sample_point` in thousandths, 0 for the kernel's choice.
static inline int iiot_can_set_bitrate(const char *name, uint32_t bitrate, uint32_t sample_point,
                                       char complaint[IIOT_CAN_COMPLAINT]) {
    struct iiot_can_call call;
    iiot_can_begin_call(&call);
    int result = sample_point ? can_set_bitrate_samplepoint(name, bitrate, sample_point)
                              : can_set_bitrate(name, bitrate);
    return iiot_can_end_call(&call, result, complaint);
}

static inline int iiot_can_set_restart(const char *name, uint32_t milliseconds,
                                       char complaint[IIOT_CAN_COMPLAINT]) {
    struct iiot_can_call call;
    iiot_can_begin_call(&call);
    return iiot_can_end_call(&call, can_set_restart_ms(name, milliseconds), complaint);
}

static inline int iiot_can_set_mode(const char *name, uint32_t mask, uint32_t flags,
                                    char complaint[IIOT_CAN_COMPLAINT]) {
    struct iiot_can_call call;
    struct can_ctrlmode mode = {mask, flags};
    iiot_can_begin_call(&call);
    return iiot_can_end_call(&call, can_set_ctrlmode(name, &mode), complaint);
}

static inline int iiot_can_restart(const char *name, char complaint[IIOT_CAN_COMPLAINT]) {
    struct iiot_can_call call;
    iiot_can_begin_call(&call);
    return iiot_can_end_call(&call, can_do_restart(name), complaint);
}
