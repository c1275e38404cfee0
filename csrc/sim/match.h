/*
 * match.h: the matching engine of one instrument: price-time priority on single orders (L3).
 *
 * What it is. Orders in a pool linked by 32-bit slot numbers, a queue per price level, levels
 * found as in book.h (direct index with bitmaps, far levels exact). Deterministic: the same
 * records in give the same records out. No clock of its own: out records carry the recv_ns
 * of the record that caused them.
 *
 * In: NEW (limit or market; GTC, DAY, IOC, FOK; FLAG_POST_ONLY; self-trade rule), REPLACE,
 * CANCEL, CANCEL_ALL, QUERY. order_id is unique among open orders of all participants;
 * source is the participant: self-trade prevention and CANCEL_ALL go by it.
 *
 * Out, in order of happening: ACK / REJECTED / FILL (one for each side of a match, the resting one
 * first, with FLAG_MAKER) / CANCELLED / REPLACED / REPLACE_REJECTED / CANCEL_REJECTED / ORDER_STATUS,
 * with source = the participant it is for, aux = execution sequence (one count over
 * the instrument), order_id theirs; and public market data with source EXCHANGE: TRADE (one a match, side =
 * aggressor's, order_id = trade id) and DEPTH (the level's absolute quantity after the operation, once per
 * touched level, FLAG_LAST on the last record of an operation that carries market data).
 * In DEPTH and TRADE aux is the market data sequence: one count over the instrument.
 *
 * Rules. Replace keeps priority only when the price is the same and the new total is not above the
 * old; otherwise the order goes to the back of its (new) level and may match at once, or is refused if it is
 * post-only and would take. A new total at or below what is filled cancels it. A market order's or IOC's
 * remainder is CANCELLED (NO_LIQUIDITY); FOK that cannot fill at once in whole is CANCELLED (FOK)
 * after its ACK without a fill. Self-trade: cancel newest = the incoming remainder, oldest = the resting
 * order, both. DAY orders go with pmm_match_end_day.
 *
 * More rules. An order belongs to its source: CANCEL, REPLACE and QUERY of another's are
 * UNKNOWN_ORDER. A REPLACE has the rules of its order (post-only, self-trade, time in force), not of the
 * record. A CANCEL_ALL's reason, if it has one, is the reason of its CANCELLED. Prices are 1 to PRICE_MAX,
 * quantities 1 to QUANTITY_MAX. A post-only IOC, FOK or market order is BAD_ORDER. With no place for an
 * order or its level the order is REJECTED (CAPACITY), or its remainder CANCELLED (CAPACITY) if it could
 * take first. venue_ns of what goes out is its recv_ns: the venue's time is the cause's. Each execution
 * report, refusals and status too, counts one execution sequence.
 *
 * Costs. NEW, CANCEL, REPLACE: constant, plus each order met; CANCEL_ALL and end of day: all open orders.
 * The caller gives 64-byte aligned memory; no pointers in it.
 */
#ifndef PMM_MATCH_H
#define PMM_MATCH_H

#include "book/book.h"
#include "base/event.h"

#define PMM_MATCH_ORDERS_MAX   4194304
#define PMM_MATCH_PRICE_MAX    1152921504606846976
#define PMM_MATCH_QUANTITY_MAX 1099511627776

struct pmm_match; /* opaque */

/*
 * orders: open at once, 1 to ORDERS_MAX; far_capacity: levels per side; window as in book.h. 0 if an
 * argument is bad.
 */
size_t pmm_match_memsize(uint32_t orders, uint32_t window, uint32_t far_capacity);
int pmm_match_init(void *memory, size_t bytes, uint32_t instrument_id, uint32_t orders, uint32_t window,
                   uint32_t far_capacity);

/*
 * Runs n records in order; writes what they cause to out. Stops before a record whose worst case
 * might not fit in what is left of out and sets *consumed. Returns the count written, or ARGUMENT.
 * Records of other instruments (but a CANCEL_ALL of PMM_INSTRUMENT_ALL) and kinds are consumed without
 * effect. A record writes at most 3 + 4 x (orders on the other side that it could meet) records, a
 * CANCEL_ALL 2 x the participant's orders: room for 4 x orders + 3 is always enough, and a record that does
 * not fit an empty out leaves *consumed 0.
 */
int64_t pmm_match_run(struct pmm_match *match, const struct pmm_event *in, size_t n, struct pmm_event *out, size_t max,
                      size_t *consumed);
/* Cancels all DAY orders, as of recv_ns (reason DAY_END). Same out rules: AGAIN if max is too small. */
int64_t pmm_match_end_day(struct pmm_match *match, int64_t recv_ns, struct pmm_event *out, size_t max);

void pmm_match_top(const struct pmm_match *match, struct pmm_top *top);
int64_t pmm_match_depth(const struct pmm_match *match, int side, struct pmm_level *out, size_t max);
/* BOOK_BEGIN, DEPTH..., BOOK_END with aux = the current market data sequence. */
int64_t pmm_match_snapshot(const struct pmm_match *match, int64_t recv_ns, struct pmm_event *out, size_t max);
/* The same in pieces, as pmm_book_part; aux of each is the sequence when it is made. The count. */
int64_t pmm_match_part(const struct pmm_match *match, int64_t recv_ns, struct pmm_place *place, struct pmm_event *out,
                       size_t max);
/* Every open order of source (0: all) as ORDER_STATUS, in price-time order; FULL if max is too small. */
int64_t pmm_match_orders(const struct pmm_match *match, uint16_t source, struct pmm_event *out, size_t max);
/* Leaves quantity ahead of the order in its level's queue; NOT_FOUND. */
int64_t pmm_match_queue_ahead(const struct pmm_match *match, uint64_t order_id);
uint32_t pmm_match_order_count(const struct pmm_match *match);
/* Asserts every invariant (queues, sums, bitmaps, index): 0 or CORRUPT. For tests; slow. */
int pmm_match_check(const struct pmm_match *match);

#endif
