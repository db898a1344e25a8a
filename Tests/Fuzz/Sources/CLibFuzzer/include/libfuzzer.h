#pragma once
#include <stddef.h>
#include <stdint.h>

/// libFuzzer's own main: reads its flags and folders from the arguments and calls `target` for each input.
int LLVMFuzzerRunDriver(int *_Nonnull argc, char *_Nullable *_Nonnull *_Nonnull argv, int (*_Nonnull target)(const uint8_t *_Nullable bytes, size_t count));
