#include "crc32c.h"

#include <string.h>

// Slicing-by-8: eight tables, so that eight bytes cost eight look-ups and no carried shift.
static uint32_t table[8][256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = (c >> 1) ^ (0x82F63B78u & -(c & 1));
        table[0][i] = c;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int k = 1; k < 8; k++)
            table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 0xFF];
}

static uint32_t byte_by_byte(uint32_t crc, const uint8_t *p, size_t n) {
    while (n--) crc = (crc >> 8) ^ table[0][(crc ^ *p++) & 0xFF];
    return crc;
}

uint32_t iiot_crc32c_portable(uint32_t seed, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    uint32_t crc = ~seed;
    for (; count >= 8; p += 8, count -= 8) {
        uint32_t low = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                       (uint32_t)p[3] << 24;
        low ^= crc;
        crc = table[7][low & 0xFF] ^ table[6][low >> 8 & 0xFF] ^ table[5][low >> 16 & 0xFF] ^
              table[4][low >> 24] ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^
              table[0][p[7]];
    }
    return ~byte_by_byte(crc, p, count);
}

#if defined(__x86_64__)
// One instruction takes three cycles and a new one can begin each cycle: so three stretches are summed
// at the same time and joined by tables that say what a checksum becomes when zeros follow.
#define LONG 2048
#define SHORT 256
static uint32_t after_long[4][256], after_short[4][256];

__attribute__((target("sse4.2"))) static uint32_t follow_with_zeros(uint32_t crc, size_t count) {
    uint64_t c = crc;
    for (; count >= 8; count -= 8) c = __builtin_ia32_crc32di(c, 0);
    return (uint32_t)c;
}

static void fill_zeros_table(uint32_t zeros[4][256], size_t count) {
    for (int byte = 0; byte < 4; byte++)
        for (int bit = 0; bit < 8; bit++) {
            // The operation is linear: every entry is the sum of those of its bits.
            uint32_t one = follow_with_zeros((uint32_t)1 << (8 * byte + bit), count);
            for (int i = 0; i < 1 << bit; i++)
                zeros[byte][i | 1 << bit] = zeros[byte][i] ^ one;
        }
}

static inline uint64_t shift(uint32_t zeros[4][256], uint64_t crc) {
    return zeros[0][crc & 0xFF] ^ zeros[1][crc >> 8 & 0xFF] ^ zeros[2][crc >> 16 & 0xFF] ^
           zeros[3][crc >> 24 & 0xFF];
}

static inline uint64_t word_at(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

__attribute__((target("sse4.2"))) static inline uint64_t three_stretches(uint64_t crc,
                                                                         const uint8_t *p,
                                                                         size_t stretch,
                                                                         uint32_t zeros[4][256]) {
    uint64_t second = 0, third = 0;
    for (const uint8_t *end = p + stretch; p < end; p += 8) {
        crc = __builtin_ia32_crc32di(crc, word_at(p));
        second = __builtin_ia32_crc32di(second, word_at(p + stretch));
        third = __builtin_ia32_crc32di(third, word_at(p + 2 * stretch));
    }
    crc = shift(zeros, crc) ^ second;
    return shift(zeros, crc) ^ third;
}

__attribute__((target("sse4.2"))) static uint32_t hardware(uint32_t seed, const uint8_t *p,
                                                           size_t count) {
    uint64_t crc = (uint32_t)~seed;
    for (; count >= 3 * LONG; p += 3 * LONG, count -= 3 * LONG)
        crc = three_stretches(crc, p, LONG, after_long);
    for (; count >= 3 * SHORT; p += 3 * SHORT, count -= 3 * SHORT)
        crc = three_stretches(crc, p, SHORT, after_short);
    for (; count >= 8; p += 8, count -= 8) crc = __builtin_ia32_crc32di(crc, word_at(p));
    uint32_t tail = (uint32_t)crc;
    if (count >= 4) {
        uint32_t word;
        memcpy(&word, p, 4);
        tail = __builtin_ia32_crc32si(tail, word);
        p += 4;
        count -= 4;
    }
    while (count--) tail = __builtin_ia32_crc32qi(tail, *p++);
    return ~tail;
}

static int has_hardware;
__attribute__((constructor)) static void look(void) {
    __builtin_cpu_init();
    has_hardware = __builtin_cpu_supports("sse4.2");
    if (has_hardware) {
        fill_zeros_table(after_long, LONG);
        fill_zeros_table(after_short, SHORT);
    }
}
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
static const int has_hardware = 1;
static uint32_t hardware(uint32_t seed, const uint8_t *p, size_t count) {
    uint32_t crc = ~seed;
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        crc = __crc32cd(crc, word);
    }
    while (count--) crc = __crc32cb(crc, *p++);
    return ~crc;
}
#else
static const int has_hardware = 0;
#define hardware iiot_crc32c_portable
#endif

uint32_t iiot_crc32c(uint32_t seed, const void *bytes, size_t count) {
    return has_hardware ? hardware(seed, bytes, count)
                        : iiot_crc32c_portable(seed, bytes, count);
}
