// Hundreds of tests run at once in one process, which together have more files open than the 1024 that a login allows.
// Before main, so that it holds however the tests are started.

#include <sys/resource.h>

__attribute__((constructor)) static void raise_descriptor_limit(void) {
    const rlim_t wanted = 16384;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
}
