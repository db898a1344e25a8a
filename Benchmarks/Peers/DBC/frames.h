// The frames of a bus that prepare.py wrote: a header, then records of `stride` bytes.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct record {
    uint64_t time;
    uint32_t identifier;
    uint8_t length, unused[3];
    uint8_t data[];
};

static struct {
    const uint8_t *first;
    uint64_t count, stride;
} frames;

static uint8_t *read_file(const char *folder, const char *name, const char *suffix) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
    FILE *file = fopen(path, "rb");
    if (!file) exit(1);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = calloc(size + 128, 1);
    if (fread(bytes, 1, size, file) != size) exit(1);
    fclose(file);
    return bytes;
}

static void read_frames(const char *folder, const char *name, const char *order) {
    char suffix[64];
    snprintf(suffix, sizeof suffix, ".%s.bin", order);
    const uint8_t *bytes = read_file(folder, name, suffix);
    uint32_t stride;
    memcpy(&stride, bytes + 4, 4);
    memcpy(&frames.count, bytes + 8, 8);
    frames.stride = stride;
    frames.first = bytes + 16;
}

// Decodes all frames so many times with a function, and gives back the number of signals.
#define RUN(DECODE)                                                              \
    {                                                                            \
        uint64_t signals = 0;                                                    \
        while (iterations-- > 0) {                                               \
            const uint8_t *at = frames.first;                                    \
            for (uint64_t i = 0; i < frames.count; i++, at += frames.stride) {   \
                const struct record *r = (const struct record *)at;              \
                double *out = values;                                            \
                signals += (uint64_t)DECODE(r->identifier, r->data, r->length, &out); \
                __asm__ volatile("" : : "r"(out) : "memory");                    \
            }                                                                    \
        }                                                                        \
        return signals;                                                          \
    }
