/* risk_internal.h: what risk.c (flow), risk_check.c, risk_orders.c (table) and risk_ledger.c (P&L) share. Private. */
#ifndef PMM_RISK_INTERNAL_H
#define PMM_RISK_INTERNAL_H

#include <stdbool.h>

#include "base/dust.h"
#include "base/money.h"
#include "base/source.h"
#include "risk/risk.h"

struct risk_order {
    uint64_t order_id;      /* 0: empty */
    int64_t price;
    int64_t quantity;       /* total */
    int64_t filled;
    int64_t asked_quantity; /* total of a REPLACE in flight, 0 if none */
    uint32_t instrument_id;
    uint8_t side;
    bool cancelling;
    uint8_t reserved[2];
};

/* What struct pmm_position shows of an instrument, at full width. */
struct risk_ledger {
    struct pmm_dust base;  /* what fees in the base currency leave of the position below a lot */
    struct pmm_dust quote; /* and fees in the quote currency of `fees`, the other way: what is paid too little */
    pmm_money cash;
    pmm_money cost;
    pmm_money realised;
    pmm_money fees;
    pmm_money turnover;
    pmm_money open[2]; /* lots of all open orders: bids, asks */
    int64_t position;
    int64_t bid_price;
    int64_t ask_price;
    int64_t open_orders;
    int64_t bought;
    int64_t sold;
    int64_t bid_fills;
    int64_t ask_fills;
    int64_t unknown_fills;
    int64_t refused_reports;
};

struct risk_instrument {
    struct pmm_instrument terms;
    struct pmm_risk_limits limits;
    struct risk_ledger ledger;
    int64_t refused[PMM_REASONS];
    bool reference_good;
};

/* Behind the orders stand the instruments: only as many as there are, for all of it is frozen. */
struct pmm_risk {
    struct pmm_risk_session session;
    struct pmm_peers peers;
    uint64_t instruments_at; /* from this structure's first byte */
    int64_t clock_ns;
    int64_t tokens_e9;      /* message tokens x 1e9 */
    int64_t tokens_ns;
    uint32_t instrument_count;
    uint32_t order_mask;
    uint32_t order_count;
    bool halted;
    bool stopping;
    struct risk_order orders[];
};

/* id: below instrument_count. */
static inline struct risk_instrument *risk_instrument_of(const struct pmm_risk *risk, uint32_t id) {
    return (struct risk_instrument *)((uintptr_t)risk + risk->instruments_at) + id;
}

struct risk_order *risk_order_find(struct pmm_risk *risk, uint64_t order_id);
struct risk_order *risk_order_add(struct pmm_risk *risk, const struct pmm_event *e); /* NULL: table full */
void risk_order_remove(struct pmm_risk *risk, struct risk_order *order);

/* Lots that the order may still trade, whichever of its quantities wins. */
static inline int64_t risk_order_exposure(const struct risk_order *order) {
    int64_t total = order->asked_quantity > order->quantity ? order->asked_quantity : order->quantity;
    return total > order->filled ? total - order->filled : 0;
}

/* The open totals follow a change of what the order exposes, by so many lots. */
static inline void risk_expose(struct pmm_risk *risk, const struct risk_order *order, int64_t lots) {
    risk_instrument_of(risk, order->instrument_id)->ledger.open[order->side != PMM_SIDE_BID] += lots;
}

/* 1 if the FILL, or its FILL_BUSTED, can be counted. */
int risk_ledger_holds(const struct risk_ledger *ledger, const struct pmm_event *fill);
void risk_ledger_fill(struct risk_instrument *in, const struct pmm_event *fill);
/* The fill was none. */
void risk_ledger_bust(struct risk_instrument *in, const struct pmm_event *fill);
/* 0, or 1 if the fee cannot be counted, and nothing is. */
int risk_ledger_fee(struct risk_ledger *ledger, const struct pmm_event *fee);
void risk_ledger_show(const struct risk_ledger *ledger, struct pmm_position *out);

/* 0 if the NEW or REPLACE may pass (its message token is then taken), or its enum pmm_reason. */
uint16_t risk_check(struct pmm_risk *risk, const struct pmm_event *e);

#endif
