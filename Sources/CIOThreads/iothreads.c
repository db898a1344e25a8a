#define _GNU_SOURCE
#include "iothreads.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int iiot_wake_create(void) {
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return descriptor >= 0 ? descriptor : -errno;
}

void iiot_wake_raise(int descriptor) {
    // EAGAIN means that the counter is full: raised already.
    while (eventfd_write(descriptor, 1) < 0 && errno == EINTR) continue;
}

void iiot_wake_clear(int descriptor) {
    eventfd_t value;
    while (eventfd_read(descriptor, &value) < 0 && errno == EINTR) continue;
}

int iiot_poll(struct pollfd *descriptors, unsigned count, int64_t nanoseconds) {
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return ppoll(descriptors, count, nanoseconds < 0 ? NULL : &limit, NULL);
}

int iiot_accept(int listener) {
    while (1) {
        int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) return client;
        // One that has gone again while it waited says nothing of the next.
        if (errno != EINTR && errno != ECONNABORTED) return -errno;
    }
}

void iiot_thread_set_name(const char *name) {
    char cut[16];
    strncpy(cut, name, sizeof cut - 1);
    cut[sizeof cut - 1] = 0;
    pthread_setname_np(pthread_self(), cut);
}
