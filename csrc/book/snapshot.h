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
#include "book/ladder.h"

/*
 * Writes up to max records for the levels from place on, like `level` but for side, price and quantity; moves
 * place, to PMM_PLACE_END when there are no more. A level's quantity is the last word of its payload. The count.
 */
size_t pmm_snapshot_levels(const struct pmm_ladder *bids, const struct pmm_ladder *asks, struct pmm_place *place,
                           const struct pmm_event *level, struct pmm_event *out, size_t max);

#endif
