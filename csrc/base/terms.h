/*
 * terms.h: the terms of a new order, which stand together in NEW's aux. Private: cffi never reads it.
 *
 * What it is. Time in force in the lowest byte, type in the next, the self-trade rule in the third; the rest is zero.
 * Whoever makes an order or judges one goes through here.
 */
#ifndef PMM_TERMS_H
#define PMM_TERMS_H

#include <assert.h>

#include "base/event.h"

static inline int64_t pmm_terms(enum pmm_time_in_force tif, enum pmm_order_type type, enum pmm_self_trade self_trade) {
    return (int64_t)tif | (int64_t)type << 8 | (int64_t)self_trade << 16;
}

static inline int pmm_tif_of(const struct pmm_event *order) { return (int)(order->aux & 0xff); }
static inline int pmm_type_of(const struct pmm_event *order) { return (int)(order->aux >> 8 & 0xff); }
static inline int pmm_self_trade_of(const struct pmm_event *order) { return (int)(order->aux >> 16 & 0xff); }

/* Whether what is not filled at once stays in the book. */
static inline int pmm_may_rest(int type, int tif) {
    static_assert(PMM_TIF_GTC == 0 && PMM_TIF_DAY == 1, "those that stay stand first");
    return type == PMM_TYPE_LIMIT && tif <= PMM_TIF_DAY;
}

/* Whether each of them is one that there is, and nothing else stands beside them. */
static inline int pmm_are_terms(const struct pmm_event *order) {
    return pmm_tif_of(order) <= PMM_TIF_FOK && pmm_type_of(order) <= PMM_TYPE_MARKET &&
           pmm_self_trade_of(order) <= PMM_STP_CANCEL_BOTH && (uint64_t)order->aux >> 24 == 0;
}

#endif
