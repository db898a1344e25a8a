#define _GNU_SOURCE
#include "child_descriptors.h"

#include <sys/socket.h>

int iiot_close_others(posix_spawn_file_actions_t *actions) {
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

int iiot_accept_for_test(int listener) { return accept4(listener, 0, 0, SOCK_CLOEXEC); }
