/*
 * paper.h: a paper venue: our orders in an imaginary queue of a real market.
 *
 * What it is. The order path of paper trading. It reads a real market's L2 book and trades as
 * records, keeps our orders in an imaginary place in that market's queues, and writes the
 * execution reports that a venue would have written. The orders never touch the real market
 * and the real market never reacts to them. Latency is applied outside: a record acts when
 * it stands in the stream.
 *
 * Who writes, who reads. One thread of one process; private memory. There is no pointer in it: a copy of the
 * memory, aligned as it was, is the same venue and goes on as it would have.
 *
 * In, one merged stream in time order. Market: BOOK_BEGIN, DEPTH, BOOK_END, BOOK_INVALID as in
 * book.h, and TRADE. Orders: NEW, REPLACE, CANCEL, CANCEL_ALL, QUERY as in match.h; source is
 * the participant that they and their reports belong to. Market data of instruments that the
 * venue does not have, and other kinds, are consumed without effect. The same records give the same
 * reports, however they are cut into calls.
 *
 * Out: ACK, REJECTED, FILL (FLAG_MAKER if it was resting), CANCELLED, REPLACED, REPLACE_REJECTED,
 * CANCEL_REJECTED, ORDER_STATUS, with the meanings of match.h. source = the participant, aux = execution
 * sequence (one count over the instrument), recv_ns and venue_ns = recv_ns of the record that
 * caused it. No market data comes out: the real feed is the market data.
 *
 * Reasons. REJECTED: BAD_INSTRUMENT, BAD_ORDER (side, type, time in force or self-trade rule
 * unknown; post-only that cannot rest), BAD_QUANTITY, BAD_PRICE (outside of match.h's ranges),
 * DUPLICATE_ORDER (an open order of the instrument has the id), NO_REFERENCE (the book is invalid: there
 * is nothing to be matched against or queued behind), WOULD_TAKE, CAPACITY, UNKNOWN_ORDER (answers a
 * QUERY); checked in this order. CANCELLED: REQUESTED, the reason that a CANCEL_ALL carries
 * (CANCEL_ON_DISCONNECT), NO_LIQUIDITY, FOK, SELF_TRADE, CAPACITY (a remainder with no place to rest).
 *
 * The model. Sources: E. Rigtorp, "Estimating order queue position" (rigtorp.se, 2013), and
 * the queue models of hftbacktest (RiskAdverseQueueModel, ProbQueueModel with f(x) = x and x^2).
 *
 *  Arrival      queue ahead = the displayed quantity at that price. A price with nothing displayed is unseen
 *               if it lies behind the worst displayed level (of PMM_PAPER_LEVELS) or beyond what is known
 *               of the side (the bound of a BOOK_BEGIN, levels that the book dropped): what the level shows
 *               when it first appears is all ahead, and until then no trade at that price fills the order.
 *  Out of sight A snapshot that ends before an order's price, or a book that drops its level, makes it unseen
 *               again: nobody becomes the first of a queue because it is no longer shown. What was ahead
 *               stays the most that can be once the level appears; a DEPTH beyond what is known bounds it
 *               too, but what happens there is not followed. Who was first stays first.
 *  Trade at     our price, aggressor from the other side: eats the queue ahead, and what is left
 *               of the trade fills our orders there in the order of their arrival.
 *  Trade past   our price: nothing can be ahead any more. Fills by at most the traded quantity, which
 *               our orders at better prices, then earlier ones, take first; the rest of an order
 *               stays. (To fill in whole would invent volume.) One trade never fills more than itself.
 *  Decrease     of a level that trades do not explain is cancellations. Each order gains the share
 *               that enum pmm_paper_cancel says, and the queue ahead is never above what is displayed.
 *               An increase joins behind us.
 *  Trades and depth come apart. Each level keeps an account. What traded since its last depth
 *               message explains a decrease first, so that it is not counted twice. A trade that arrives
 *               after the depth message that already holds it (its venue_ns is before the depth
 *               message's: a quarter of Binance's trades) takes back what its decrease was
 *               credited as cancellations before it eats the queue, and passes over orders that joined
 *               after that message: they were not there. Either memory is dropped settle_ns
 *               after it was written, by the clock of the depth messages.
 *  Crossing     when a consistent message (FLAG_LAST, BOOK_END) leaves the best opposite price at or
 *               past ours, that order would have hit us: a fill at our price, by at most the
 *               displayed quantity at or past it, which then counts as taken.
 *  Taking       a marketable order takes the displayed book from the best level, a FILL for each
 *               level. What was taken of a level is not there again before the next DEPTH of that
 *               level, so the same liquidity is not taken twice. Levels after the best PMM_PAPER_LEVELS
 *               are out of reach, and so is a level for which there is no account. FOK is all or none of what is in
 *               reach.
 *  Invalid book (a snapshot begun, INVALID, or a DEPTH that cannot be right, until the next whole snapshot)
 *               new and re-priced orders are refused, resting ones keep their place without fills. When
 *               it is valid again the queue ahead is the smaller of what it was and what
 *               is displayed, or unseen as above: time priority cannot get worse, and nothing seen says it got better.
 *
 * Our own orders are not in the market's queues and never fill each other. The self-trade rules
 * hold: an incoming order that gets to the price of an opposite one of its source cancels newest, oldest or
 * both, before it takes what is displayed at that price. With PMM_STP_NONE they pass each other.
 * A post-only order is refused if it crosses the displayed book or an own order.
 *
 * Caveats. DAY is GTC here: a venue with a close sends CANCEL_ALL with reason DAY_END. A trade with side
 * NONE fills nobody. Hidden liquidity that trades at our price counts as queue ahead: pessimistic.
 */
#ifndef PMM_PAPER_H
#define PMM_PAPER_H

#include "book/book.h"
#include "base/event.h"

/* Levels of a side that an order may take from, and that a side keeps accounts of. */
#define PMM_PAPER_LEVELS 256
/* Two of Binance's 100 ms depth intervals and a margin. */
#define PMM_PAPER_SETTLE_NS 250000000

struct pmm_paper; /* opaque */

/* Where in the queue the quantity stood that was cancelled; a: ahead of us, b: behind us. */
enum pmm_paper_cancel {
    PMM_PAPER_CANCEL_PROPORTIONAL = 0, /* a / (a + b) of it ahead: anybody is equally likely to go */
    PMM_PAPER_CANCEL_BEHIND = 1,       /* none of it ahead while any is behind: the pessimist's bound */
    PMM_PAPER_CANCEL_AHEAD = 2,        /* all of it ahead: the optimist's bound */
    PMM_PAPER_CANCEL_SQUARE = 3        /* a^2 / (a^2 + b^2) */
};

struct pmm_paper_config {
    int64_t settle_ns; /* >= 0; how long trades and depth wait for each other */
    uint32_t cancel;   /* enum pmm_paper_cancel */
    uint32_t orders;   /* 1..65536: capacity of open orders per instrument */
    uint32_t window;   /* of each book: see book.h */
    uint32_t far_capacity;
};

/* Bytes for `instruments` books and queues; 0 if an argument is out of range. */
size_t pmm_paper_memsize(uint32_t instruments, const struct pmm_paper_config *config);
/*
 * Sets up memory (cache-line aligned, bytes >= memsize, any content) with no orders and every book invalid.
 * instrument_ids: distinct, each below PMM_INSTRUMENTS_MAX. 0 or ARGUMENT.
 */
int pmm_paper_init(void *memory, size_t bytes, const uint32_t *instrument_ids, uint32_t instruments,
                   const struct pmm_paper_config *config);

/* The least `max` that pmm_paper_run accepts: no single record can need more. */
size_t pmm_paper_out_min(const struct pmm_paper *paper);

/*
 * Runs n records in order and writes the reports that they cause. Stops before a record whose
 * worst case might not fit in what is left of out, and sets *consumed; call again from there. Only a
 * CANCEL_ALL may stop in its middle: it is consumed when its last order is gone.
 * Returns the count written, or ARGUMENT (a null pointer, max < pmm_paper_out_min).
 */
int64_t pmm_paper_run(struct pmm_paper *paper, const struct pmm_event *in, size_t n, struct pmm_event *out, size_t max,
                      size_t *consumed);

/* Every open order of source (0: all) as ORDER_STATUS: by instrument, bids then asks, best price and
 * oldest first. Returns the count or FULL; aux is the queue ahead, -1 if unseen. */
int64_t pmm_paper_orders(const struct pmm_paper *paper, uint16_t source, struct pmm_event *out, size_t max);
/* Estimated market quantity ahead of an open order; NOT_FOUND; NOT_READY if its level is unseen. */
int64_t pmm_paper_queue_ahead(const struct pmm_paper *paper, uint32_t instrument_id, uint64_t order_id);
/* 1 if the instrument's book is valid: its orders can be filled. */
int pmm_paper_valid(const struct pmm_paper *paper, uint32_t instrument_id);
uint32_t pmm_paper_order_count(const struct pmm_paper *paper);
/* Asserts every invariant (priority order, leaves, queue ahead, accounts): 0 or CORRUPT. For tests. */
int pmm_paper_check(const struct pmm_paper *paper);

#endif
