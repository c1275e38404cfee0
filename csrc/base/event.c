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

uint16_t pmm_report_fault(const struct pmm_event *report) {
    int is_fill = report->kind == PMM_KIND_FILL;
    if (!is_fill && report->kind != PMM_KIND_REPLACED) return PMM_REASON_NONE;
    if (is_fill && !pmm_is_side(report->side)) return PMM_REASON_BAD_ORDER;
    if (report->quantity <= 0) return PMM_REASON_BAD_QUANTITY;
    return report->price <= 0 ? PMM_REASON_BAD_PRICE : PMM_REASON_NONE;
}

int pmm_event_ends_message(const struct pmm_event *event) {
    int alone = pmm_class_of(event->kind) != PMM_CLASS_MARKET || event->kind == PMM_KIND_BOOK_INVALID;
    return alone || (event->flags & (PMM_FLAG_LAST | PMM_FLAG_SNAPSHOT)) != 0;
}
