/*
 * traders.h: the random traders of one instrument of a simulated market. Private: cffi never reads it.
 *
 * They decide, the market runs: pmm_traders_step says what the next event's order is, the market puts it
 * through the engine and tells the traders each report that is theirs. Their open orders stand in a table; the
 * low ORDER_BITS of an order id are its row, so a report finds its row without a search. `live` lists the
 * used rows without gaps, so a uniform draw picks an order to think about cancelling.
 *
 * Events come at exponential intervals of the total rate; the kind is drawn by its share. The share of
 * cancels is cancel_max x live, and a drawn order is cancelled with probability (its own rate / cancel_max).
 */
#ifndef PMM_TRADERS_H
#define PMM_TRADERS_H

#include "sim/market.h"
#include "base/xoshiro.h"

#define PMM_TRADERS_ORDER_BITS 22
#define PMM_TRADERS_ID_BIT     (UINT64_C(1) << 63)

struct pmm_trader_order {
    uint64_t order_id;
    int64_t price;
    int64_t leaves;
    uint32_t live_at; /* where live lists this row; in the free list the next free row + 1 */
    uint32_t side;
};

struct pmm_traders {
    struct pmm_market_params params;
    struct pmm_xoshiro rng;
    double fair;
    double cancel_max;
    double tail_mass;     /* 1 - the power law's mass beyond distance_max */
    int64_t next_fair_ns;
    int64_t next_event_ns;
    uint64_t serial;
    uint64_t to_fill[2];  /* orders still to be placed at the start, by side - 1 */
    uint32_t open[2];     /* rows in use, by side - 1 */
    uint32_t live;
    uint32_t rows;
    uint32_t free_row;    /* row + 1, 0: none */
    uint32_t refused;     /* the engine took no filler: no more of them before the next event */
    int64_t volume[2];    /* lots open, by side - 1 */
    struct pmm_market_stats stats;
    uint64_t orders_at;   /* from the first byte of this struct */
    uint64_t live_at;
};

int pmm_traders_valid(const struct pmm_market_params *params);
size_t pmm_traders_memsize(const struct pmm_market_params *params);
void pmm_traders_init(struct pmm_traders *traders, const struct pmm_market_params *params, uint64_t seed,
                      int64_t start_ns);

/* So much later, all that they are going to do. */
static inline void pmm_traders_put_off(struct pmm_traders *traders, int64_t by_ns) {
    traders->next_fair_ns += by_ns;
    traders->next_event_ns += by_ns;
}

/* When they do something next; the fair value's own moves count. */
static inline int64_t pmm_traders_next_ns(const struct pmm_traders *traders) {
    return traders->next_fair_ns <= traders->next_event_ns ? traders->next_fair_ns : traders->next_event_ns;
}

/*
 * Does what is due at pmm_traders_next_ns and schedules what follows. Returns 1 if *order is to be run, 0 if
 * the event had no order.
 */
int pmm_traders_step(struct pmm_traders *traders, const struct pmm_match *match, struct pmm_event *order);
/* A report of theirs: keeps the table in step with the book. */
void pmm_traders_report(struct pmm_traders *traders, const struct pmm_event *report);

#endif
