// The C that cantools generates, at work on the frames of Suites/DBCGenerated: the same bus by the same arithmetic.
//     cantools_c schedule|random
#include "../peer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "bus.c"
#include "bus_decode.h"

enum { frame_count = 16384 };

static struct frame {
    uint32_t identifier, length;
    uint8_t data[64];
} *frames;

static uint64_t state = 1;

static uint64_t next(void) { return state = state * 6364136223846793005u + 1442695040888963407u; }

static void add(int place, int message) {
    struct frame *frame = &frames[place];
    frame->identifier = bus_messages[message].identifier;
    frame->length = bus_messages[message].length;
    for (uint32_t at = 0; at < frame->length; at += 8) {
        uint64_t word = next();
        word ^= word >> 29;
        memcpy(frame->data + at, &word, 8);
    }
}

static void make_frames(int is_random) {
    static const int periods[] = {1, 2, 4, 5, 10};
    frames = calloc(frame_count, sizeof *frames);
    int count = 0;
    if (is_random)
        while (count < frame_count) {
            int message = (int)((next() >> 33) % BUS_MESSAGES);
            add(count++, message);
        }
    for (int tick = 0; count < frame_count; tick++)
        for (int message = 0; message < BUS_MESSAGES && count < frame_count; message++)
            if ((tick + message) % periods[message % 5] == 0) add(count++, message);
}

static uint64_t work(uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++)
        for (int f = 0; f < frame_count; f++) {
            bus_decode(frames[f].identifier, frames[f].data, frames[f].length);
            __asm__ volatile("" : : "r"(values) : "memory");
        }
    double sum = 0;
    for (int message = 0; message < BUS_MESSAGES; message++)
        for (int n = 0; n < counts[message]; n++)
            if (isfinite(values[message][n])) sum += values[message][n] / (1 + fabs(values[message][n]));
    uint64_t bits;
    memcpy(&bits, &sum, 8);
    return bits >> 1;
}

int main(int count, char **words) {
    make_frames(count > 1 && strcmp(words[1], "random") == 0);
    return peer_main(BUS_VERSION, work);
}
