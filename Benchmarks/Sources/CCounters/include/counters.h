#pragma once
#include <stdint.h>

/// What happened in the whole process, all threads, while counting was on.
struct iiot_counts {
    uint64_t allocations;      ///< malloc, calloc, aligned_alloc and the like, and growing reallocs
    uint64_t allocated_bytes;  ///< bytes asked for by them
    uint64_t frees;            ///< frees of something that is not NULL
    uint64_t retains;          ///< Swift strong retains
    uint64_t releases;         ///< Swift strong releases
};

/// Sets the counts to zero and begins to count; retains and releases only where `references` are wanted.
void iiot_counting_begin(_Bool references);

/// Ends counting and tells the counts.
struct iiot_counts iiot_counting_end(void);

/// Whether this process runs under valgrind's callgrind.
int iiot_under_valgrind(void);

/// Under callgrind: begins to count instructions from zero. Does nothing elsewhere.
void iiot_instructions_begin(void);

/// Under callgrind: writes the instructions since `begin` to a dump with this label and stops counting.
void iiot_instructions_end(const char *label);
