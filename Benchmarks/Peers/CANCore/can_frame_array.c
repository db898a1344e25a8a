// 1000 classic frames an iteration as an array of the kernel's struct can_frame and a time.
// flags: -O2
#include <linux/can.h>
#include <string.h>

#include "../peer.h"

struct timed {
    int64_t time;
    struct can_frame frame;
};

static struct {
    int64_t time;
    uint32_t identifier;
    uint64_t word;
} source[1000];

static struct timed batch[1000];

static uint64_t work(uint64_t iterations) {
    uint64_t check = 0;
    while (iterations--) {
        for (int i = 0; i < 1000; i++) {
            batch[i].time = source[i].time;
            batch[i].frame = (struct can_frame){.can_id = source[i].identifier, .can_dlc = 8};
            memcpy(batch[i].frame.data, &source[i].word, 8);
        }
        __asm__ volatile("" : : "r"(batch) : "memory");
        for (int i = 0; i < 1000; i++) {
            uint64_t word;
            memcpy(&word, batch[i].frame.data, 8);
            check += word;
        }
    }
    return check;
}

int main(void) {
    for (uint64_t i = 0; i < 1000; i++) {
        source[i].time = (int64_t)i * 500000;
        source[i].identifier = i & 0x7FF;
        source[i].word = i * 0x9E3779B97F4A7C15u;
    }
    return peer_main("linux/can.h, gcc -O2", work);
}
