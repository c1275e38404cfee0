/* book_read.c: the readers' side, in another process too: looks that are repeated until they are whole. */
#include "base/sides.h"
#include "base/error.h"
#include "book/book_layout.h"

#include <sched.h>

/*
 * A writer is inside for as long as a batch takes, so some spinning sees it leave; if it
 * does not, it may be waiting for this very processor, so the later tries hand it over.
 */
#define SPINS 256
#define TRIES 512

static void wait_a_little(unsigned attempt) {
    if (attempt < SPINS)
        pmm_pause();
    else
        (void)sched_yield();
}

/* The reader's half of the sequence lock: begin gives an even value or the odd one, unchanged says it held. */
static uint64_t begin(const struct pmm_book *book) { return pmm_load_acquire_u64(&book->sequence); }

static int unchanged(const struct pmm_book *book, uint64_t sequence) {
    pmm_fence_acquire();
    return pmm_load_relaxed_u64(&book->sequence) == sequence;
}

static void load_top(const struct pmm_book *book, struct pmm_top *top) {
    top->bid_price = pmm_load_relaxed_i64(&book->bid_price);
    top->bid_quantity = pmm_load_relaxed_i64(&book->bid_quantity);
    top->ask_price = pmm_load_relaxed_i64(&book->ask_price);
    top->ask_quantity = pmm_load_relaxed_i64(&book->ask_quantity);
    top->recv_ns = pmm_load_relaxed_i64(&book->recv_ns);
    top->valid = pmm_load_relaxed_u32(&book->state.valid);
    top->reason = pmm_load_relaxed_u32(&book->state.reason);
}

int pmm_book_read_top(const struct pmm_book *book, struct pmm_top *top) {
    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        top->version = begin(book);
        if ((top->version & 1) == 0) {
            load_top(book, top);
            if (unchanged(book, top->version)) return top->valid ? PMM_OK : PMM_ERR_INVALID;
        }
        wait_a_little(attempt);
    }
    top->valid = 0;
    top->reason = PMM_REASON_STALE;
    return PMM_ERR_STALE;
}

/*
 * Levels that lie together: those of one word of the window's bitmap, or a single far one. The neighbours of the best
 * mostly share a word with it, and going from one to the next in there takes no search.
 */
struct span {
    uint64_t levels;           /* bit i: there is one at the key low + i */
    int64_t low;
    int64_t end;               /* no key below this one is in it, nor above it in a later one */
    const int64_t *quantities; /* from low on */
};

/* From a key of the window, in slot, downwards. Empty only in a torn read, which may end early. */
static inline struct span window_span(const struct pmm_ladder *ladder, uint32_t slot, int64_t key) {
    const int64_t low = key & ~INT64_C(63), base = pmm_load_relaxed_i64(&ladder->base);
    uint64_t levels = pmm_load_relaxed_u64(pmm_ladder_at(ladder, ladder->bits0_at) + slot / 64);
    levels &= (UINT64_C(2) << (key & 63)) - 1;
    const int64_t *quantities = pmm_book_level(ladder, slot & ~63u);
    if (low >= base) return (struct span){levels, low, low, quantities};
    /* The window's ring closes within this word: what would be below base is of its other end. */
    return (struct span){levels & UINT64_MAX << (base & 63), low, base, quantities};
}

static inline struct span best_span(const struct pmm_ladder *ladder) {
    if (pmm_load_relaxed_u32(&ladder->window_levels) == 0) return (struct span){0};
    int64_t key = pmm_load_relaxed_i64(&ladder->best);
    return window_span(ladder, (uint32_t)key & (ladder->window - 1), key);
}

/* Out of line: who looks at a few levels seldom leaves the first span. */
static __attribute__((noinline)) struct span next_span(const struct pmm_ladder *ladder, int64_t end) {
    int64_t price = end ^ ladder->flip;
    uint32_t slot = pmm_ladder_next(ladder, &price);
    int64_t key = price ^ ladder->flip;
    if (slot == PMM_LADDER_NONE) return (struct span){0};
    if (slot < ladder->window) return window_span(ladder, slot, key);
    return (struct span){1, key, key, pmm_book_level(ladder, slot)};
}

/* Takes the best level out of a span that has one; its distance from low. */
static inline uint64_t take_best(struct span *span) {
    uint64_t at = 63 ^ (uint64_t)__builtin_clzll(span->levels);
    span->levels ^= UINT64_C(1) << at;
    return at;
}

size_t pmm_book_walk(const struct pmm_ladder *ladder, struct pmm_level *out, size_t max) {
    struct span span = best_span(ladder);
    size_t n = 0;
    while (n < max && span.levels != 0) {
        do {
            uint64_t at = take_best(&span);
            out[n].price = (span.low | (int64_t)at) ^ ladder->flip;
            out[n].quantity = pmm_load_relaxed_i64(span.quantities + at);
        } while (++n < max && span.levels != 0);
        if (n < max) span = next_span(ladder, span.end);
    }
    return n;
}

/* The sum of the best quantities; a double, because nothing bounds them. */
static inline double best_quantities(const struct pmm_ladder *ladder, size_t levels) {
    struct span span = best_span(ladder);
    double sum = 0.0;
    while (levels > 0 && span.levels != 0) {
        do
            sum += (double)pmm_load_relaxed_i64(span.quantities + take_best(&span));
        while (--levels > 0 && span.levels != 0);
        if (levels > 0) span = next_span(ladder, span.end);
    }
    return sum;
}

double pmm_book_imbalance(const struct pmm_book *book, size_t levels) {
    double bids = best_quantities(pmm_book_side(book, PMM_SIDE_BID), levels);
    double asks = best_quantities(pmm_book_side(book, PMM_SIDE_ASK), levels);
    return bids + asks > 0.0 ? (bids - asks) / (bids + asks) : 0.0;
}

int64_t pmm_book_read_depth(const struct pmm_book *book, int side, struct pmm_level *out, size_t max) {
    if (!pmm_is_side(side)) return PMM_ERR_ARGUMENT;
    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        uint64_t sequence = begin(book);
        if ((sequence & 1) == 0) {
            uint32_t valid = pmm_load_relaxed_u32(&book->state.valid);
            size_t n = valid ? pmm_book_walk(pmm_book_side(book, side), out, max) : 0;
            if (unchanged(book, sequence)) return valid ? (int64_t)n : PMM_ERR_INVALID;
        }
        wait_a_little(attempt);
    }
    return PMM_ERR_STALE;
}
