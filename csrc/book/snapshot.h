/*
 * snapshot.h: the levels of a book as records, in pieces. Private: cffi never reads it.
 *
 * What it is. A book is sent as BOOK_BEGIN, a DEPTH record for each level, best first, bids before asks, and
 * BOOK_END; a struct pmm_place (book.h) keeps how far that has got, so that it may go out in pieces while the book
 * goes on changing. Each piece tells of the levels as they are when it is made.
 *
 * Why pieces and changes make the same book. DEPTH says what a level holds now, and whoever gets the pieces gets
 * every change since BOOK_BEGIN too, in the order in which the book took them. Take any price. If it changed since
 * then, the last that was sent of it, piece or change, says what it holds, for both were true when they were sent
 * and nothing was sent of it since. If it did not, the pieces come past it exactly once, for a place is a price
 * and not a count: levels that come and go before it or behind it move nothing.
 */
#ifndef PMM_SNAPSHOT_H
#define PMM_SNAPSHOT_H

#include "book/book.h"
#include "book/book_state.h"
#include "book/ladder.h"

/*
 * Writes up to max records for the levels from place on, like `level` but for side, price and quantity; moves
 * place, to PMM_PLACE_END when there are no more. A level's quantity is the last word of its payload. The count.
 */
size_t pmm_snapshot_levels(const struct pmm_ladder *bids, const struct pmm_ladder *asks, struct pmm_place *place,
                           const struct pmm_event *level, struct pmm_event *out, size_t max);

/* A record of a snapshot. */
static inline struct pmm_event pmm_snapshot_record(uint32_t instrument_id, int64_t recv_ns, enum pmm_kind kind) {
    return (struct pmm_event){
        .recv_ns = recv_ns, .instrument_id = instrument_id, .kind = (uint8_t)kind, .flags = PMM_FLAG_SNAPSHOT};
}

/* BOOK_BEGIN: with the reason for which a book is loading, so that whoever applies it is loading for the same. */
static inline struct pmm_event pmm_snapshot_begin(const struct pmm_book_state *state, uint32_t instrument_id,
                                                  int64_t recv_ns) {
    struct pmm_event begin = pmm_snapshot_record(instrument_id, recv_ns, PMM_KIND_BOOK_BEGIN);
    begin.reason = state->loading ? (uint16_t)state->reason : PMM_REASON_NONE;
    return begin;
}

/* The end of a snapshot of a book that is not loading: BOOK_END, or BOOK_INVALID with its reason. */
static inline struct pmm_event pmm_snapshot_end(const struct pmm_book_state *state, uint32_t instrument_id,
                                                int64_t recv_ns) {
    struct pmm_event end =
        pmm_snapshot_record(instrument_id, recv_ns, state->valid ? PMM_KIND_BOOK_END : PMM_KIND_BOOK_INVALID);
    end.flags |= PMM_FLAG_LAST;
    end.reason = (uint16_t)state->reason;
    return end;
}

#endif
