// Vector kernels. Each does what its portable twin in Swift does, to the bit: multiplication and addition stay two
// roundings (no fused operations), conversions are those of the language.
#include "decode_kernels.h"

#include <string.h>

_Static_assert(sizeof(dk_signal) == 32, "two in a cache line");
_Static_assert(sizeof(dk_group) == 256, "four cache lines");
_Static_assert(sizeof(dk_short_group) == 128, "two cache lines");
_Static_assert(sizeof(dk_message) == 32, "two in a cache line");
_Static_assert(sizeof(dk_header) == 24, "the layout of a batch");

#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#include <immintrin.h>

#define VECTOR \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,bmi2")))

int dk_has_vectors(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("bmi2");
}

static inline uint64_t aligned_bits(const dk_signal *s, const uint8_t *payload) {
  uint64_t word;
  memcpy(&word, payload + s->offset, 8);
  if (s->isBigEndian) word = __builtin_bswap64(word);
  if (s->nineBits == 0) return word << s->left;
  uint64_t ninth = payload[s->offset + 8];
  if (s->isBigEndian) return word << s->left | ninth >> (8 - s->left);
  return (word >> s->left | ninth << (64 - s->left)) << s->right;
}

static double half_value(uint16_t bits) {
  double sign = bits & 0x8000 ? -1 : 1, fraction = bits & 0x3FF;
  int exponent = bits >> 10 & 0x1F;
  if (exponent == 0) return sign * fraction * 0x1p-24;
  if (exponent == 31) return __builtin_copysign(fraction == 0 ? __builtin_inf() : __builtin_nan(""), sign);
  uint64_t power = (uint64_t)(exponent - 25 + 1023) << 52;
  double scale;
  memcpy(&scale, &power, 8);
  return sign * (fraction + 1024) * scale;
}

// The number that bits at the upper end of a word stand for.
static inline double kind_number(const dk_signal *s, uint64_t bits) {
  double number;
  switch (s->kind) {
    case DK_UNSIGNED: return (double)(int64_t)(bits >> s->right);
    case DK_SIGNED: return (double)((int64_t)bits >> s->right);
    case DK_UNSIGNED64: return (double)bits;
    case DK_FLOAT64: memcpy(&number, &bits, 8); return number;
    case DK_FLOAT32: {
      uint32_t half = (uint32_t)(bits >> s->right);
      float single;
      memcpy(&single, &half, 4);
      return (double)single;
    }
    default: return half_value((uint16_t)(bits >> s->right));
  }
}

static double scalar_value(const dk_signal *s, const uint8_t *payload) {
  uint64_t bits = aligned_bits(s, payload);
  if (s->sentinelBits && bits >> (64 - s->sentinelBits) >= (1u << s->sentinelBits) - 2)
    return __builtin_nan("");
  double number = kind_number(s, bits) * s->factor;
  return number + s->addend;
}

// The groups of a section. `payload` holds the words of the message, zeros behind.
VECTOR static inline __attribute__((always_inline)) void decode_groups(const dk_group *group,
                                                                       uint32_t count,
                                                                       __m512i payload,
                                                                       double *out) {
  for (; count > 0; count--, group++, out += 8) {
    __m512i words = _mm512_permutexvar_epi8(_mm512_load_si512(group->permutation), payload);
    __m512i left = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)group->left));
    __m512i right = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)group->right));
    words = _mm512_sllv_epi64(words, left);
    __m512i bits = _mm512_srlv_epi64(words, right);
    bits = _mm512_mask_srav_epi64(bits, group->signedLanes, words, right);
    __m512d numbers = _mm512_cvtepi64_pd(bits);
    numbers = _mm512_mul_pd(numbers, _mm512_load_pd(group->factor));
    numbers = _mm512_add_pd(numbers, _mm512_load_pd(group->addend));
    _mm512_mask_storeu_pd(out, group->laneMask, numbers);
  }
}

// As decode_groups, for a message of few signals: one group, the payload within 32 bytes.
VECTOR static inline __attribute__((always_inline)) void decode_short(const dk_short_group *group,
                                                                      __m256i payload,
                                                                      double *out) {
  uint32_t lefts, rights;
  memcpy(&lefts, group->left, 4);
  memcpy(&rights, group->right, 4);
  __m256i permutation = _mm256_load_si256((const __m256i *)group->permutation);
  __m256i words = _mm256_permutexvar_epi8(permutation, payload);
  __m256i right = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128((int)rights));
  words = _mm256_sllv_epi64(words, _mm256_cvtepu8_epi64(_mm_cvtsi32_si128((int)lefts)));
  __m256i bits = _mm256_srlv_epi64(words, right);
  bits = _mm256_mask_srav_epi64(bits, group->signedLanes, words, right);
  __m256d numbers = _mm256_cvtepi64_pd(bits);
  numbers = _mm256_mul_pd(numbers, _mm256_load_pd(group->factor));
  numbers = _mm256_add_pd(numbers, _mm256_load_pd(group->addend));
  _mm256_mask_storeu_pd(out, group->laneMask, numbers);
}

static inline void touch(dk_state *state, int64_t time) {
  state->time = time;
  state->count += 1;
  state->isMixed = 0;
}

// The words of a message, zeros behind.
VECTOR static inline __attribute__((always_inline)) __m512i load_payload(const uint64_t *start,
                                                                         uint32_t wordCount) {
  if (wordCount <= 1) {
    // A message without signals may be a frame without words; the batch has a spare one.
    return _mm512_zextsi128_si512(_mm_loadl_epi64((const __m128i *)start));
  }
  return _mm512_maskz_loadu_epi64((__mmask8)((1u << wordCount) - 1), start);
}

// The words of a message with at most four.
VECTOR static inline __attribute__((always_inline)) __m256i load_short(const uint64_t *start,
                                                                       uint32_t wordCount) {
  if (wordCount <= 1)
    return _mm256_zextsi128_si256(_mm_loadl_epi64((const __m128i *)start));
  return _mm256_maskz_loadu_epi64((__mmask8)((1u << wordCount) - 1), start);
}

// One section of a whole frame.
VECTOR static void decode_section(const dk_plan *plan, uint32_t index, __m512i payload,
                                  const uint8_t *bytes, int64_t time, double *values,
                                  dk_state *states) {
  const dk_section *section = plan->sections + index;
  touch(states + index, time);
  decode_groups(plan->groups + section->firstGroup, section->groupCount, payload,
                values + section->firstSignal);
  const dk_signal *signals = plan->signals + section->firstSignal;
  for (uint32_t i = section->runEnds[3]; i < section->signalCount; i++)
    values[section->firstSignal + i] = scalar_value(signals + i, bytes);
}

// The section that a selector value opens, or -1; for switches whose ranges do not overlap.
static int64_t open_section(const dk_plan *plan, const dk_switch *selection, uint64_t value) {
  uint32_t low = selection->firstRange, end = low + selection->rangeCount, high = end;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (plan->ranges[middle].upper < value) low = middle + 1;
    else high = middle;
  }
  return low < end && plan->ranges[low].lower <= value ? (int64_t)plan->ranges[low].section : -1;
}

// A section and everything that its multiplexors open below it. Depth is bounded when the plan is compiled.
VECTOR static uint64_t decode_switches(const dk_plan *plan, uint32_t index, __m512i payload,
                                       const uint8_t *bytes, int64_t time, double *values,
                                       dk_state *states) {
  const dk_section *section = plan->sections + index;
  uint64_t signals = 0;
  for (uint32_t i = 0; i < section->switchCount; i++) {
    const dk_switch *selection = plan->switches + section->firstSwitch + i;
    const dk_signal *selector = plan->signals + selection->signal;
    uint64_t value = aligned_bits(selector, bytes) >> selector->right;
    if (selection->isOverlapping) {
      const dk_range *range = plan->ranges + selection->firstRange;
      for (uint32_t k = selection->rangeCount; k > 0 && range->lower <= value; k--, range++) {
        if (range->upper < value) continue;
        decode_section(plan, range->section, payload, bytes, time, values, states);
        signals += plan->sections[range->section].signalCount;
        signals += decode_switches(plan, range->section, payload, bytes, time, values, states);
      }
      continue;
    }
    int64_t open = selection->entryCount > 0 ? plan->entries[selection->firstEntry + value]
                                             : open_section(plan, selection, value);
    if (open < 0) continue;
    decode_section(plan, (uint32_t)open, payload, bytes, time, values, states);
    signals += plan->sections[open].signalCount;
    if (plan->sections[open].switchCount > 0)
      signals += decode_switches(plan, (uint32_t)open, payload, bytes, time, values, states);
  }
  return signals;
}

// A message with more than groups.
VECTOR static __attribute__((noinline)) uint64_t decode_rich(const dk_plan *plan,
                                                             const dk_message *message,
                                                             const uint64_t *start, int64_t time,
                                                             double *values, dk_state *states) {
  __m512i payload = load_payload(start, message->wordCount <= 8 ? message->wordCount : 0);
  const uint8_t *bytes = (const uint8_t *)start;
  decode_section(plan, message->section, payload, bytes, time, values, states);
  return message->rootCount +
         decode_switches(plan, message->section, payload, bytes, time, values, states);
}

enum { REMOTE_OR_ERROR = 1 << 3 | 1 << 4, BLOCK = 64 };

static inline int32_t find_extended(const uint64_t *extended, uint32_t mask, uint32_t multiplier,
                                    uint32_t key) {
  uint32_t product = key * multiplier;
  for (uint32_t position = product ^ product >> 15;; position++) {
    uint64_t entry = extended[position & mask];
    if ((uint32_t)(entry >> 32) == key) return (int32_t)(uint32_t)entry;
    if (entry == UINT64_MAX) return -1;
  }
}

// The key of a J1939 group: its number, without the destination that PDU1 groups carry in their lower byte.
static inline uint32_t group_key(uint32_t identifier) {
  uint32_t number = identifier >> 8 & 0x3FFFF;
  return 1u << 30 | ((number & 0xFF00) < 0xF000 ? number & 0x3FF00 : number);
}

// Asks for what lies so many bytes behind: a long batch comes from memory, and two streams at half a cache line a frame are
// not foreseen by the processor. Behind the end it is asked for in vain.
static inline void ask_ahead(const void *place, uintptr_t bytes) {
  __builtin_prefetch((const void *)((uintptr_t)place + bytes), 0, 3);
}

// In blocks: first all messages are found, then they are decoded.
VECTOR int64_t dk_decode_slots(const dk_plan *plan, const dk_header *headers, int64_t first,
                               int64_t count, const uint64_t *words, double *values,
                               dk_state *states, dk_counts *counts) {
  const int32_t *standard = plan->standard;
  const uint64_t *extended = plan->extended;
  const uint32_t mask = plan->extendedMask, multiplier = plan->extendedMultiplier;
  const uint32_t hasGroups = plan->hasParameterGroups;
  const dk_message *messages = plan->messages;
  const dk_group *groups = plan->groups;
  const dk_short_group *shortGroups = plan->shortGroups;
  int32_t found[BLOCK];
  uint64_t frames = 0, signals = 0, unmatched = 0;
  while (first < count) {
    int64_t end = count - first < BLOCK ? count : first + BLOCK;
    for (int64_t i = first; i < end; i++) {
      ask_ahead(headers + i, 256 * sizeof *headers);
      ask_ahead(words + headers[i].firstWord, 256 * sizeof *words);
      uint32_t identifier = headers[i].identifier;
      int32_t index = identifier >> 31 ? find_extended(extended, mask, multiplier, identifier)
                                       : standard[identifier & 0x7FF];
      if (index < 0 && hasGroups && identifier >> 31)
        index = find_extended(extended, mask, multiplier, group_key(identifier));
      if (headers[i].flags & REMOTE_OR_ERROR) index = -1;
      found[i - first] = index;
    }
    for (int64_t i = first; i < end; i++) {
      int32_t index = found[i - first];
      if (index < 0) {
        unmatched += 1;
        continue;
      }
      const dk_header *header = headers + i;
      const dk_message *message = messages + index;
      if (header->count < message->fullCount) {
        first = i;
        goto done;
      }
      const uint64_t *start = words + header->firstWord;
      frames += 1;
      if (message->kind == DK_RICH) {
        signals += decode_rich(plan, message, start, header->time, values, states);
        continue;
      }
      touch(states + message->section, header->time);
      if (message->kind == DK_SHORT) {
        decode_short(shortGroups + message->firstGroup, load_short(start, message->wordCount),
                     values + message->firstSignal);
        signals += message->signalCount;
        continue;
      }
      decode_groups(groups + message->firstGroup, message->groupCount,
                    load_payload(start, message->wordCount), values + message->firstSignal);
      signals += message->signalCount;
    }
    first = end;
  }
done:
  counts->frames += frames;
  counts->signals += signals;
  counts->unmatched += unmatched;
  return first;
}

// How a column of words becomes a column of numbers. The bits of the signal stand in word `low` or, when `isSplit`,
// also in `high`; `left` and `right` as in dk_signal, but counted within the word.
typedef struct {
  const uint64_t *low;
  const uint64_t *high;
  uint8_t shift;  // of a split: how far the parts move
  uint8_t left;
  uint8_t right;
  uint8_t isSplit;
} column_place;

static inline column_place find_column(const dk_signal *s, const uint64_t *words, int64_t rows) {
  uint32_t start = s->isBigEndian || s->nineBits ? s->left : s->right - s->left;
  uint32_t first = s->offset * 8u + start, shift = first & 63;
  column_place place = {.low = words + (int64_t)(first >> 6) * rows, .right = s->right};
  place.high = place.low;
  if (shift + s->bitCount <= 64) {
    place.left = (uint8_t)(s->isBigEndian ? shift : 64 - shift - s->bitCount);
  } else {
    place.isSplit = 1;
    place.high = place.low + rows;
    place.shift = (uint8_t)shift;
  }
  return place;
}

static inline uint64_t column_bits(const dk_signal *s, const column_place *c, int64_t row) {
  uint64_t low = c->low[row], high = c->high[row];
  if (s->isBigEndian) low = __builtin_bswap64(low), high = __builtin_bswap64(high);
  if (!c->isSplit) return low << c->left;
  if (s->isBigEndian) return low << c->shift | high >> (64 - c->shift);
  return (low >> c->shift | high << (64 - c->shift)) << c->right;
}

// Halves are rare: row by row.
static void decode_half_column(const dk_signal *s, const column_place *c, int64_t rows,
                               double *values) {
  for (int64_t row = 0; row < rows; row++) {
    double number = half_value((uint16_t)(column_bits(s, c, row) >> s->right)) * s->factor;
    values[row] = number + s->addend;
  }
}

#define COLUMN_LOOP(LOAD, CONVERT)                                               \
  for (int64_t i = 0; i < rows; i += 8) {                                        \
    __mmask8 lanes = rows - i >= 8 ? 0xFF : (__mmask8)((1u << (rows - i)) - 1);  \
    __m512i bits = LOAD;                                                         \
    __m512d numbers = CONVERT;                                                   \
    numbers = _mm512_mul_pd(numbers, factor);                                    \
    numbers = _mm512_add_pd(numbers, addend);                                    \
    _mm512_mask_storeu_pd(values + i, lanes, numbers);                           \
  }

#define SIGNED _mm512_cvtepi64_pd(_mm512_sra_epi64(bits, right))
#define UNSIGNED _mm512_cvtepu64_pd(_mm512_srl_epi64(bits, right))
#define SINGLE _mm512_cvtps_pd(_mm512_cvtepi64_epi32(_mm512_srl_epi64(bits, right)))
#define DOUBLE _mm512_castsi512_pd(bits)

#define COLUMN_KINDS(LOAD)                                      \
  switch (s->kind) {                                            \
    case DK_SIGNED: COLUMN_LOOP(LOAD, SIGNED) break;            \
    case DK_FLOAT32: COLUMN_LOOP(LOAD, SINGLE) break;           \
    case DK_FLOAT64: COLUMN_LOOP(LOAD, DOUBLE) break;           \
    default: COLUMN_LOOP(LOAD, UNSIGNED) break;                 \
  }

// The shifts are the same for all rows, so that one loop is a handful of instructions for eight of them.
VECTOR void dk_decode_columns(const dk_signal *signals, int64_t signalCount, const uint64_t *words,
                              int64_t rows, double *values) {
  const __m512i swap = _mm512_broadcast_i32x4(
      _mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
  for (const dk_signal *s = signals, *end = s + signalCount; s < end; s++, values += rows) {
    const column_place c = find_column(s, words, rows);
    if (s->kind == DK_FLOAT16) {
      decode_half_column(s, &c, rows, values);
      continue;
    }
    const __m512d factor = _mm512_set1_pd(s->factor), addend = _mm512_set1_pd(s->addend);
    const __m128i left = _mm_cvtsi32_si128(c.left), right = _mm_cvtsi32_si128(c.right);
    const uint64_t *low = c.low, *high = c.high;
#define AT(WORDS) _mm512_maskz_loadu_epi64(lanes, (WORDS) + i)
#define SWAPPED(WORDS) _mm512_shuffle_epi8(AT(WORDS), swap)
    if (!c.isSplit) {
      if (s->isBigEndian) {
        COLUMN_KINDS(_mm512_sll_epi64(SWAPPED(low), left))
      } else {
        COLUMN_KINDS(_mm512_sll_epi64(AT(low), left))
      }
      continue;
    }
    const __m128i shift = _mm_cvtsi32_si128(c.shift), back = _mm_cvtsi32_si128(64 - c.shift);
    if (s->isBigEndian) {
      COLUMN_KINDS(_mm512_or_si512(_mm512_sll_epi64(SWAPPED(low), shift),
                                   _mm512_srl_epi64(SWAPPED(high), back)))
    } else {
      COLUMN_KINDS(_mm512_sll_epi64(_mm512_or_si512(_mm512_srl_epi64(AT(low), shift),
                                                    _mm512_sll_epi64(AT(high), back)),
                                    right))
    }
  }
}

// The same for processors with AVX2 alone: four rows at a time. There is no conversion of 64-bit integers; those of up to
// 51 bits become numbers by the bits of 2^52, wider ones one by one.
#define VECTOR2 __attribute__((target("avx2")))

int dk_has_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0;
}

VECTOR2 static inline __attribute__((always_inline)) __m256i load4(const uint64_t *words,
                                                                   int isBigEndian) {
  const __m256i swap = _mm256_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6,
                                        5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
  __m256i loaded = _mm256_loadu_si256((const __m256i *)words);
  return isBigEndian ? _mm256_shuffle_epi8(loaded, swap) : loaded;
}

VECTOR2 static inline __attribute__((always_inline)) int64_t decode4(
    const dk_signal *s, const column_place *c, int64_t rows, double *values, int isBigEndian,
    int isSplit) {
  const __m256d factor = _mm256_set1_pd(s->factor), addend = _mm256_set1_pd(s->addend);
  const __m128i left = _mm_cvtsi32_si128(c->left), right = _mm_cvtsi32_si128(c->right);
  const __m128i shift = _mm_cvtsi32_si128(c->shift), back = _mm_cvtsi32_si128(64 - c->shift);
  // Of a signed number the sign bit is turned over and taken off again with the bits of 2^52.
  const int64_t half = s->kind == DK_SIGNED ? (int64_t)1 << (s->bitCount - 1) : 0;
  const __m256i sign = _mm256_set1_epi64x(half ^ 0x4330000000000000);
  const __m256d base = _mm256_set1_pd(0x1p52 + (double)half);
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    __m256i bits = load4(c->low + i, isBigEndian);
    if (!isSplit) {
      bits = _mm256_sll_epi64(bits, left);
    } else {
      __m256i high = load4(c->high + i, isBigEndian);
      bits = isBigEndian ? _mm256_or_si256(_mm256_sll_epi64(bits, shift), _mm256_srl_epi64(high, back))
                         : _mm256_sll_epi64(_mm256_or_si256(_mm256_srl_epi64(bits, shift),
                                                            _mm256_sll_epi64(high, back)),
                                            right);
    }
    bits = _mm256_xor_si256(_mm256_srl_epi64(bits, right), sign);
    __m256d numbers = _mm256_sub_pd(_mm256_castsi256_pd(bits), base);
    numbers = _mm256_mul_pd(numbers, factor);
    _mm256_storeu_pd(values + i, _mm256_add_pd(numbers, addend));
  }
  return i;
}

VECTOR2 void dk_decode_columns_avx2(const dk_signal *signals, int64_t signalCount,
                                    const uint64_t *words, int64_t rows, double *values) {
  for (const dk_signal *s = signals, *end = s + signalCount; s < end; s++, values += rows) {
    const column_place c = find_column(s, words, rows);
    if (s->kind == DK_FLOAT16) {
      decode_half_column(s, &c, rows, values);
      continue;
    }
    int64_t row = 0;
    if (s->kind <= DK_SIGNED && s->bitCount <= 51) {
      if (s->isBigEndian) {
        row = c.isSplit ? decode4(s, &c, rows, values, 1, 1) : decode4(s, &c, rows, values, 1, 0);
      } else {
        row = c.isSplit ? decode4(s, &c, rows, values, 0, 1) : decode4(s, &c, rows, values, 0, 0);
      }
    }
    for (; row < rows; row++) {
      double number = kind_number(s, column_bits(s, &c, row)) * s->factor;
      values[row] = number + s->addend;
    }
  }
}

#else

// Never called: dk_has_vectors says no.
int dk_has_vectors(void) { return 0; }

int64_t dk_decode_slots(const dk_plan *plan, const dk_header *headers, int64_t first, int64_t count,
                        const uint64_t *words, double *values, dk_state *states,
                        dk_counts *counts) {
  return first;
}

void dk_decode_columns(const dk_signal *signals, int64_t signalCount, const uint64_t *words,
                       int64_t rows, double *values) {}

int dk_has_avx2(void) { return 0; }

void dk_decode_columns_avx2(const dk_signal *signals, int64_t signalCount, const uint64_t *words,
                            int64_t rows, double *values) {}

#endif
