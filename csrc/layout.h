/*
 * layout.h: the byte-offset tables of event.h, held at compile time.
 * Included by every .c that touches a record; never read by cffi.
 */
#ifndef PMM_LAYOUT_H
#define PMM_LAYOUT_H

#include <assert.h>

#include "event.h"

#define PMM_OFFSET(type, field, at) \
    static_assert(offsetof(struct type, field) == (at), #type "." #field " moved")

static_assert(sizeof(struct pmm_event) == PMM_EVENT_BYTES, "pmm_event is one cache line");
PMM_OFFSET(pmm_event, recv_ns, 0);
PMM_OFFSET(pmm_event, venue_ns, 8);
PMM_OFFSET(pmm_event, price, 16);
PMM_OFFSET(pmm_event, quantity, 24);
PMM_OFFSET(pmm_event, order_id, 32);
PMM_OFFSET(pmm_event, aux, 40);
PMM_OFFSET(pmm_event, instrument_id, 48);
PMM_OFFSET(pmm_event, reason, 52);
PMM_OFFSET(pmm_event, kind, 54);
PMM_OFFSET(pmm_event, side, 55);
PMM_OFFSET(pmm_event, flags, 56);
PMM_OFFSET(pmm_event, venue_id, 57);
PMM_OFFSET(pmm_event, source, 58);
PMM_OFFSET(pmm_event, commit, 60);

static_assert(sizeof(struct pmm_instrument) == 128, "pmm_instrument is two cache lines");
PMM_OFFSET(pmm_instrument, symbol, 0);
PMM_OFFSET(pmm_instrument, tick_mantissa, 32);
PMM_OFFSET(pmm_instrument, lot_mantissa, 40);
PMM_OFFSET(pmm_instrument, quantity_min, 48);
PMM_OFFSET(pmm_instrument, maker_fee_e8, 56);
PMM_OFFSET(pmm_instrument, taker_fee_e8, 64);
PMM_OFFSET(pmm_instrument, instrument_id, 72);
PMM_OFFSET(pmm_instrument, venue_id, 76);
PMM_OFFSET(pmm_instrument, tick_decimals, 77);
PMM_OFFSET(pmm_instrument, lot_decimals, 78);
PMM_OFFSET(pmm_instrument, reserved, 79);

#endif
