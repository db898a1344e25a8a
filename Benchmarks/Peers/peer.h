// What every peer written in C shares: the conversation with the harness.
//
//     static uint64_t work(uint64_t iterations) { ...; return a number made of the results; }
//     int main(void) { return peer_main("libfoo 1.2", work); }
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

typedef uint64_t (*peer_work)(uint64_t iterations);

static inline double peer_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline int peer_main(const char *version, peer_work work) {
    printf("{\"version\": \"%s\"}\n", version);
    fflush(stdout);
    uint64_t iterations;
    while (scanf("%" SCNu64, &iterations) == 1) {
        double start = peer_seconds();
        uint64_t check = work(iterations);
        double seconds = peer_seconds() - start;
        printf("{\"seconds\": %.9f, \"check\": %" PRIu64 "}\n", seconds, check);
        fflush(stdout);
    }
    return 0;
}
