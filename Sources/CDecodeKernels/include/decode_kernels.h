// The compiled form of a database, shared by the portable decoder (Swift) and the vector kernels (C).
// Everything is plain records that refer to one another by index.
#ifndef DECODE_KERNELS_H
#define DECODE_KERNELS_H

#include <stdint.h>

// How the window of a signal becomes a number.
enum {
  DK_UNSIGNED = 0,    // up to 63 bits
  DK_SIGNED = 1,
  DK_UNSIGNED64 = 2,  // all 64 bits
  DK_FLOAT16 = 3,
  DK_FLOAT32 = 4,
  DK_FLOAT64 = 5,
};

// One signal. Its window is the 8 bytes from `offset`, the most significant byte last (Intel) or first (Motorola);
// shifting left by `left`, then right by `right`, leaves its bits. A signal that touches nine bytes takes its
// missing `nineBits` bits (1 to 7) from the ninth.
typedef struct {
  uint16_t offset;
  uint8_t left;
  uint8_t right;
  uint8_t kind;
  uint8_t isBigEndian;
  uint8_t nineBits;
  uint8_t bitCount;
  uint16_t endByte;  // the signal needs this many payload bytes
  uint16_t sentinelBits;  // J1939: how many upper bits say "not available" (all 1) or "error" (one less); 0 none
  int32_t source;  // its index in the database
  double factor;
  double addend;
} dk_signal;

// Signals that are active together: those of a message without condition, or those of a branch.
typedef struct {
  uint32_t firstSignal;  // and first slot: the slot of a signal is its index here
  uint32_t signalCount;
  // Ends of consecutive runs, counted from firstSignal: Intel unsigned, Intel signed, Motorola unsigned, Motorola
  // signed; all others follow.
  uint32_t runEnds[4];
  uint32_t firstGroup;  // vector groups of 8 that cover the four runs
  uint32_t groupCount;
  uint32_t firstSwitch;
  uint32_t switchCount;
} dk_section;

// A multiplexor that is active together with the section that lists it.
typedef struct {
  uint32_t signal;      // the selector, read as an unsigned number
  uint32_t firstEntry;  // direct table of sections by selector value; entryCount 0 when there is none
  uint32_t entryCount;
  uint32_t firstRange;  // ranges sorted by lower bound
  uint32_t rangeCount;
  uint32_t isOverlapping;  // ranges of different branches overlap: all must be looked at
} dk_switch;

typedef struct {
  uint64_t lower;
  uint64_t upper;
  uint32_t section;
  uint32_t reserved;
} dk_range;

// How whole frames of a message are decoded.
enum {
  DK_RICH = 0,    // switches, signals outside groups, or a payload longer than a vector
  DK_GROUPS = 1,  // nothing but groups of eight
  DK_SHORT = 2,   // nothing but one group of four
};

// A message, with what whole frames need of its root section: two in a cache line.
typedef struct {
  uint32_t section;
  uint32_t firstSignal;    // of all sections, consecutive like their slots
  uint32_t signalCount;
  uint16_t fullCount;      // payload bytes that its signals need
  uint16_t wordCount;      // the same in words; windows never leave them
  uint32_t rootCount;      // signals of the root section
  uint32_t firstGroup;     // its groups; of a short one the place in `shortGroups`
  uint32_t groupCount;
  uint32_t kind;
} dk_message;

// Eight signals at a time, for processors that can permute 64 bytes at once.
typedef struct {
  uint8_t permutation[64];
  double factor[8];
  double addend[8];
  uint8_t left[8];
  uint8_t right[8];
  uint8_t signedLanes;
  uint8_t laneMask;
  uint8_t padding[46];
} dk_group;

// The same for up to four signals in the first 32 bytes: half as much to read for each frame of a message that has no
// more. (A bus of many small messages is bound by what its plan takes of the nearest cache.)
typedef struct {
  uint8_t permutation[32];
  double factor[4];
  double addend[4];
  uint8_t left[4];
  uint8_t right[4];
  uint8_t signedLanes;
  uint8_t laneMask;
  uint8_t padding[22];
} dk_short_group;

// When the signals of a section were decoded last, and how often.
typedef struct {
  int64_t time;
  uint32_t count;
  uint32_t isMixed;  // the last frame was short: times differ within the section
} dk_state;

// The whole plan. Identifiers: a direct table for standard ones, open addressing for extended ones; an entry is the
// identifier in the upper and the message in the lower half, all ones when empty. J1939 groups stand among the
// extended identifiers as their number with bit 30 set, and are looked for second.
typedef struct {
  const dk_signal *signals;
  const dk_section *sections;
  const dk_switch *switches;
  const dk_range *ranges;
  const int32_t *entries;
  const dk_message *messages;
  const dk_group *groups;
  const dk_short_group *shortGroups;
  const int32_t *standard;
  const uint64_t *extended;
  uint32_t extendedMask;
  uint32_t extendedMultiplier;
  uint32_t hasParameterGroups;
} dk_plan;

// One frame of a batch: the layout of CANFrameBatch.Header (checked by a test).
typedef struct {
  int64_t time;
  uint32_t identifier;
  uint32_t firstWord;
  uint16_t channel;
  uint8_t count;
  uint8_t flags;
  uint8_t dataLengthCode;
} dk_header;

// What a run over frames did.
typedef struct {
  uint64_t frames;
  uint64_t unmatched;
  uint64_t shortened;
  uint64_t signals;
} dk_counts;

// Whether this processor runs the vector kernels below (AVX-512 with byte permutation).
int dk_has_vectors(void);

// Decodes frames from `first` on into slots, up to the first one that is shorter than its message; gives the index
// of that one, or `count`. Same bits as the portable decoder.
int64_t dk_decode_slots(const dk_plan *plan, const dk_header *headers, int64_t first, int64_t count,
                        const uint64_t *words, double *values, dk_state *states, dk_counts *counts);

// Decodes the signals of a section into columns, one behind the other, `rows` numbers each. `words` begins a block of
// columns of words, `rows` long each, in which the payloads stand. Same bits as the portable decoder; the second for
// processors with AVX2 alone (dk_has_avx2).
void dk_decode_columns(const dk_signal *signals, int64_t signalCount, const uint64_t *words,
                       int64_t rows, double *values);
int dk_has_avx2(void);
void dk_decode_columns_avx2(const dk_signal *signals, int64_t signalCount, const uint64_t *words,
                            int64_t rows, double *values);

#endif
