#include "book_layout.h"

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
    top->valid = pmm_load_relaxed_u32(&book->valid);
    top->reason = pmm_load_relaxed_u32(&book->reason);
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

size_t pmm_book_walk(const struct pmm_ladder *ladder, struct pmm_level *out, size_t max) {
    size_t n = 0;
    int64_t price = 0;
    uint32_t slot = pmm_ladder_best(ladder, &price);
    for (; n < max && slot != PMM_LADDER_NONE; n++) {
        out[n].price = price;
        out[n].quantity = pmm_load_relaxed_i64(pmm_book_level(ladder, slot));
        slot = pmm_ladder_next(ladder, &price);
    }
    return n;
}

int64_t pmm_book_read_depth(const struct pmm_book *book, int side, struct pmm_level *out, size_t max) {
    if (side != PMM_SIDE_BID && side != PMM_SIDE_ASK) return PMM_ERR_ARGUMENT;
    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        uint64_t sequence = begin(book);
        if ((sequence & 1) == 0) {
            uint32_t valid = pmm_load_relaxed_u32(&book->valid);
            size_t n = valid ? pmm_book_walk(pmm_book_side(book, side), out, max) : 0;
            if (unchanged(book, sequence)) return valid ? (int64_t)n : PMM_ERR_INVALID;
        }
        wait_a_little(attempt);
    }
    return PMM_ERR_STALE;
}
