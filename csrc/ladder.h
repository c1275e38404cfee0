/*
 * ladder.h: the price levels of one side in price order. Private: cffi never reads it.
 *
 * What it is. The set of prices that hold something, with one payload of 8 x `words` bytes for each: a
 * quantity in a book (words 1), queue ends and a sum in a matching engine (words 2). Near the
 * best, levels stand in a window of ticks indexed directly under three levels of bitmap; those
 * worse than the window stand in a sorted far table. Finding, adding or removing a level in the
 * window is a few instructions; in the far table a binary search and a shift of the shorter side, so
 * that a snapshot goes in quickly from either end.
 *
 * Keys. Inside, a price is a key = price ^ flip (flip 0 for bids, -1 for asks): the greatest key is the
 * best on either side, so the code knows no sides. Prices lie within +-PMM_LADDER_PRICE_MAX.
 *
 * Slots. insert, find, best and next return the level's slot, where its payload is:
 *     struct mine *level = (struct mine *)pmm_ladder_payload(ladder, slot);
 * A slot holds until the next insert or remove, which may move levels: keep prices, not slots. A new
 * level's payload is zero; remove zeroes it. The owner alone writes payloads, whole words with relaxed
 * stores if others read them meanwhile.
 *
 * The window is a ring: slot = key & (window - 1) for keys in [base, base + window). So when it
 * moves, levels that stay in it stay where they are. It moves up when a better price than it
 * covers comes (levels below go to the far table) and down when the best has sunk into
 * its worst quarter (levels come back); each time the best is put at three quarters of it. Hence:
 * if there is any level the best one is in the window, and every far level is worse than all of it.
 *
 * When the far table is full the worst level goes and the horizon rises to it: from then on
 * levels at or beyond the horizon are not taken (`dropped` counts), so what is there is exact to its
 * end and `overflowed` says that there is more. clear forgets the horizon. An owner that keeps
 * window_levels + far_levels <= far_capacity (see pmm_ladder_room) never drops.
 *
 * Who writes, who reads. One writer; every word that changes is stored relaxed. A reader in another
 * process may walk it (best, next) inside a seqlock: what it gets may be nonsense until the sequence
 * has been checked, but each step ends and stays inside the memory. Offsets only, no pointers.
 *
 *   offset bytes field          meaning
 *   0      8     flip           0: greatest price is best; -1: smallest
 *   8      8     base           lowest key of the window
 *   16     8     best           greatest key, if there is any level
 *   24     4     window_levels
 *   28     4     far_levels
 *   32     4     window         ticks, a power of two; fixed
 *   36     4     far_capacity   fixed
 *   40     4     words          of a payload; fixed
 *   44     4     bits0_at       from the ladder's first byte: window / 64 words
 *   48     4     bits1_at       window / 4096 words, one bit for each word of bits0
 *   52     4     bits2_at       1 word, one bit for each word of bits1
 *   56     4     payload_at     (window + far_capacity) payloads; far place i is slot window + i
 *   60     4     far_at         far_capacity keys, ascending from far_head on and round the end
 *   64     8     horizon        best key that was dropped
 *   72     4     overflowed     1 if horizon means something
 *   76     4     far_head       place of the worst far level
 *   80     8     recentred      times that the window moved
 *   88     8     dropped        levels not kept
 *   96     32    reserved
 *   128          bits0, bits1, bits2, payloads, far keys
 */
#ifndef PMM_LADDER_H
#define PMM_LADDER_H

#include <stddef.h>
#include <stdint.h>

#include "atomics.h"

#define PMM_LADDER_NONE UINT32_MAX
#define PMM_LADDER_PRICE_MAX (INT64_C(1) << 62)
#define PMM_LADDER_WINDOW_MIN 4096
#define PMM_LADDER_WINDOW_MAX 262144
#define PMM_LADDER_FAR_MAX (1u << 22)

struct pmm_ladder {
    int64_t flip;
    int64_t base;
    int64_t best;
    uint32_t window_levels;
    uint32_t far_levels;
    uint32_t window;
    uint32_t far_capacity;
    uint32_t words;
    uint32_t bits0_at;
    uint32_t bits1_at;
    uint32_t bits2_at;
    uint32_t payload_at;
    uint32_t far_at;
    int64_t horizon;
    uint32_t overflowed;
    uint32_t far_head;
    uint64_t recentred;
    uint64_t dropped;
    uint64_t reserved2[4];
};

/* The rows of the table, for the assertions and for the fingerprint of a file that holds a ladder. */
#define PMM_LADDER_ROWS(ROW)                                                                      \
    ROW(flip, 0) ROW(base, 8) ROW(best, 16) ROW(window_levels, 24) ROW(far_levels, 28) ROW(window, 32) \
    ROW(far_capacity, 36) ROW(words, 40) ROW(bits0_at, 44) ROW(bits1_at, 48) ROW(bits2_at, 52)      \
    ROW(payload_at, 56) ROW(far_at, 60) ROW(horizon, 64) ROW(overflowed, 72) ROW(far_head, 76)      \
    ROW(recentred, 80) ROW(dropped, 88)

/* Bytes, a multiple of 64. 0 if window is not a power of two in range, far_capacity or words is 0 or too large. */
size_t pmm_ladder_memsize(uint32_t window, uint32_t far_capacity, uint32_t words);
/* Zeroed memory, 64-byte aligned; descending 1 for bids. ARGUMENT if anything does not fit. */
int pmm_ladder_init(struct pmm_ladder *ladder, size_t bytes, int descending, uint32_t window,
                    uint32_t far_capacity, uint32_t words);
/* Removes every level and forgets the horizon; the counters stay. Touches the levels there are. */
void pmm_ladder_clear(struct pmm_ladder *ladder);
/* The same whatever state a dead writer has left: touches all of the memory. */
void pmm_ladder_wipe(struct pmm_ladder *ladder);

/* Adds a level that is not there (find first). NONE if it is beyond what can be kept. */
uint32_t pmm_ladder_insert(struct pmm_ladder *ladder, int64_t price);
/* Removes a level; returns 1, or 0 if it is not there. */
int pmm_ladder_remove(struct pmm_ladder *ladder, int64_t price);
/* Every invariant: 0 or CORRUPT. For tests; slow. */
int pmm_ladder_check(const struct pmm_ladder *ladder);

/* How many far keys are below key. */
uint32_t pmm_ladder_far_rank(const struct pmm_ladder *ladder, int64_t key);

static inline uint64_t *pmm_ladder_at(const struct pmm_ladder *ladder, uint32_t offset) {
    return (uint64_t *)((uintptr_t)ladder + offset);
}

static inline uint64_t *pmm_ladder_payload(const struct pmm_ladder *ladder, uint32_t slot) {
    return pmm_ladder_at(ladder, ladder->payload_at) + (size_t)slot * ladder->words;
}

static inline int64_t *pmm_ladder_far_keys(const struct pmm_ladder *ladder) {
    return (int64_t *)pmm_ladder_at(ladder, ladder->far_at);
}

static inline uint64_t pmm_ladder_levels(const struct pmm_ladder *ladder) {
    return (uint64_t)pmm_load_relaxed_u32(&ladder->window_levels) + pmm_load_relaxed_u32(&ladder->far_levels);
}

/* Where the far level of a rank stands (0: the worst); in a damaged ladder too it is a place of the table. */
static inline uint32_t pmm_ladder_far_place(const struct pmm_ladder *ladder, uint32_t rank) {
    uint32_t place = pmm_load_relaxed_u32(&ladder->far_head) + rank;
    place = place < ladder->far_capacity ? place : place - ladder->far_capacity;
    return place < ladder->far_capacity ? place : 0;
}

static inline int64_t pmm_ladder_far_key(const struct pmm_ladder *ladder, uint32_t rank) {
    return pmm_load_relaxed_i64(pmm_ladder_far_keys(ladder) + pmm_ladder_far_place(ladder, rank));
}

/* 1 if one more level is sure to find a place whatever happens to the window afterwards. */
static inline int pmm_ladder_room(const struct pmm_ladder *ladder) {
    return pmm_ladder_levels(ladder) < ladder->far_capacity;
}

static inline uint32_t pmm_ladder_highest(uint64_t word) { return 63 - (uint32_t)__builtin_clzll(word); }

/* The highest occupied window slot at or below from, or NONE. A word found empty under a set bit is a torn read. */
static inline uint32_t pmm_ladder_below(const struct pmm_ladder *ladder, uint32_t from) {
    const uint64_t *bits0 = pmm_ladder_at(ladder, ladder->bits0_at);
    uint32_t i = from >> 6;
    uint64_t word = pmm_load_relaxed_u64(bits0 + i) & (UINT64_MAX >> (63 - (from & 63)));
    if (word != 0) return i * 64 + pmm_ladder_highest(word);

    const uint64_t *bits1 = pmm_ladder_at(ladder, ladder->bits1_at);
    uint32_t j = i >> 6;
    word = pmm_load_relaxed_u64(bits1 + j) & ((UINT64_C(1) << (i & 63)) - 1);
    if (word == 0) {
        word = pmm_load_relaxed_u64(pmm_ladder_at(ladder, ladder->bits2_at)) & ((UINT64_C(1) << j) - 1);
        if (word == 0) return PMM_LADDER_NONE;
        j = pmm_ladder_highest(word);
        word = pmm_load_relaxed_u64(bits1 + j);
        if (word == 0) return PMM_LADDER_NONE;
    }
    i = j * 64 + pmm_ladder_highest(word);
    word = pmm_load_relaxed_u64(bits0 + i);
    return word == 0 ? PMM_LADDER_NONE : i * 64 + pmm_ladder_highest(word);
}

/* The best level of the window with a key at or below *key, which lies in it; *key becomes its key. */
static inline uint32_t pmm_ladder_window_below(const struct pmm_ladder *ladder, int64_t base, int64_t *key) {
    uint32_t mask = ladder->window - 1;
    uint32_t from = (uint32_t)*key & mask;
    uint32_t slot = pmm_ladder_below(ladder, from);
    if (slot == PMM_LADDER_NONE) slot = pmm_ladder_below(ladder, mask);
    if (slot == PMM_LADDER_NONE) return PMM_LADDER_NONE;
    int64_t found = (int64_t)((uint64_t)*key - ((from - slot) & mask)); /* unsigned: nonsense may wrap */
    if (found < base) return PMM_LADDER_NONE;
    *key = found;
    return slot;
}

/* The slot of a price, or NONE. */
static inline uint32_t pmm_ladder_find(const struct pmm_ladder *ladder, int64_t price) {
    int64_t key = price ^ ladder->flip;
    uint64_t distance = (uint64_t)key - (uint64_t)ladder->base;
    if (distance < ladder->window) {
        uint32_t slot = (uint32_t)key & (ladder->window - 1);
        return pmm_ladder_at(ladder, ladder->bits0_at)[slot >> 6] >> (slot & 63) & 1 ? slot : PMM_LADDER_NONE;
    }
    if (key > ladder->base || ladder->far_levels == 0) return PMM_LADDER_NONE;
    uint32_t rank = pmm_ladder_far_rank(ladder, key);
    if (rank == ladder->far_levels || pmm_ladder_far_key(ladder, rank) != key) return PMM_LADDER_NONE;
    return ladder->window + pmm_ladder_far_place(ladder, rank);
}

/* The best level's slot and price, or NONE. */
static inline uint32_t pmm_ladder_best(const struct pmm_ladder *ladder, int64_t *price) {
    if (pmm_load_relaxed_u32(&ladder->window_levels) == 0) return PMM_LADDER_NONE;
    int64_t key = pmm_load_relaxed_i64(&ladder->best);
    *price = key ^ ladder->flip;
    return (uint32_t)key & (ladder->window - 1);
}

/* The next level worse than *price (which need not be a level); *price becomes its price. NONE at the end. */
static inline uint32_t pmm_ladder_next(const struct pmm_ladder *ladder, int64_t *price) {
    int64_t key = *price ^ ladder->flip;
    int64_t base = pmm_load_relaxed_i64(&ladder->base);
    if (key > base) {
        int64_t top = (int64_t)((uint64_t)base + ladder->window - 1);
        int64_t at = key - 1 < top ? key - 1 : top;
        uint32_t slot = pmm_ladder_window_below(ladder, base, &at);
        if (slot != PMM_LADDER_NONE) {
            *price = at ^ ladder->flip;
            return slot;
        }
    }
    uint32_t rank = pmm_ladder_far_rank(ladder, key);
    if (rank == 0) return PMM_LADDER_NONE;
    *price = pmm_ladder_far_key(ladder, rank - 1) ^ ladder->flip;
    return ladder->window + pmm_ladder_far_place(ladder, rank - 1);
}

#endif
