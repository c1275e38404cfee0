/*
 * risk.h: pre-trade checks, positions and P&L: the only way to the gateway.
 *
 * What it is. One deterministic function over the risk process's input log. In: intents of the
 * strategy (NEW, REPLACE, CANCEL), execution reports of the gateway, TOP records (the shared
 * book's best prices, put into the log by the process before the intents that they
 * judge), HALT / RESUME, PEER_LOST / PEER_BACK, TIMER. Out: orders for the gateway (NEW, REPLACE,
 * CANCEL as they came), and reports for the strategy (the gateway's own, and REJECTED /
 * REPLACE_REJECTED / CANCEL_REJECTED with the reason when a check refuses).
 *
 * Checks, in this order; the first that fails gives the reason:
 *   BAD_ORDER        its id names another strategy than the one it comes from (source.h); of a CANCEL too
 *   KILL_SWITCH
 *   PEER_LOST        its strategy is gone, or is none
 *   BAD_INSTRUMENT
 *   PEER_LOST        its venue's gateway is gone
 *   BAD_ORDER        kind, side, type, a market order with a price
 *   DUPLICATE_ORDER  of a NEW: the id is open, or 0
 *   UNKNOWN_ORDER    of a REPLACE: not open, or of another instrument or side
 *   TOO_LATE         of a REPLACE: the order is being cancelled, or another REPLACE of it is unanswered
 *   BAD_PRICE
 *   BAD_QUANTITY     not positive, or below the instrument's least
 *   ORDER_SIZE
 *   TOO_OLD          decided more than intent_age_max_ns before the log's clock
 *   NO_REFERENCE     no good TOP, or its venue's feed is gone
 *   PRICE_COLLAR     further than collar_e4 x 1e-4 from the middle of the last TOP
 *   POSITION_LIMIT   worst case: everything open on that side filled, this order too
 *   OPEN_ORDERS      of the instrument
 *   MESSAGE_RATE     a token bucket on the log's clock, over all instruments; CANCELs are never refused for it
 *   OPEN_ORDERS      the table, of all instruments, is full
 * A CANCEL of a known order of its own always passes.
 *
 * A market order has the price 0 and needs a reference as a limit order does; no collar can hold it. The limits are of
 * lots, so they judge it as any other; it counts as open until a report ends it. Whoever wants a bound of its price
 * sends a limit order that is IOC or FOK.
 *
 * HALT, STOP and START cancel every open order at once, the loss of a strategy those that it owns (source.h). One that
 * the gateway refuses as UNKNOWN_ORDER is gone.
 *
 * Fees. A fill costs what the instrument's fees say, or, with FLAG_FEE_TOLD, what the FEEs say that come with it: one
 * in the quote currency is cash, one in the base currency is lots that were sold for nothing, to the last digit
 * (dust.h). FILL_BUSTED takes a fill back: position, cash, fees, turnover and counts are as if it had never been; of
 * what it had realised, the difference goes into cost, so that P&L at any mark is, too. An order that the venue has
 * and nobody here knows (ORDER_STATUS) counts until it is gone.
 *
 * A FILL, FILL_BUSTED, FEE or REPLACED that no venue could mean (pmm_report_fault), or that cannot be counted (the
 * position beyond 63 bits; cash, fees or turnover beyond 125), is refused: counted by its reason and in
 * refused_reports, and it goes no further. What the venue did is then not known; the order stays open, so the limits
 * go on counting what it may have done.
 *
 * P&L, exact in integers of ticks x lots, 128 bits wide (money.h). For each instrument cash = sum of sells' notional
 * - buys' notional (fees apart); cost = what the open position cost on average, signed as the
 * position; realised moves when a fill reduces the position: the closed share of cost is
 * rounded towards zero once and the rest stays in cost, so that at every moment and any mark
 *   cash + position x mark = realised + (position x mark - cost)
 * holds exactly, and total = realised + unrealised - fees.
 *
 * Who owns. Plain memory of the risk process (memsize, init), 8-byte aligned, one thread.
 */
#ifndef PMM_RISK_H
#define PMM_RISK_H

#include "base/event.h"
#include "base/position.h"

struct pmm_risk; /* opaque */

#define PMM_RISK_LOTS_MAX   1152921504606846976
#define PMM_RISK_ORDERS_MAX 1000

struct pmm_risk_limits {
    int64_t order_quantity_max;  /* lots, 1 to LOTS_MAX */
    int64_t position_max;        /* lots, 1 to LOTS_MAX: either way, worst case */
    int64_t collar_e4;           /* 1 to 1e4: 1e-4 of the reference price */
    int32_t open_orders_max;     /* of the instrument, 1 to ORDERS_MAX */
    int32_t reserved;
};

struct pmm_risk_session {
    int64_t intent_age_max_ns;   /* positive, at most a quarter of INT64_MAX */
    int64_t messages_per_s;      /* 1 to 1e9 */
    int64_t messages_burst;      /* 1 to 1e9 */
};

size_t pmm_risk_memsize(uint32_t orders, uint32_t instrument_count);
/*
 * orders: a power of two, a third more than may be open at once; instruments: the session's table, by id, copied.
 * ARGUMENT, also for memory that is none, too small or not aligned, and for limits, fees or venues' numbers out of
 * their ranges.
 */
int pmm_risk_init(void *memory, size_t bytes, uint32_t orders, const struct pmm_instrument *instruments,
                  const struct pmm_risk_limits *limits, uint32_t instrument_count,
                  const struct pmm_risk_session *session);

/*
 * Runs n records; the decisions go to out. max must be at least 2 n + orders (a HALT cancels everything, and again what
 * a refused cancel has put back), and by orders more for each START behind the first record, which cancels again what
 * is being cancelled. Returns the count; ARGUMENT: nothing is done, or, where such a START finds no room, what stands
 * before it.
 */
int64_t pmm_risk_run(struct pmm_risk *risk, const struct pmm_event *in, size_t n, struct pmm_event *out, size_t max);

/* The mark is the middle of the last reference, rounded down. NOT_FOUND. */
int pmm_risk_position(const struct pmm_risk *risk, uint32_t instrument_id, struct pmm_position *out);
int64_t pmm_risk_open_orders(const struct pmm_risk *risk);
/* Refusals so far at this instrument, by enum pmm_reason: PMM_REASONS of them. NOT_FOUND. */
int pmm_risk_refused(const struct pmm_risk *risk, uint32_t instrument_id, int64_t *refused);

/* Brings near what orders touch of the first few instruments. */
void pmm_risk_warm(const struct pmm_risk *risk);

#endif
