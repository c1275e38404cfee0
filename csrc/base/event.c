/* event.c: what several readers ask of a record: its fee, whether a venue could mean it, where a message ends. */
#include "base/event.h"
#include "base/kinds.h"
#include "base/layout.h"
#include "base/money.h"
#include "base/sides.h"

int64_t pmm_fee(int64_t price, int64_t quantity, int64_t fee_e8) {
    int beyond = 0;
    return pmm_money_narrow(pmm_money_fee(pmm_notional(price, quantity), fee_e8), &beyond);
}

static uint16_t fee_fault(const struct pmm_event *fee) {
    const int known = fee->side >= PMM_FEE_BASE && fee->side <= PMM_FEE_OTHER;
    return known && fee->price >= 0 && fee->price <= PMM_FEE_DECIMALS_MAX ? PMM_REASON_NONE : PMM_REASON_BAD_ORDER;
}

uint16_t pmm_report_fault(const struct pmm_event *report) {
    const int is_fill = report->kind == PMM_KIND_FILL || report->kind == PMM_KIND_FILL_BUSTED;
    if (report->kind == PMM_KIND_FEE) return fee_fault(report);
    if (!is_fill && report->kind != PMM_KIND_REPLACED) return PMM_REASON_NONE;
    if (is_fill && !pmm_is_side(report->side)) return PMM_REASON_BAD_ORDER;
    if (report->quantity <= 0) return PMM_REASON_BAD_QUANTITY;
    return report->price <= 0 ? PMM_REASON_BAD_PRICE : PMM_REASON_NONE;
}

int pmm_event_ends_message(const struct pmm_event *event) {
    int alone = pmm_class_of(event->kind) != PMM_CLASS_MARKET || event->kind == PMM_KIND_BOOK_INVALID;
    return alone || (event->flags & (PMM_FLAG_LAST | PMM_FLAG_SNAPSHOT)) != 0;
}
