/*
 * ladder.h: the price levels of one side in price order. Private: cffi never reads it.
 *
 * What it is. The set of prices that hold something, with one payload of 8 x `words` bytes for each: a
 * quantity in a book (words 1), queue ends and a sum in a matching engine (words 2). Near the
 * best, levels stand in a window of ticks indexed directly under three levels of bitmap; those
 * worse than the window stand in the blocks of ladder_far.h. Finding, adding or removing a level in the
 * window is a few instructions; a far one takes a search by halves for its block and a look through that.
 *
 * Keys. Inside, a price is a key = price ^ flip (flip 0 for bids, -1 for asks): the greatest key is the
 * best on either side, so the code knows no sides. Prices lie within +-PMM_LADDER_PRICE_MAX.
 *
 * Slots. put, find, best and next return the level's slot, where its payload is:
 *     struct mine *level = (struct mine *)pmm_ladder_payload(ladder, slot);
 * A slot holds until the next put or remove, which may move levels: keep prices, not slots. A new
 * level's payload is zero, and so is that of a window slot without one. The owner alone writes payloads,
 * whole words with relaxed stores if others read them meanwhile.
 *
 * Bitmaps. A bit of the lowest tells exactly whether its slot holds a level. One of the two above may be set over
 * nothing: coming and going are a coin's toss on a real market, and a mark that is set once and taken back only when
 * a search for the best finds nothing under it costs no guess.
 *
 * The window is a ring: slot = key & (window - 1) for keys in [base, base + window). So when it
 * moves, levels that stay in it stay where they are. It moves up when a better price than it
 * covers comes (levels below become far) and down when the best has sunk into
 * its worst quarter (levels come back); each time the best is put at three quarters of it. Hence:
 * if there is any level the best one is in the window, and every far level is worse than all of it.
 *
 * When there are far_capacity far levels the worst one goes and the horizon rises to it: from then on
 * levels at or beyond the horizon are not taken (`dropped` counts), so what is there is exact to its
 * end and `overflowed` says that there is more. clear forgets the horizon, bound sets one. An owner that keeps
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
 *   56     4     payload_at     (window + far_blocks x PMM_FAR_BLOCK) payloads, the window's first
 *   60     4     far_at         what ladder_far.h keeps there
 *   64     4     far_blocks     pmm_far_blocks(far_capacity); fixed
 *   68     4     overflowed     1 if horizon means something
 *   72     8     horizon        best key that is unknown: dropped, or beyond a bound; INT64_MIN: none
 *   80     8     recentred      times that the window moved
 *   88     8     dropped        levels not kept
 *   96     4     blocks_used    of ladder_far.h
 *   100    4     blocks_made
 *   104    24    reserved
 *   128          bits0, bits1, bits2, payloads, far blocks
 */
#ifndef PMM_LADDER_H
#define PMM_LADDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"
#include "book/ladder_far.h"

#define PMM_LADDER_NONE       UINT32_MAX
#define PMM_LADDER_PRICE_MAX  (INT64_C(1) << 62)
#define PMM_LADDER_WINDOW_MIN 4096
#define PMM_LADDER_WINDOW_MAX 262144
#define PMM_LADDER_FAR_MAX    (1u << 22)

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
    uint32_t far_blocks;
    uint32_t overflowed;
    int64_t horizon;
    uint64_t recentred;
    uint64_t dropped;
    uint32_t blocks_used;
    uint32_t blocks_made;
    uint64_t reserved2[3];
};

/* The rows of the table, for the assertions and for the fingerprint of a file that holds a ladder. */
#define PMM_LADDER_ROWS(ROW) \
    ROW(flip, 0) \
    ROW(base, 8) \
    ROW(best, 16) \
    ROW(window_levels, 24) \
    ROW(far_levels, 28) \
    ROW(window, 32) \
    ROW(far_capacity, 36) \
    ROW(words, 40) \
    ROW(bits0_at, 44) \
    ROW(bits1_at, 48) \
    ROW(bits2_at, 52) \
    ROW(payload_at, 56) \
    ROW(far_at, 60) \
    ROW(far_blocks, 64) \
    ROW(overflowed, 68) \
    ROW(horizon, 72) \
    ROW(recentred, 80) \
    ROW(dropped, 88) \
    ROW(blocks_used, 96) \
    ROW(blocks_made, 100)

/* Bytes, a multiple of 64. 0 if window is not a power of two in range, far_capacity or words is 0 or too large. */
size_t pmm_ladder_memsize(uint32_t window, uint32_t far_capacity, uint32_t words);
/* Zeroed memory, 64-byte aligned; descending 1 for bids. ARGUMENT if anything does not fit. */
int pmm_ladder_init(struct pmm_ladder *ladder, size_t bytes, int descending, uint32_t window, uint32_t far_capacity,
                    uint32_t words);
/* Nothing worse than the price is known: the horizon lies just beyond it. The ladder must be empty. */
void pmm_ladder_bound(struct pmm_ladder *ladder, int64_t price);
/* Removes every level and forgets the horizon; the counters stay. Touches the levels there are. */
void pmm_ladder_clear(struct pmm_ladder *ladder);
/* The same whatever state a dead writer has left: touches all of the memory. */
void pmm_ladder_wipe(struct pmm_ladder *ladder);

/* The level's slot; it is added if it is not there. NONE if it is beyond what can be kept. */
uint32_t pmm_ladder_put(struct pmm_ladder *ladder, int64_t price);
/* Removes a level; returns 1, or 0 if it is not there. */
int pmm_ladder_remove(struct pmm_ladder *ladder, int64_t price);
/* Every invariant: 0 or CORRUPT. For tests; slow. */
int pmm_ladder_check(const struct pmm_ladder *ladder);

/* Sets the marks over a slot's word: see Bitmaps. */
void pmm_ladder_mark(struct pmm_ladder *ladder, uint32_t slot);

static inline uint64_t *pmm_ladder_at(const struct pmm_ladder *ladder, uint32_t offset) {
    return (uint64_t *)((uintptr_t)ladder + offset);
}

static inline uint64_t *pmm_ladder_payload(const struct pmm_ladder *ladder, uint32_t slot) {
    return pmm_ladder_at(ladder, ladder->payload_at) + (size_t)slot * ladder->words;
}

static inline uint64_t pmm_ladder_levels(const struct pmm_ladder *ladder) {
    return (uint64_t)pmm_load_relaxed_u32(&ladder->window_levels) + pmm_load_relaxed_u32(&ladder->far_levels);
}

/* 1 if one more level is sure to find a place whatever happens to the window afterwards. */
static inline int pmm_ladder_room(const struct pmm_ladder *ladder) {
    return pmm_ladder_levels(ladder) < ladder->far_capacity;
}

static inline uint32_t pmm_ladder_highest(uint64_t word) { return 63 ^ (uint32_t)__builtin_clzll(word); }

/* Takes the mark over an empty word of the lowest bitmap back. */
static inline void pmm_ladder_unmark(struct pmm_ladder *ladder, uint32_t i) {
    uint64_t *marks = pmm_ladder_at(ladder, ladder->bits1_at) + (i >> 6);
    pmm_store_relaxed_u64(marks, *marks & ~(UINT64_C(1) << (i & 63)));
    if (*marks != 0) return;
    uint64_t *above = pmm_ladder_at(ladder, ladder->bits2_at);
    pmm_store_relaxed_u64(above, *above & ~(UINT64_C(1) << (i >> 6)));
}

/*
 * The highest occupied window slot at or below from, or NONE. The owner passes itself, and marks over nothing are
 * taken back as they are met; a reader passes NULL and goes on.
 */
static inline uint32_t pmm_ladder_below(const struct pmm_ladder *ladder, uint32_t from, struct pmm_ladder *owner) {
    const uint64_t *bits0 = pmm_ladder_at(ladder, ladder->bits0_at);
    const uint64_t *bits1 = pmm_ladder_at(ladder, ladder->bits1_at);
    uint32_t i = from >> 6, j = from >> 12;
    uint64_t word = pmm_load_relaxed_u64(bits0 + i) & (UINT64_MAX >> (63 - (from & 63)));
    if (word != 0) return i * 64 + pmm_ladder_highest(word);

    uint64_t marks = pmm_load_relaxed_u64(bits1 + j) & ((UINT64_C(1) << (i & 63)) - 1);
    uint64_t above = pmm_load_relaxed_u64(pmm_ladder_at(ladder, ladder->bits2_at)) & ((UINT64_C(1) << j) - 1);
    for (;;) {
        for (; marks != 0; marks &= ~(UINT64_C(1) << (i & 63))) {
            i = j * 64 + pmm_ladder_highest(marks);
            word = pmm_load_relaxed_u64(bits0 + i);
            if (word != 0) return i * 64 + pmm_ladder_highest(word);
            if (owner) pmm_ladder_unmark(owner, i);
        }
        if (above == 0) return PMM_LADDER_NONE;
        j = pmm_ladder_highest(above);
        above &= ~(UINT64_C(1) << j);
        marks = pmm_load_relaxed_u64(bits1 + j);
    }
}

/* The best level of the window with a key at or below *key, which lies in it; *key becomes its key. */
static inline uint32_t pmm_ladder_window_below(const struct pmm_ladder *ladder, int64_t base, int64_t *key,
                                               struct pmm_ladder *owner) {
    uint32_t mask = ladder->window - 1;
    uint32_t from = (uint32_t)*key & mask;
    uint32_t slot = pmm_ladder_below(ladder, from, owner);
    if (slot == PMM_LADDER_NONE) slot = pmm_ladder_below(ladder, mask, owner);
    if (slot == PMM_LADDER_NONE) return PMM_LADDER_NONE;
    int64_t found = (int64_t)((uint64_t)*key - ((from - slot) & mask)); /* unsigned: nonsense may wrap */
    if (found < base) return PMM_LADDER_NONE;
    *key = found;
    return slot;
}

/* The owner's: the slot of a price, or NONE. */
static inline uint32_t pmm_ladder_find(const struct pmm_ladder *ladder, int64_t price) {
    int64_t key = price ^ ladder->flip;
    uint64_t distance = (uint64_t)key - (uint64_t)ladder->base;
    if (distance < ladder->window) {
        uint32_t slot = (uint32_t)key & (ladder->window - 1);
        return pmm_ladder_at(ladder, ladder->bits0_at)[slot >> 6] >> (slot & 63) & 1 ? slot : PMM_LADDER_NONE;
    }
    if (key > ladder->base) return PMM_LADDER_NONE;
    return pmm_far_find(ladder, key);
}

/*
 * For an owner whose payload is one word that is 0 exactly where there is no level: whether it may write the window's
 * slot of this key itself, present telling whether a level will be there. Not if the window or the best would move.
 */
static inline int pmm_ladder_inside(const struct pmm_ladder *ladder, int64_t key, int64_t present) {
    return key >= ladder->base && key < ladder->best + present && key > ladder->horizon && ladder->window_levels != 0;
}

/* What that owner says of a slot afterwards: whether a level was there, and is now. */
static inline void pmm_ladder_note(struct pmm_ladder *ladder, uint32_t slot, int64_t was, int64_t present) {
    uint64_t *bits0 = pmm_ladder_at(ladder, ladder->bits0_at) + (slot >> 6);
    uint64_t marks = pmm_ladder_at(ladder, ladder->bits1_at)[slot >> 12];
    pmm_store_relaxed_u64(bits0, *bits0 ^ (uint64_t)(was ^ present) << (slot & 63));
    pmm_store_relaxed_u32(&ladder->window_levels, (uint32_t)(ladder->window_levels + present - was));
    if (!(marks >> (slot >> 6 & 63) & 1)) pmm_ladder_mark(ladder, slot);
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
        uint32_t slot = pmm_ladder_window_below(ladder, base, &at, NULL);
        if (slot != PMM_LADDER_NONE) {
            *price = at ^ ladder->flip;
            return slot;
        }
    }
    uint32_t slot = pmm_far_below(ladder, &key);
    if (slot != PMM_LADDER_NONE) *price = key ^ ladder->flip;
    return slot;
}

#endif
