#define _GNU_SOURCE
#include "placement.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

int iiot_run_on(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (processor >= 0) {
        CPU_SET(processor, &set);
    } else {
        for (int each = 0; each < CPU_SETSIZE; each++) CPU_SET(each, &set);
    }
    DIR *threads = opendir("/proc/self/task");
    if (!threads) return errno;
    int result = 0;
    for (struct dirent *each; (each = readdir(threads));) {
        if (each->d_name[0] == '.') continue;
        if (sched_setaffinity(atoi(each->d_name), sizeof set, &set) && errno != ESRCH) result = errno;
    }
    closedir(threads);
    return result;
}
