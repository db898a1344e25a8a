// What a decoder that interprets a table can do, written in C without regard to anything but speed: a table of
// shifts a message over one 64-bit load, found by an open-addressed hash.
//     table FOLDER BUS schedule|random
// flags: -O3 -march=native -ffp-contract=off -flto
#include "../peer.h"
#include "frames.h"

struct signal {
    uint8_t offset, left, right, is_big_endian, is_signed;
    int8_t selector;
    uint32_t value;
    double factor, addend;
};

struct message {
    uint32_t identifier, first;
    uint16_t count, length;
    uint32_t is_multiplexed;
};

static const struct signal *signals;
static const struct message *messages;
static uint16_t table[4096];
static double values[65536] __attribute__((aligned(64)));

static inline uint32_t hash(uint32_t key) { return (key * 2654435769u) >> 20; }

static inline uint64_t bits(const struct signal *s, const uint8_t *data) {
    uint64_t word;
    memcpy(&word, data + s->offset, 8);
    uint64_t swapped = __builtin_bswap64(word);
    return (s->is_big_endian ? swapped : word) << s->left;
}

static inline double value(const struct signal *s, const uint8_t *data) {
    uint64_t word = bits(s, data);
    int64_t number = s->is_signed ? (int64_t)word >> s->right : (int64_t)(word >> s->right);
    double whole = s->is_signed || s->right ? (double)number : (double)(uint64_t)number;
    return whole * s->factor + s->addend;
}

static inline int decode(uint32_t identifier, const uint8_t *data, size_t length, double **at) {
    for (uint32_t place = hash(identifier);; place = (place + 1) & 4095) {
        unsigned number = table[place];
        if (number == 0) return 0;
        const struct message *m = messages + number - 1;
        if (m->identifier != identifier) continue;
        if (length < m->length) return 0;
        const struct signal *s = signals + m->first;
        double *out = *at = values + m->first;
        if (!m->is_multiplexed) {
            for (int i = 0; i < m->count; i++) out[i] = value(s + i, data);
            return m->count;
        }
        int active = 0;
        for (int i = 0; i < m->count; i++) {
            if (s[i].selector >= 0) {
                const struct signal *selector = s + s[i].selector;
                if (bits(selector, data) >> selector->right != s[i].value) continue;
            }
            out[active++] = value(s + i, data);
        }
        return active;
    }
}

static uint64_t work(uint64_t iterations) RUN(decode)

int main(int count, char **words) {
    if (count < 4) return 64;
    read_frames(words[1], words[2], words[3]);
    const uint8_t *plan = read_file(words[1], words[2], ".plan");
    uint32_t number;
    memcpy(&number, plan, 4);
    messages = (const struct message *)(plan + 8);
    signals = malloc(65536 * sizeof *signals);
    uint32_t signal_count;
    memcpy(&signal_count, plan + 4, 4);
    memcpy((void *)signals, messages + number, signal_count * sizeof *signals);
    for (uint32_t i = 0; i < number; i++) {
        uint32_t place = hash(messages[i].identifier);
        while (table[place]) place = (place + 1) & 4095;
        table[place] = (uint16_t)(i + 1);
    }
    return peer_main("own C, interpreting a table", work);
}
