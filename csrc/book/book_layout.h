/*
 * book_layout.h: what a book is in memory, for book.c and book_read.c. Private.
 * The table of offsets, and who writes what, stands in book.h; the rows are held here and
 * their text makes the segment's fingerprint, so a moved field is another layout.
 */
#ifndef PMM_BOOK_LAYOUT_H
#define PMM_BOOK_LAYOUT_H

#include "base/layout.h"
#include "book/book.h"
#include "book/book_state.h"
#include "book/ladder.h"

struct pmm_book {
    uint64_t sequence;
    int64_t bid_price;
    int64_t bid_quantity;
    int64_t ask_price;
    int64_t ask_quantity;
    int64_t recv_ns;
    struct pmm_book_state state;
    uint32_t instrument_id;
    uint32_t window;
    uint32_t far_capacity;
    uint32_t bids_at;
    uint32_t asks_at;
    uint32_t reserved1;
    uint64_t applied;
    uint64_t rejected;
    uint64_t reserved2[2];
};

#define PMM_BOOK_ROWS(ROW) \
    ROW(sequence, 0) \
    ROW(bid_price, 8) \
    ROW(bid_quantity, 16) \
    ROW(ask_price, 24) \
    ROW(ask_quantity, 32) \
    ROW(recv_ns, 40) \
    ROW(state.valid, 48) \
    ROW(state.reason, 52) \
    ROW(state.loading, 56) \
    ROW(state.invalidated, 64) \
    ROW(instrument_id, 72) \
    ROW(window, 76) \
    ROW(far_capacity, 80) \
    ROW(bids_at, 84) \
    ROW(asks_at, 88) \
    ROW(applied, 96) \
    ROW(rejected, 104)

#define PMM_BOOK_HOLD(field, at) PMM_OFFSET(pmm_book, field, at);
PMM_BOOK_ROWS(PMM_BOOK_HOLD)
static_assert(sizeof(struct pmm_book) == 128, "pmm_book's head is two cache lines");

/* A side's ladder; side is PMM_SIDE_BID or PMM_SIDE_ASK. */
static inline struct pmm_ladder *pmm_book_side(const struct pmm_book *book, int side) {
    return (struct pmm_ladder *)((uintptr_t)book + (side == PMM_SIDE_BID ? book->bids_at : book->asks_at));
}

/*
 * A payload is one word, the quantity, and 0 where there is no level: whether a level of the window is
 * there, its quantity tells.
 */
static inline int64_t *pmm_book_level(const struct pmm_ladder *ladder, uint32_t slot) {
    return (int64_t *)pmm_ladder_at(ladder, ladder->payload_at) + slot;
}

/* Best first; every word is loaded relaxed, so it may run beside the writer under the sequence's guard. */
size_t pmm_book_walk(const struct pmm_ladder *ladder, struct pmm_level *out, size_t max);

#endif
