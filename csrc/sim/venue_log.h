/*
 * venue_log.h: what of an exchange's input log is for its venue. Private: cffi never reads it.
 *
 * The log holds what the exchange has taken in: its gateway's orders, the market where it is another's, the clock,
 * peers lost and back. A venue takes orders from gateways alone, and cancels what is open when one is lost (cancel on
 * disconnect): to the venue that is an order too, with the same way to go.
 */
#ifndef PMM_VENUE_LOG_H
#define PMM_VENUE_LOG_H

#include "base/kinds.h"
#include "base/source.h"

/* 1 and *order if the record is an order to the venue or the loss of who sends them; 0 if it is neither. */
static inline int pmm_venue_order(const struct pmm_event *record, struct pmm_event *order) {
    int is_lost = record->kind == PMM_KIND_PEER_LOST && pmm_is_source(record->aux);
    if (!is_lost && pmm_class_of(record->kind) != PMM_CLASS_ORDER) return 0;
    uint16_t from = is_lost ? (uint16_t)record->aux : record->source;
    if (pmm_role_of(from) != PMM_SOURCE_GATEWAY) return 0;
    *order = *record;
    if (!is_lost) return 1;
    order->kind = PMM_KIND_CANCEL_ALL;
    order->reason = PMM_REASON_CANCEL_ON_DISCONNECT;
    order->source = from;
    order->instrument_id = PMM_INSTRUMENT_ALL;
    return 1;
}

#endif
