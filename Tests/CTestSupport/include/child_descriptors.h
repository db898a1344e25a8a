// A child process that gets no descriptor by accident: it may hold another test's socket open, whose end the peer then
// never sees.
#pragma once
#include <spawn.h>

// Has the child close everything but 0, 1 and 2.
int iiot_close_others(posix_spawn_file_actions_t *actions);

// Waits for a client; its descriptor is not handed to children that close nothing, as exit tests do.
int iiot_accept_for_test(int listener);
