/*
 * match_turn.h: one record's way through a matching engine. Private: cffi never reads it.
 *
 * match.c reads the records and does what rests (cancel, replace, query); match_take.c does what takes (new
 * orders and the taking part of a replace). Both write their results through a turn; the levels that they
 * touch are published together when the operation ends.
 */
#ifndef PMM_MATCH_TURN_H
#define PMM_MATCH_TURN_H

#include "base/terms.h"
#include "sim/match_orders.h"

/* Where a record's results go. The caller has made sure that there is room. */
struct turn {
    struct pmm_match *match;
    struct pmm_event *out;
    int64_t recv_ns;
};

/* An order that is about to take, new or replaced. */
struct taker {
    uint64_t order_id;
    int64_t price; /* the worst it accepts; for a market order the end of the numbers */
    int64_t leaves;
    uint16_t source;
    uint8_t side;
    uint8_t tif;
    uint8_t self_trade;
    uint8_t self_traded; /* stopped by its own resting order */
};

static inline int reaches(int side, int64_t limit, int64_t price) {
    return side == PMM_SIDE_BID ? price <= limit : price >= limit;
}

static inline void report(struct turn *turn, enum pmm_kind kind, uint64_t order_id, uint16_t source, uint8_t side,
                          int64_t price, int64_t quantity, uint16_t reason, uint8_t flags) {
    *turn->out++ = (struct pmm_event){.recv_ns = turn->recv_ns,
                                      .venue_ns = turn->recv_ns,
                                      .price = price,
                                      .quantity = quantity,
                                      .order_id = order_id,
                                      .aux = ++turn->match->executions,
                                      .instrument_id = turn->match->instrument_id,
                                      .reason = reason,
                                      .kind = (uint8_t)kind,
                                      .side = side,
                                      .flags = flags,
                                      .venue_id = PMM_VENUE_SIMULATED,
                                      .source = source};
}

static inline void publish(struct turn *turn, enum pmm_kind kind, uint64_t trade_id, uint8_t side, int64_t price,
                           int64_t quantity) {
    *turn->out++ = (struct pmm_event){.recv_ns = turn->recv_ns,
                                      .venue_ns = turn->recv_ns,
                                      .price = price,
                                      .quantity = quantity,
                                      .order_id = trade_id,
                                      .aux = ++turn->match->market_data,
                                      .instrument_id = turn->match->instrument_id,
                                      .kind = (uint8_t)kind,
                                      .side = side,
                                      .venue_id = PMM_VENUE_SIMULATED,
                                      .source = PMM_SOURCE_EXCHANGE};
}

/* A report of the order as it came. */
static inline void answer(struct turn *turn, enum pmm_kind kind, const struct pmm_event *in, enum pmm_reason reason) {
    report(turn, kind, in->order_id, in->source, in->side, in->price, in->quantity, reason, 0);
}

static inline void report_order(struct turn *turn, enum pmm_kind kind, const struct pmm_match_order *order,
                                int64_t quantity, uint16_t reason) {
    const struct pmm_queued *queued = &order->queued;
    report(turn, kind, queued->order_id, order->source, (uint8_t)pmm_queued_side(queued), queued->price, quantity,
           reason, 0);
}

/*
 * Notes what a level holds now, for its DEPTH at the operation's end. An operation visits levels in runs and comes back
 * to none (a replace to its old price cannot take on its way), so comparing with the last one is enough.
 */
static inline void touch(struct pmm_match *match, int side, int64_t price, int64_t quantity) {
    struct pmm_match_touch *at = pmm_match_touched(match) + match->touched;
    if (match->touched != 0 && at[-1].price == price && at[-1].side == (uint64_t)side) {
        at--;
    } else {
        PMM_ASSERT_HOT(match->touched <= match->pool.capacity);
        match->touched++;
    }
    *at = (struct pmm_match_touch){price, quantity, (uint64_t)side};
}

static inline int would_take(const struct pmm_match *match, int side, int64_t price) {
    int64_t best;
    return pmm_ladder_best(pmm_pool_ladder(&match->pool, pmm_opposite(side)), &best) != PMM_LADDER_NONE &&
           reaches(side, price, best);
}

/*
 * What the taker would get, at most its leaves, without touching anything. *orders becomes how many resting orders
 * it would meet; the walk ends early when that passes orders_max.
 */
int64_t pmm_match_scan(const struct pmm_match *match, const struct taker *taker, uint32_t orders_max, uint32_t *orders);
/* Fills and self-trade cancels, until the taker is filled, stopped, or reaches nothing more. */
void pmm_match_take(struct turn *turn, struct taker *taker);

static inline int is_market_order(const struct pmm_event *in) { return pmm_type_of(in) == PMM_TYPE_MARKET; }

/* A new order as a taker. */
static inline struct taker taker_of(const struct pmm_event *in) {
    int64_t any = in->side == PMM_SIDE_BID ? INT64_MAX : INT64_MIN;
    return (struct taker){.order_id = in->order_id,
                          .price = is_market_order(in) ? any : in->price,
                          .leaves = in->quantity,
                          .source = in->source,
                          .side = in->side,
                          .tif = (uint8_t)pmm_tif_of(in),
                          .self_trade = (uint8_t)pmm_self_trade_of(in)};
}

void pmm_match_new(struct turn *turn, const struct pmm_event *in);

#endif
