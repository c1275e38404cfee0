#include "ladder.h"

#include <string.h>

#include "error.h"
#include "layout.h"

static_assert(sizeof(struct pmm_ladder) == 128, "pmm_ladder is two cache lines");
#define HOLD(field, at) PMM_OFFSET(pmm_ladder, field, at);
PMM_LADDER_ROWS(HOLD)

#define WORDS_MAX 8

static uint32_t bits1_words(uint32_t window) { return window / 4096; }

size_t pmm_ladder_memsize(uint32_t window, uint32_t far_capacity, uint32_t words) {
    int ok = window >= PMM_LADDER_WINDOW_MIN && window <= PMM_LADDER_WINDOW_MAX && (window & (window - 1)) == 0 &&
             far_capacity >= 1 && far_capacity <= PMM_LADDER_FAR_MAX && words >= 1 && words <= WORDS_MAX;
    if (!ok) return 0;
    size_t count = window / 64 + bits1_words(window) + 1 + ((size_t)window + far_capacity) * words + far_capacity;
    return (sizeof(struct pmm_ladder) + count * 8 + 63) & ~(size_t)63;
}

int pmm_ladder_init(struct pmm_ladder *ladder, size_t bytes, int descending, uint32_t window,
                    uint32_t far_capacity, uint32_t words) {
    size_t need = pmm_ladder_memsize(window, far_capacity, words);
    if (ladder == NULL || need == 0 || bytes < need || ((uintptr_t)ladder & 63) != 0) return PMM_ERR_ARGUMENT;
    ladder->flip = descending ? 0 : -1;
    ladder->window = window;
    ladder->far_capacity = far_capacity;
    ladder->words = words;
    ladder->bits0_at = sizeof *ladder;
    ladder->bits1_at = ladder->bits0_at + window / 8;
    ladder->bits2_at = ladder->bits1_at + bits1_words(window) * 8;
    ladder->payload_at = ladder->bits2_at + 8;
    ladder->far_at = (uint32_t)(ladder->payload_at + ((size_t)window + far_capacity) * words * 8);
    return PMM_OK;
}

static uint32_t slot_of(const struct pmm_ladder *ladder, int64_t key) { return (uint32_t)key & (ladder->window - 1); }

static int in_window(const struct pmm_ladder *ladder, int64_t key) {
    return (uint64_t)key - (uint64_t)ladder->base < ladder->window;
}

static void mark(struct pmm_ladder *ladder, uint32_t slot) {
    uint64_t *bits0 = pmm_ladder_at(ladder, ladder->bits0_at) + (slot >> 6);
    uint64_t before = *bits0;
    pmm_store_relaxed_u64(bits0, before | UINT64_C(1) << (slot & 63));
    if (before != 0) return;
    uint64_t *bits1 = pmm_ladder_at(ladder, ladder->bits1_at) + (slot >> 12);
    uint64_t *bits2 = pmm_ladder_at(ladder, ladder->bits2_at);
    pmm_store_relaxed_u64(bits1, *bits1 | UINT64_C(1) << (slot >> 6 & 63));
    pmm_store_relaxed_u64(bits2, *bits2 | UINT64_C(1) << (slot >> 12));
}

static void unmark(struct pmm_ladder *ladder, uint32_t slot) {
    uint64_t *bits0 = pmm_ladder_at(ladder, ladder->bits0_at) + (slot >> 6);
    uint64_t left = *bits0 & ~(UINT64_C(1) << (slot & 63));
    pmm_store_relaxed_u64(bits0, left);
    if (left != 0) return;
    uint64_t *bits1 = pmm_ladder_at(ladder, ladder->bits1_at) + (slot >> 12);
    left = *bits1 & ~(UINT64_C(1) << (slot >> 6 & 63));
    pmm_store_relaxed_u64(bits1, left);
    if (left != 0) return;
    uint64_t *bits2 = pmm_ladder_at(ladder, ladder->bits2_at);
    pmm_store_relaxed_u64(bits2, *bits2 & ~(UINT64_C(1) << (slot >> 12)));
}

static void zero_payload(struct pmm_ladder *ladder, uint32_t slot) {
    uint64_t *to = pmm_ladder_payload(ladder, slot);
    for (uint32_t w = 0; w < ladder->words; w++) pmm_store_relaxed_u64(to + w, 0);
}

static void copy_payload(struct pmm_ladder *ladder, uint32_t to_slot, uint32_t from_slot) {
    const uint64_t *from = pmm_ladder_payload(ladder, from_slot);
    uint64_t *to = pmm_ladder_payload(ladder, to_slot);
    for (uint32_t w = 0; w < ladder->words; w++) pmm_store_relaxed_u64(to + w, from[w]);
}

static void set_counts(struct pmm_ladder *ladder, uint32_t window_levels, uint32_t far_levels) {
    pmm_store_relaxed_u32(&ladder->window_levels, window_levels);
    pmm_store_relaxed_u32(&ladder->far_levels, far_levels);
}

static uint32_t far_slot(const struct pmm_ladder *ladder, uint32_t rank) {
    return ladder->window + pmm_ladder_far_place(ladder, rank);
}

static void set_far_key(struct pmm_ladder *ladder, uint32_t rank, int64_t key) {
    pmm_store_relaxed_i64(pmm_ladder_far_keys(ladder) + pmm_ladder_far_place(ladder, rank), key);
}

/* Moves count far levels one rank up or down, the one that goes to to_rank first: the hot loop of far changes. */
static void shift_far(struct pmm_ladder *ladder, uint32_t to_rank, uint32_t count, int up) {
    int64_t *keys = pmm_ladder_far_keys(ladder);
    uint64_t *payloads = pmm_ladder_payload(ladder, ladder->window);
    const uint32_t capacity = ladder->far_capacity, words = ladder->words;
    uint32_t to = pmm_ladder_far_place(ladder, to_rank);
    while (count-- > 0) {
        uint32_t below = (to == 0 ? capacity : to) - 1, above = to + 1 == capacity ? 0 : to + 1;
        uint32_t from = up ? below : above;
        pmm_store_relaxed_i64(keys + to, keys[from]);
        for (uint32_t w = 0; w < words; w++)
            pmm_store_relaxed_u64(payloads + (size_t)to * words + w, payloads[(size_t)from * words + w]);
        to = from;
    }
}

/* Makes the place of rank free for a new level. */
static void open_far(struct pmm_ladder *ladder, uint32_t rank) {
    uint32_t count = ladder->far_levels;
    if (rank < count / 2) {
        pmm_store_relaxed_u32(&ladder->far_head, pmm_ladder_far_place(ladder, ladder->far_capacity - 1));
        shift_far(ladder, 0, rank, 0);
    } else {
        shift_far(ladder, count, count - rank, 1);
    }
    pmm_store_relaxed_u32(&ladder->far_levels, count + 1);
}

/* Takes the level of rank out. */
static void close_far(struct pmm_ladder *ladder, uint32_t rank) {
    uint32_t count = ladder->far_levels;
    if (rank < count / 2) {
        shift_far(ladder, rank, rank, 1);
        zero_payload(ladder, far_slot(ladder, 0));
        pmm_store_relaxed_u32(&ladder->far_head, pmm_ladder_far_place(ladder, 1));
    } else {
        shift_far(ladder, rank, count - 1 - rank, 0);
        zero_payload(ladder, far_slot(ladder, count - 1));
    }
    pmm_store_relaxed_u32(&ladder->far_levels, count - 1);
}

uint32_t pmm_ladder_far_rank(const struct pmm_ladder *ladder, int64_t key) {
    uint32_t low = 0, high = pmm_load_relaxed_u32(&ladder->far_levels);
    if (high != 0 && pmm_ladder_far_key(ladder, high - 1) < key) return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pmm_ladder_far_key(ladder, middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Levels at or beyond a dropped one are unknown from now on: the horizon never sinks until a clear. */
static void drop(struct pmm_ladder *ladder, int64_t key) {
    if (!ladder->overflowed || key > ladder->horizon) pmm_store_relaxed_i64(&ladder->horizon, key);
    pmm_store_relaxed_u32(&ladder->overflowed, 1);
    pmm_store_relaxed_u64(&ladder->dropped, ladder->dropped + 1);
}

static void drop_worst_far(struct pmm_ladder *ladder, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        drop(ladder, pmm_ladder_far_key(ladder, 0));
        close_far(ladder, 0);
    }
}

static void place_window(struct pmm_ladder *ladder, int64_t best) {
    pmm_store_relaxed_i64(&ladder->base, best - (int64_t)(ladder->window / 4 * 3));
}

static uint32_t count_below(const struct pmm_ladder *ladder, int64_t key) {
    uint32_t count = 0;
    while (count < ladder->window_levels && pmm_ladder_window_below(ladder, ladder->base, &key) != PMM_LADDER_NONE) {
        count++;
        key--;
    }
    return count;
}

/*
 * A better price than the window covers: the window goes up to it and what falls out
 * below goes to the far table's good end, best last, so nothing there has to be shifted.
 */
static void move_up(struct pmm_ladder *ladder, int64_t best) {
    int64_t top = ladder->base + (int64_t)ladder->window - 1;
    int64_t base = best - (int64_t)(ladder->window / 4 * 3);
    int64_t at = base - 1 < top ? base - 1 : top;
    uint32_t leaving = at < ladder->base ? 0 : count_below(ladder, at);
    uint32_t room = ladder->far_capacity - ladder->far_levels;
    uint32_t excess = leaving > room ? leaving - room : 0;
    drop_worst_far(ladder, excess < ladder->far_levels ? excess : ladder->far_levels);
    room = ladder->far_capacity - ladder->far_levels;
    uint32_t lost = leaving > room ? leaving - room : 0;
    uint32_t end = ladder->far_levels + leaving - lost;

    for (uint32_t i = 0; i < leaving; i++, at--) {
        uint32_t slot = pmm_ladder_window_below(ladder, ladder->base, &at);
        if (i < leaving - lost) {
            set_far_key(ladder, end - 1 - i, at);
            copy_payload(ladder, far_slot(ladder, end - 1 - i), slot);
        } else {
            drop(ladder, at);
        }
        unmark(ladder, slot);
        zero_payload(ladder, slot);
    }
    set_counts(ladder, ladder->window_levels - leaving, end);
    place_window(ladder, best);
    pmm_store_relaxed_u64(&ladder->recentred, ladder->recentred + 1);
}

/* The best has sunk: the window follows it and takes back the far levels that it now covers. */
static void move_down(struct pmm_ladder *ladder) {
    uint32_t window_levels = ladder->window_levels, far_levels = ladder->far_levels;
    place_window(ladder, ladder->best);
    while (far_levels > 0 && pmm_ladder_far_key(ladder, far_levels - 1) >= ladder->base) {
        uint32_t from = far_slot(ladder, --far_levels);
        uint32_t slot = slot_of(ladder, pmm_ladder_far_key(ladder, far_levels));
        copy_payload(ladder, slot, from);
        zero_payload(ladder, from);
        mark(ladder, slot);
        window_levels++;
    }
    set_counts(ladder, window_levels, far_levels);
    pmm_store_relaxed_u64(&ladder->recentred, ladder->recentred + 1);
}

static uint32_t insert_far(struct pmm_ladder *ladder, int64_t key) {
    if (ladder->far_levels == ladder->far_capacity) {
        if (key < pmm_ladder_far_key(ladder, 0)) {
            drop(ladder, key);
            return PMM_LADDER_NONE;
        }
        drop_worst_far(ladder, 1);
    }
    uint32_t rank = pmm_ladder_far_rank(ladder, key);
    open_far(ladder, rank);
    set_far_key(ladder, rank, key);
    zero_payload(ladder, far_slot(ladder, rank));
    return far_slot(ladder, rank);
}

uint32_t pmm_ladder_insert(struct pmm_ladder *ladder, int64_t price) {
    int64_t key = price ^ ladder->flip;
    if (ladder->overflowed && key <= ladder->horizon) {
        pmm_store_relaxed_u64(&ladder->dropped, ladder->dropped + 1);
        return PMM_LADDER_NONE;
    }
    if (ladder->window_levels == 0) {
        place_window(ladder, key);
        pmm_store_relaxed_i64(&ladder->best, key);
    } else if (!in_window(ladder, key)) {
        if (key < ladder->base) return insert_far(ladder, key);
        move_up(ladder, key);
    }
    if (key > ladder->best) pmm_store_relaxed_i64(&ladder->best, key);
    mark(ladder, slot_of(ladder, key));
    pmm_store_relaxed_u32(&ladder->window_levels, ladder->window_levels + 1);
    return slot_of(ladder, key);
}

/* The best has just gone. */
static void advance(struct pmm_ladder *ladder) {
    int64_t key = ladder->best;
    if (ladder->window_levels != 0)
        (void)pmm_ladder_window_below(ladder, ladder->base, &key);
    else if (ladder->far_levels != 0)
        key = pmm_ladder_far_key(ladder, ladder->far_levels - 1);
    else
        return;
    pmm_store_relaxed_i64(&ladder->best, key);
    if (key < ladder->base + (int64_t)(ladder->window / 4)) move_down(ladder);
}

int pmm_ladder_remove(struct pmm_ladder *ladder, int64_t price) {
    uint32_t slot = pmm_ladder_find(ladder, price);
    if (slot == PMM_LADDER_NONE) return 0;
    if (slot >= ladder->window) {
        close_far(ladder, pmm_ladder_far_rank(ladder, price ^ ladder->flip));
        return 1;
    }
    unmark(ladder, slot);
    zero_payload(ladder, slot);
    pmm_store_relaxed_u32(&ladder->window_levels, ladder->window_levels - 1);
    if ((price ^ ladder->flip) == ladder->best) advance(ladder);
    return 1;
}

void pmm_ladder_clear(struct pmm_ladder *ladder) {
    int64_t key = ladder->best;
    for (uint32_t left = ladder->window_levels; left > 0; left--, key--) {
        uint32_t slot = pmm_ladder_window_below(ladder, ladder->base, &key);
        unmark(ladder, slot);
        zero_payload(ladder, slot);
    }
    for (uint32_t i = 0; i < ladder->far_levels; i++) zero_payload(ladder, far_slot(ladder, i));
    set_counts(ladder, 0, 0);
    pmm_store_relaxed_u32(&ladder->overflowed, 0);
}

void pmm_ladder_wipe(struct pmm_ladder *ladder) {
    uint64_t *end = (uint64_t *)(pmm_ladder_far_keys(ladder) + ladder->far_capacity);
    set_counts(ladder, 0, 0);
    pmm_store_relaxed_u32(&ladder->overflowed, 0);
    pmm_store_relaxed_u32(&ladder->far_head, 0);
    for (uint64_t *word = pmm_ladder_at(ladder, ladder->bits0_at); word < end; word++) pmm_store_relaxed_u64(word, 0);
}

static int check_bitmaps(const struct pmm_ladder *ladder) {
    const uint64_t *bits0 = pmm_ladder_at(ladder, ladder->bits0_at), *bits1 = pmm_ladder_at(ladder, ladder->bits1_at);
    uint64_t bits2 = *pmm_ladder_at(ladder, ladder->bits2_at);
    uint32_t count = 0;
    for (uint32_t i = 0; i < ladder->window / 64; i++) {
        count += (uint32_t)__builtin_popcountll(bits0[i]);
        if ((bits0[i] != 0) != (bits1[i >> 6] >> (i & 63) & 1)) return PMM_ERR_CORRUPT;
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
    const uint64_t *bits0 = pmm_ladder_at(ladder, ladder->bits0_at);
    uint32_t far = ladder->far_levels;
    int wrong = check_bitmaps(ladder);
    for (uint32_t slot = 0; slot < ladder->window; slot++)
        if (!(bits0[slot >> 6] >> (slot & 63) & 1)) wrong |= check_unused(ladder, slot);
    for (uint32_t i = 1; i < far; i++) wrong |= pmm_ladder_far_key(ladder, i - 1) >= pmm_ladder_far_key(ladder, i);
    for (uint32_t i = far; i < ladder->far_capacity; i++) wrong |= check_unused(ladder, far_slot(ladder, i));
    if (ladder->window_levels == 0) return wrong || far != 0 ? PMM_ERR_CORRUPT : PMM_OK;

    int64_t key = ladder->base + (int64_t)ladder->window - 1;
    wrong |= pmm_ladder_window_below(ladder, ladder->base, &key) == PMM_LADDER_NONE || key != ladder->best;
    wrong |= far != 0 && pmm_ladder_far_key(ladder, far - 1) >= ladder->base;
    return wrong ? PMM_ERR_CORRUPT : PMM_OK;
}
