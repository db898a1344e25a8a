#pragma once
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of `count` bytes, continued from `seed`
/// (the value an earlier call returned, or any number that shall tell equal bytes apart; 0 to begin).
/// Uses the processor's own instruction where it has one.
uint32_t iiot_crc32c(uint32_t seed, const void *bytes, size_t count);

/// The same value without any special instruction; the tests hold the two against each other.
uint32_t iiot_crc32c_portable(uint32_t seed, const void *bytes, size_t count);
