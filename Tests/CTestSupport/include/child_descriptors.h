// A child process that gets no descriptor by accident.
#pragma once
#include <spawn.h>

// Has the child close everything but 0, 1 and 2. Otherwise it may hold another test's socket open, whose end the peer
// then never sees.
int iiot_close_others(posix_spawn_file_actions_t *actions);
