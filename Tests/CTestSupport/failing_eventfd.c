// Stands in for the C library's eventfd(2), so that a test can have the system refuse one. Taking away all descriptors would do the
// same, but libdispatch ends a process in which it finds none for its own look at its threads, once a second.

#include "descriptor_failure.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_bool is_refused;

void iiot_refuse_eventfd(bool refused) { is_refused = refused; }

// The thread sanitizer has one of its own.
#if !__has_feature(thread_sanitizer)
int eventfd(unsigned int count, int flags) {
    if (is_refused) {
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_eventfd2, count, flags);
}
#endif
