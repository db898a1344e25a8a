#define _GNU_SOURCE
#include "child_descriptors.h"

int iiot_close_others(posix_spawn_file_actions_t *actions) {
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}
