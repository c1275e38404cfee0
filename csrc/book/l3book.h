/*
 * l3book.h: an L3 order book of one instrument: every resting order, as a venue publishes them.
 *
 * What it is. It follows a venue's messages and never matches: which order traded, the venue says. Two
 * ladders of levels (ladder.h), each level a queue of orders in the order of their arrival; orders in a pool
 * linked by 32-bit slot numbers; an index from order ids to slots. So the book knows what an L2 book cannot:
 * how many orders stand at a price, how large each is, and what stands before a given one.
 * Coinbase full, Bitstamp live_orders, NASDAQ ITCH and LOBSTER speak this way.
 *
 * Ids. Any 64-bit numbers. The index is a hash table. If id_ring is not 0 a direct table of that many slots
 * (a power of two) stands before it, at the place id & (id_ring - 1): for venues whose ids rise one by one.
 * Of two live orders with the same place the later one has it and the other is found by its hash (stats:
 * `hashed`), so every id is right in either mode, it is only slower. Make id_ring four times the live orders or more.
 *
 * Who writes, who reads. One process; private memory. Offsets and slots only, no pointers: a copy is a book.
 * The library never allocates: memsize bytes, zeroed, 64-byte aligned, then init.
 *
 * Sources. event.h records of this instrument; other kinds are passed over (a TRADE or TOP with FLAG_LAST
 * ends a message too). The states are book.h's:
 *   BOOK_BEGIN     clears it; it is loading: invalid, with the record's reason (RESYNC if it has none)
 *   ORDER_*        change it, in any state
 *   BOOK_END       makes a loading book valid; one that turned invalid since its BEGIN stays so
 *   BOOK_INVALID   makes it invalid, with the record's reason, until the next BEGIN and END
 * A new book is loading, reason STARTING. By itself a valid or ending book becomes invalid
 *   CROSSED        best bid not below best ask, looked at in each record of market data with FLAG_LAST and at
 *                  BOOK_END: between the messages of one event a venue's book may be crossed
 * and in any state, at once, by an ORDER record that cannot be right, which changes nothing and is counted
 * in `rejected`; the first reason stays:
 *   UNKNOWN_ORDER    REDUCE, REMOVE, REPLACE or EXECUTE of an id that does not rest here
 *   DUPLICATE_ORDER  ADD, or REPLACE by another id, of an id that rests here
 *   BAD_QUANTITY     below 1, above QUANTITY_MAX, or (REDUCE, EXECUTE) above what is left
 *   BAD_PRICE        ADD or REPLACE beyond +-PRICE_MAX; prices of zero and below are prices like any other
 *   BAD_ORDER        ADD without a side
 * and by one that is right but finds no place (the pool is full, or the side has level_capacity levels):
 *   OVERFLOW         the order is not kept, nor is the one it replaced; counted in `dropped`
 * What is known stays to be read while the book is invalid; records go on to be applied.
 *
 * Rules. ADD goes to the back of its level. REDUCE and EXECUTE leave the order in its place; with nothing
 * left it goes. REPLACE is a REMOVE and an ADD on the same side: the order goes to the back, even at the
 * same price, and may keep its id. EXECUTE of an order that is not first is taken as the venue says it.
 *
 * Costs. Every ORDER record: constant. BOOK_BEGIN: the whole index. queue_ahead: the orders before it.
 *
 * The head, offsets from the book's first byte (l3book_layout.h holds them):
 *   offset bytes field          meaning
 *   0      16    ladder_at      bids, asks
 *   16     8     index_at       entries of 8 bytes, order_index.h
 *   24     8     orders_at      slots of 32 bytes, slot 0 is nobody: order_pool.h, as all down to resting
 *   32     4     index_shift
 *   36     4     capacity       orders
 *   40     4     free_head      last freed slot: first to be used, its lines are hot
 *   44     4     unused         slots from here on were never used
 *   48     4     resting        orders
 *   52     4     reserved
 *   56     4     instrument_id
 *   60     4     hashed         of the orders, found in the hash table
 *   64     8     ring_mask      id_ring - 1; 0 without a ring
 *   72     24    state          book_state.h
 *   96     8     recv_ns        of the last record taken
 *   104    8     applied
 *   112    8     rejected
 *   120    8     dropped
 *   128          ring (id_ring slots of 4 bytes), ladders, index, orders
 */
#ifndef PMM_L3BOOK_H
#define PMM_L3BOOK_H

#include "book/book.h"
#include "base/event.h"

#define PMM_L3_ORDERS_MAX   4194304
#define PMM_L3_ID_RING_MIN  64
#define PMM_L3_ID_RING_MAX  16777216
#define PMM_L3_PRICE_MAX    1152921504606846976
#define PMM_L3_QUANTITY_MAX 1099511627776

struct pmm_l3book; /* opaque */

/* An order as it rests. */
struct pmm_l3_order {
    uint64_t order_id;
    int64_t price;
    int64_t quantity; /* what is left of it */
    uint64_t side;
};

struct pmm_l3book_stats {
    uint64_t applied;     /* ORDER records that were taken */
    uint64_t rejected;    /* ORDER records that could not be right */
    uint64_t dropped;     /* orders that found no place */
    uint64_t invalidated; /* times that a valid or loading book became invalid */
    uint64_t recentred;   /* moves of either side's window */
    uint64_t orders;      /* resting */
    uint64_t hashed;      /* of these, found in the hash table: all of them if there is no ring */
    uint64_t bid_levels;
    uint64_t ask_levels;
};

/*
 * orders: resting at once, 1 to ORDERS_MAX. window: ticks per side, as in book.h. level_capacity: levels per
 * side, 1 to 2^22. id_ring: 0, or a power of two from ID_RING_MIN to ID_RING_MAX. 0 if an argument is bad.
 */
size_t pmm_l3book_memsize(uint32_t orders, uint32_t window, uint32_t level_capacity, uint32_t id_ring);
/*
 * `memory`: zeroed; only what is used of it is ever touched, so that the largest book costs no more than it holds.
 * ARGUMENT if it is too small or not aligned, or the sizes are bad.
 */
int pmm_l3book_init(void *memory, size_t bytes, uint32_t instrument_id, uint32_t orders, uint32_t window,
                    uint32_t level_capacity, uint32_t id_ring);

/*
 * Applies records in order. Returns the number taken: ORDER records that were not rejected, and those that
 * change the state. Longer batches are faster: orders are fetched into the cache ahead of their records.
 */
int64_t pmm_l3book_apply(struct pmm_l3book *book, const struct pmm_event *events, size_t n);
/* The same, and tops[i] is the book's top after events[i], whatever its kind: n tops. */
int64_t pmm_l3book_apply_tops(struct pmm_l3book *book, const struct pmm_event *events, size_t n, struct pmm_top *tops);

/* version: ORDER records taken so far. */
void pmm_l3book_top(const struct pmm_l3book *book, struct pmm_top *top);
/* Up to max levels of one side from the best, their quantities summed, valid or not; the count, or ARGUMENT. */
int64_t pmm_l3book_depth(const struct pmm_l3book *book, int side, struct pmm_level *out, size_t max);
int64_t pmm_l3book_quantity(const struct pmm_l3book *book, int side, int64_t price); /* 0 if no level */
/* Up to max orders of one level, first in the queue first; the count (0 if no level), or ARGUMENT. */
int64_t pmm_l3book_queue(const struct pmm_l3book *book, int side, int64_t price, struct pmm_l3_order *out, size_t max);
/* 0, or NOT_FOUND and out is left alone. */
int pmm_l3book_order(const struct pmm_l3book *book, uint64_t order_id, struct pmm_l3_order *out);
/* What stands before the order at its level, its own quantity not counted; NOT_FOUND. */
int64_t pmm_l3book_queue_ahead(const struct pmm_l3book *book, uint64_t order_id);
void pmm_l3book_get_stats(const struct pmm_l3book *book, struct pmm_l3book_stats *stats);
/*
 * The whole book as BOOK_BEGIN, ORDER_ADD (flag SNAPSHOT, in price-time order, bids before asks), BOOK_END (flag LAST),
 * stamped recv_ns; ends as pmm_book_snapshot does if the book is not valid. Whoever applies it has the same
 * queues. Returns the count; FULL if max (at most orders + 2) is too small.
 */
int64_t pmm_l3book_snapshot(const struct pmm_l3book *book, int64_t recv_ns, struct pmm_event *out, size_t max);
/* Every invariant (queues, sums, bitmaps, ring, index, pool): 0 or CORRUPT. For tests; slow. */
int pmm_l3book_check(const struct pmm_l3book *book);

#endif
