// Counts what the calling thread allocates between two points.
#pragma once
#include <stdint.h>

// Whether counting works in this program.
int iiot_allocations_are_counted(void);
// Begins to count on this thread.
void iiot_allocations_begin(void);
// Ends it; the number of allocations since it began.
uint64_t iiot_allocations_end(void);
// Bytes that the whole process has asked for and not given back; 0 where nobody counts them, as under a sanitizer.
uint64_t iiot_bytes_in_use(void);
