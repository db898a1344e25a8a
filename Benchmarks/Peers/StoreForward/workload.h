// The work that all contenders do: records of 128 bytes (the number and noise that nothing compresses),
// in batches, each batch durable before the next. A directory on the disk to be measured stands in
// BENCH_DATA (default /var/tmp/iiot-bench); a tmpfs has no sync to pay for and measures nothing.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD 128u
// A pass of the read benchmark: that many records, whose first words are 1, 2, 3 ...
#define READ_RECORDS 1000000u
#define READ_SUM 500000500000u

static inline void fill(unsigned char *p, uint64_t number) {
    uint64_t x = number * 0x9E3779B97F4A7C15ull + 0x2545F4914F6CDD1Dull;
    memcpy(p, &number, 8);
    for (unsigned i = 8; i < RECORD; i += 8) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(p + i, &x, 8);
    }
}

static inline void die(const char *what) {
    perror(what);
    exit(1);
}

// A fresh path for a contender.
static inline char *data_path(const char *name) {
    static char path[4096];
    const char *base = getenv("BENCH_DATA");
    if (!base) base = "/var/tmp/iiot-bench";
    mkdir(base, 0755);
    snprintf(path, sizeof path, "%s/%s-%d", base, name, (int)getpid());
    return path;
}

static inline void remove_tree(const char *path) {
    char command[4200];
    snprintf(command, sizeof command, "rm -rf '%s'*", path);
    if (system(command)) {}
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static inline uint32_t crc32c(uint32_t c, const void *d, size_t n) {
    const unsigned char *p = d;
    uint64_t x = ~c & 0xFFFFFFFFu;
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        x = __builtin_ia32_crc32di(x, v);
    }
    while (n--) x = __builtin_ia32_crc32qi((uint32_t)x, *p++);
    return ~(uint32_t)x;
}
#else
static uint32_t crc_table[256];
static inline uint32_t crc32c(uint32_t c, const void *d, size_t n) {
    const unsigned char *p = d;
    if (!crc_table[1])
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t r = i;
            for (int k = 0; k < 8; k++) r = (r >> 1) ^ (0x82F63B78u & (0u - (r & 1)));
            crc_table[i] = r;
        }
    c = ~c;
    while (n--) c = crc_table[(c ^ *p++) & 255] ^ (c >> 8);
    return ~c;
}
#endif
