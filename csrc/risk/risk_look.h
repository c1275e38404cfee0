/*
 * risk_look.h: the look at the market that goes before a judgement. Private: cffi never reads it.
 *
 * What it is. The checks compare an order with the best prices, a fill moves a position that is marked to them; and a
 * decision may depend on nothing that is not in the log. So whoever runs risk looks at what a batch depends on, and
 * puts what he saw into the batch as TOP records before it. Where the best prices come from is his business: the
 * risk process reads the feed's shared books, a backtest its own.
 */
#ifndef PMM_RISK_LOOK_H
#define PMM_RISK_LOOK_H

#include "base/set.h"
#include "risk/risk.h"

/*
 * Fills in what it knows of an instrument's best prices: price, quantity, order_id and aux as a TOP has them, and
 * venue_ns and reason. 0, or a negative code: they must not be trusted.
 */
typedef int pmm_risk_top(const void *market, uint32_t instrument_id, struct pmm_event *top);

uint32_t pmm_risk_instrument_count(const struct pmm_risk *risk);

/* The instruments, of those that there are, whose price or mark the n records depend on. Their count. */
uint32_t pmm_risk_judged(const struct pmm_risk *risk, const struct pmm_event *batch, size_t n, struct pmm_set *judged);

/*
 * Puts a TOP for each judged instrument, by id, before the n records at batch, which has room for as many more. Their
 * count.
 */
size_t pmm_risk_look(struct pmm_event *batch, size_t n, const struct pmm_set *judged, int64_t now_ns,
                     pmm_risk_top *top_of, const void *market);

#endif
