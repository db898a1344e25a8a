// The C that cantools generates of a bus, for this very processor.
//     cantools_c FOLDER BUS schedule|random
// flags: -O3 -march=native -flto -ffp-contract=off -Wno-unused-function -I .build-peers/DBC -lm
#include "../peer.h"
#include "frames.h"

#include "buses.h"

static const char *bus;

static uint64_t work(uint64_t iterations) { return run(bus, iterations); }

int main(int count, char **words) {
    if (count < 4) return 64;
    bus = words[2];
    read_frames(words[1], bus, words[3]);
    return peer_main(VERSION, work);
}
