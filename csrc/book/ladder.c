/* ladder.c: one side's levels near the touch, by price in an array with bitmaps. */
#include "book/ladder.h"

#include "base/align.h"
#include "base/error.h"
#include "base/layout.h"

static_assert(sizeof(struct pmm_ladder) == 128, "pmm_ladder is two cache lines");
#define HOLD(field, at) PMM_OFFSET(pmm_ladder, field, at);
PMM_LADDER_ROWS(HOLD)

#define WORDS_MAX 8

static uint32_t bits1_words(uint32_t window) { return window / 4096; }

size_t pmm_ladder_memsize(uint32_t window, uint32_t far_capacity, uint32_t words) {
    int ok = window >= PMM_LADDER_WINDOW_MIN && window <= PMM_LADDER_WINDOW_MAX && (window & (window - 1)) == 0 &&
             far_capacity >= 1 && far_capacity <= PMM_LADDER_FAR_MAX && words >= 1 && words <= WORDS_MAX;
    if (!ok) return 0;
    uint32_t blocks = pmm_far_blocks(far_capacity);
    size_t count = window / 64 + bits1_words(window) + 1 + ((size_t)window + (size_t)blocks * PMM_FAR_BLOCK) * words;
    return pmm_lines(sizeof(struct pmm_ladder) + count * 8 + pmm_far_bytes(blocks));
}

int pmm_ladder_init(struct pmm_ladder *ladder, size_t bytes, int descending, uint32_t window, uint32_t far_capacity,
                    uint32_t words) {
    size_t need = pmm_ladder_memsize(window, far_capacity, words);
    if (!pmm_is_room(ladder, bytes, need)) return PMM_ERR_ARGUMENT;
    ladder->flip = descending ? 0 : -1;
    ladder->window = window;
    ladder->far_capacity = far_capacity;
    ladder->words = words;
    ladder->horizon = INT64_MIN;
    ladder->bits0_at = sizeof *ladder;
    ladder->bits1_at = ladder->bits0_at + window / 8;
    ladder->bits2_at = ladder->bits1_at + bits1_words(window) * 8;
    ladder->payload_at = ladder->bits2_at + 8;
    ladder->far_blocks = pmm_far_blocks(far_capacity);
    size_t slots = (size_t)window + (size_t)ladder->far_blocks * PMM_FAR_BLOCK;
    ladder->far_at = (uint32_t)(ladder->payload_at + slots * words * 8);
    return PMM_OK;
}

static uint32_t slot_of(const struct pmm_ladder *ladder, int64_t key) { return (uint32_t)key & (ladder->window - 1); }

static int in_window(const struct pmm_ladder *ladder, int64_t key) {
    return (uint64_t)key - (uint64_t)ladder->base < ladder->window;
}

__attribute__((noinline)) void pmm_ladder_mark(struct pmm_ladder *ladder, uint32_t slot) {
    uint64_t *bits1 = pmm_ladder_at(ladder, ladder->bits1_at) + (slot >> 12);
    uint64_t *bits2 = pmm_ladder_at(ladder, ladder->bits2_at);
    pmm_store_relaxed_u64(bits1, *bits1 | UINT64_C(1) << (slot >> 6 & 63));
    pmm_store_relaxed_u64(bits2, *bits2 | UINT64_C(1) << (slot >> 12));
}

static void occupy(struct pmm_ladder *ladder, uint32_t slot) {
    uint64_t *bits0 = pmm_ladder_at(ladder, ladder->bits0_at) + (slot >> 6);
    pmm_store_relaxed_u64(bits0, *bits0 | UINT64_C(1) << (slot & 63));
    pmm_ladder_mark(ladder, slot);
}

static void zero_payload(struct pmm_ladder *ladder, uint32_t slot) {
    uint64_t *to = pmm_ladder_payload(ladder, slot);
    for (uint32_t w = 0; w < ladder->words; w++)
        pmm_store_relaxed_u64(to + w, 0);
}

static void vacate(struct pmm_ladder *ladder, uint32_t slot) {
    uint64_t *bits0 = pmm_ladder_at(ladder, ladder->bits0_at) + (slot >> 6);
    pmm_store_relaxed_u64(bits0, *bits0 & ~(UINT64_C(1) << (slot & 63)));
    if (*bits0 == 0) pmm_ladder_unmark(ladder, slot >> 6);
    zero_payload(ladder, slot);
}

static void copy_payload(struct pmm_ladder *ladder, uint32_t to_slot, uint32_t from_slot) {
    const uint64_t *from = pmm_ladder_payload(ladder, from_slot);
    uint64_t *to = pmm_ladder_payload(ladder, to_slot);
    for (uint32_t w = 0; w < ladder->words; w++)
        pmm_store_relaxed_u64(to + w, from[w]);
}

static void set_horizon(struct pmm_ladder *ladder, int64_t key) {
    pmm_store_relaxed_i64(&ladder->horizon, key);
    pmm_store_relaxed_u32(&ladder->overflowed, key != INT64_MIN);
}

/* Levels at or beyond a dropped one are unknown from now on: the horizon never sinks until a clear. */
static void drop(struct pmm_ladder *ladder, int64_t key) {
    if (key > ladder->horizon) set_horizon(ladder, key);
    pmm_store_relaxed_u64(&ladder->dropped, ladder->dropped + 1);
}

/* The slot of a far level, added if it is not there: of too many the worst goes, which may be this one. */
static uint32_t put_far(struct pmm_ladder *ladder, int64_t key) {
    if (ladder->far_levels == ladder->far_capacity) {
        int64_t worst = pmm_far_worst(ladder);
        uint32_t slot = pmm_far_find(ladder, key);
        if (slot != PMM_LADDER_NONE) return slot;
        drop(ladder, key < worst ? key : worst);
        if (key < worst) return PMM_LADDER_NONE;
        (void)pmm_far_remove(ladder, worst);
    }
    return pmm_far_put(ladder, key);
}

static void place_window(struct pmm_ladder *ladder, int64_t best) {
    pmm_store_relaxed_i64(&ladder->base, best - (int64_t)(ladder->window / 4 * 3));
}

/* A better price than the window covers: the window goes up to it and what falls out below becomes far. */
static void move_up(struct pmm_ladder *ladder, int64_t best) {
    int64_t base = ladder->base, top = base + (int64_t)ladder->window - 1;
    place_window(ladder, best);
    int64_t at = ladder->base - 1 < top ? ladder->base - 1 : top;
    while (at >= base) {
        uint32_t slot = pmm_ladder_window_below(ladder, base, &at, ladder);
        if (slot == PMM_LADDER_NONE) break;
        uint32_t far = put_far(ladder, at--);
        if (far != PMM_LADDER_NONE) copy_payload(ladder, far, slot);
        vacate(ladder, slot);
        pmm_store_relaxed_u32(&ladder->window_levels, ladder->window_levels - 1);
    }
    pmm_store_relaxed_u64(&ladder->recentred, ladder->recentred + 1);
}

/* The best has sunk: the window follows it and takes back the far levels that it now covers. */
static void move_down(struct pmm_ladder *ladder) {
    place_window(ladder, ladder->best);
    for (;;) {
        int64_t key = INT64_MAX;
        uint32_t far = pmm_far_below(ladder, &key);
        if (far == PMM_LADDER_NONE || key < ladder->base) break;
        copy_payload(ladder, slot_of(ladder, key), far);
        occupy(ladder, slot_of(ladder, key));
        (void)pmm_far_remove(ladder, key);
        pmm_store_relaxed_u32(&ladder->window_levels, ladder->window_levels + 1);
    }
    pmm_store_relaxed_u64(&ladder->recentred, ladder->recentred + 1);
}

static int holds(const struct pmm_ladder *ladder, uint32_t slot) {
    return (int)(pmm_ladder_at(ladder, ladder->bits0_at)[slot >> 6] >> (slot & 63) & 1);
}

uint32_t pmm_ladder_put(struct pmm_ladder *ladder, int64_t price) {
    int64_t key = price ^ ladder->flip;
    if (key <= ladder->horizon) {
        pmm_store_relaxed_u64(&ladder->dropped, ladder->dropped + 1);
        return PMM_LADDER_NONE;
    }
    if (ladder->window_levels == 0) {
        place_window(ladder, key);
        pmm_store_relaxed_i64(&ladder->best, key);
    } else if (!in_window(ladder, key)) {
        if (key < ladder->base) return put_far(ladder, key);
        move_up(ladder, key);
    }
    uint32_t slot = slot_of(ladder, key);
    if (holds(ladder, slot)) return slot;
    if (key > ladder->best) pmm_store_relaxed_i64(&ladder->best, key);
    occupy(ladder, slot);
    pmm_store_relaxed_u32(&ladder->window_levels, ladder->window_levels + 1);
    return slot;
}

/* The best has just gone. */
static void advance(struct pmm_ladder *ladder) {
    int64_t key = ladder->best;
    if (ladder->window_levels != 0) {
        (void)pmm_ladder_window_below(ladder, ladder->base, &key, ladder);
    } else {
        key = INT64_MAX;
        if (pmm_far_below(ladder, &key) == PMM_LADDER_NONE) return;
    }
    pmm_store_relaxed_i64(&ladder->best, key);
    if (key < ladder->base + (int64_t)(ladder->window / 4)) move_down(ladder);
}

int pmm_ladder_remove(struct pmm_ladder *ladder, int64_t price) {
    int64_t key = price ^ ladder->flip;
    uint32_t slot = slot_of(ladder, key);
    if (!in_window(ladder, key)) return key < ladder->base && pmm_far_remove(ladder, key);
    if (!holds(ladder, slot)) return 0;
    vacate(ladder, slot);
    pmm_store_relaxed_u32(&ladder->window_levels, ladder->window_levels - 1);
    if (key == ladder->best) advance(ladder);
    return 1;
}

void pmm_ladder_bound(struct pmm_ladder *ladder, int64_t price) { set_horizon(ladder, (price ^ ladder->flip) - 1); }

void pmm_ladder_clear(struct pmm_ladder *ladder) {
    int64_t key = ladder->best;
    for (uint32_t left = ladder->window_levels; left > 0; left--, key--)
        vacate(ladder, pmm_ladder_window_below(ladder, ladder->base, &key, ladder));
    pmm_store_relaxed_u32(&ladder->window_levels, 0);
    pmm_far_clear(ladder);
    set_horizon(ladder, INT64_MIN);
}

void pmm_ladder_wipe(struct pmm_ladder *ladder) {
    pmm_store_relaxed_u32(&ladder->window_levels, 0);
    pmm_far_clear(ladder);
    pmm_store_relaxed_u32(&ladder->blocks_made, 0);
    set_horizon(ladder, INT64_MIN);
    uint64_t *end = pmm_ladder_payload(ladder, ladder->window);
    for (uint64_t *word = pmm_ladder_at(ladder, ladder->bits0_at); word < end; word++)
        pmm_store_relaxed_u64(word, 0);
}

static int check_bitmaps(const struct pmm_ladder *ladder) {
    const uint64_t *bits0 = pmm_ladder_at(ladder, ladder->bits0_at), *bits1 = pmm_ladder_at(ladder, ladder->bits1_at);
    uint64_t bits2 = *pmm_ladder_at(ladder, ladder->bits2_at);
    uint32_t count = 0;
    for (uint32_t i = 0; i < ladder->window / 64; i++) {
        count += (uint32_t)__builtin_popcountll(bits0[i]);
        if (bits0[i] != 0 && !(bits1[i >> 6] >> (i & 63) & 1)) return PMM_ERR_CORRUPT;
    }
    for (uint32_t j = 0; j < bits1_words(ladder->window); j++)
        if ((bits1[j] != 0) != (bits2 >> j & 1)) return PMM_ERR_CORRUPT;
    return count == ladder->window_levels ? PMM_OK : PMM_ERR_CORRUPT;
}

static int check_unused(const struct pmm_ladder *ladder, uint32_t slot) {
    const uint64_t *payload = pmm_ladder_payload(ladder, slot);
    for (uint32_t w = 0; w < ladder->words; w++)
        if (payload[w] != 0) return PMM_ERR_CORRUPT;
    return PMM_OK;
}

int pmm_ladder_check(const struct pmm_ladder *ladder) {
    int wrong = check_bitmaps(ladder) != PMM_OK || pmm_far_check(ladder) != PMM_OK;
    for (uint32_t slot = 0; slot < ladder->window; slot++)
        if (!holds(ladder, slot)) wrong |= check_unused(ladder, slot);
    if (ladder->window_levels == 0) return wrong || ladder->far_levels != 0 ? PMM_ERR_CORRUPT : PMM_OK;

    int64_t key = ladder->base + (int64_t)ladder->window - 1, far = INT64_MAX;
    wrong |= pmm_ladder_window_below(ladder, ladder->base, &key, NULL) == PMM_LADDER_NONE || key != ladder->best;
    wrong |= pmm_far_below(ladder, &far) != PMM_LADDER_NONE && far >= ladder->base;
    return wrong ? PMM_ERR_CORRUPT : PMM_OK;
}
