// 1000 numbers an iteration as lines, by the C library: 17 digits, not the shortest text that reads back.
// flags: -O2
#include <stdlib.h>

#include "../peer.h"

static uint64_t work(uint64_t iterations) {
    static char text[1 << 18];
    uint64_t count = 0;
    while (iterations--) {
        char *at = text;
        for (int i = 0; i < 1000; i++)
            at += snprintf(at, 256, "plant pump%d=%.17g %lld\n", i % 50, i * 0.1 + 0.05,
                           1767225600000000000ll + i * 1000000ll);
        __asm__ volatile("" : : "r"(text) : "memory");
        count += (uint64_t)(at - text);
    }
    return count;
}

int main(void) { return peer_main("glibc", work); }
