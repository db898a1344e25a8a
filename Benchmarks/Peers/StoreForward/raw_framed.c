// The limit: records framed with length, number and CRC-32C, written and fdatasync()ed a batch at a time
// into a file whose blocks exist. Argument: records a batch.
// flags: -I Benchmarks/Peers
#include "peer.h"
#include "StoreForward/workload.h"

#define FRAME (RECORD + 16u)
static int file;
static uint64_t batch, number, offset;
static const uint64_t size = 256u << 20;
static unsigned char *buffer;

static uint64_t work(uint64_t iterations) {
    for (uint64_t i = 0; i < iterations; i++) {
        for (uint64_t k = 0; k < batch; k++, number++) {
            unsigned char *p = buffer + k * FRAME;
            uint32_t length = RECORD;
            fill(p + 16, number);
            memcpy(p, &length, 4);
            memcpy(p + 8, &number, 8);
            uint32_t c = crc32c(crc32c(0, p + 8, 8 + RECORD), p, 4);
            memcpy(p + 4, &c, 4);
        }
        if (offset + batch * FRAME > size) offset = 0;
        if (pwrite(file, buffer, batch * FRAME, (off_t)offset) < 0) die("write");
        if (fdatasync(file)) die("fdatasync");
        offset += batch * FRAME;
    }
    return iterations;
}

int main(int argc, char **argv) {
    batch = argc > 1 ? strtoull(argv[1], 0, 10) : 1;
    buffer = calloc(batch, FRAME);
    char *path = data_path("raw");
    file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (file < 0) die(path);
    unlink(path);
    char *zeros = calloc(1, 1 << 20);
    for (uint64_t o = 0; o < size; o += 1 << 20)
        if (pwrite(file, zeros, 1 << 20, (off_t)o) < 0) die("zero");
    if (fsync(file)) die("fsync");
    return peer_main("write and fdatasync", work);
}
