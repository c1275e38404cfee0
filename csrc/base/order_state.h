/*
 * order_state.h: what becomes of an order by an execution report. Private: cffi never reads it.
 *
 * What it is. The one fold of reports into an order: its total (quantity), what is filled of it, and whether it is
 * gone. Whoever follows orders has more of his own beside these, a price, exposures, what he asked for; what a
 * report makes of the order itself stands here.
 *
 * An order is gone when the venue says so (CANCELLED, REJECTED), when nothing of it is left, or when a refusal says
 * that it is not known (UNKNOWN_ORDER). While a REPLACE is unanswered an order that is filled is not gone yet: there
 * may be more of it, the answer says. A report that no venue could mean (pmm_report_fault) is not to be folded.
 */
#ifndef PMM_ORDER_STATE_H
#define PMM_ORDER_STATE_H

#include "base/event.h"
#include "base/money.h"

/* 1: the order is gone, 0: it goes on. replacing: a REPLACE of it was unanswered when the report came. */
static inline int pmm_order_fold(int64_t *quantity, int64_t *filled, int replacing, const struct pmm_event *report) {
    const uint8_t kind = report->kind;
    if (kind == PMM_KIND_FILL)
        *filled = pmm_lots_add(*filled, report->quantity);
    else if (kind == PMM_KIND_FILL_BUSTED)
        *filled = *filled > report->quantity ? *filled - report->quantity : 0;
    else if (kind == PMM_KIND_REPLACED)
        *quantity = report->quantity;
    else if (kind == PMM_KIND_CANCELLED || kind == PMM_KIND_REJECTED)
        return 1;
    else if (kind != PMM_KIND_REPLACE_REJECTED && kind != PMM_KIND_CANCEL_REJECTED)
        return 0;
    else if (report->reason == PMM_REASON_UNKNOWN_ORDER)
        return 1;
    const int answered = kind == PMM_KIND_REPLACED || kind == PMM_KIND_REPLACE_REJECTED;
    return *filled >= *quantity && (answered || !replacing);
}

#endif
