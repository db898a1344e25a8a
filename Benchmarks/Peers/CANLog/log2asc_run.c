// A recording an iteration through can-utils' log2asc, which reads every frame and writes it as text. Argument: the file.
#include <stdlib.h>

#include "../peer.h"

static char command[4096];
static uint64_t lines;

static uint64_t work(uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++)
        if (system(command)) exit(1);
    // log2asc tells nothing back: the frames of the file, counted once.
    return iterations * lines;
}

int main(int count, char **arguments) {
    if (count < 2) return 64;
    FILE *file = fopen(arguments[1], "r");
    if (!file) return 1;
    for (int c; (c = getc(file)) != EOF;) lines += c == '\n';
    fclose(file);
    snprintf(command, sizeof command, "log2asc -I '%s' can0 >/dev/null", arguments[1]);
    return peer_main("can-utils log2asc", work);
}
