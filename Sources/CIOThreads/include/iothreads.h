#pragma once

#include <poll.h>
#include <stdint.h>

// What Swift's view of the C library lacks: GNU extensions and headers outside its module map.

/// A descriptor that poll(2) reports readable while it is raised, or -errno.
int iiot_wake_create(void);
/// Raises it; raising twice is the same as once.
void iiot_wake_raise(int descriptor);
/// Takes it back.
void iiot_wake_clear(int descriptor);
/// ppoll(2) with a time limit in ns; negative: none.
int iiot_poll(struct pollfd *descriptors, unsigned count, int64_t nanoseconds);
/// accept4(2): the next client of a listening socket, non-blocking and closed on exec from the start, or -errno.
int iiot_accept(int listener);
/// Names the calling thread for ps and debuggers; longer names are cut to 15 bytes.
void iiot_thread_set_name(const char *name);
