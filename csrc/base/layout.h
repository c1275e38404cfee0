/*
 * layout.h: the byte-offset tables of the headers, held at compile time.
 * Included by every .c that touches a shared structure; never read by cffi.
 *
 * A table is a macro that gives each row to another macro: PMM_ROW_ASSERT makes the row a
 * static_assert, PMM_ROW_TEXT makes it "field:offset:bytes;", the text of which a segment's
 * fingerprint is taken. So a layout that changes breaks the build, and once the table has
 * followed, the fingerprint has changed with it.
 */
#ifndef PMM_LAYOUT_H
#define PMM_LAYOUT_H

#include <assert.h>

#include "base/event.h"

#define PMM_ROW_ASSERT(type, field, at, size) \
    static_assert(offsetof(struct type, field) == (at), #type "." #field " moved"); \
    static_assert(sizeof(((struct type *)0)->field) == (size), #type "." #field " changed its size");
#define PMM_ROW_TEXT(type, field, at, size) #field ":" #at ":" #size ";"

#define PMM_OFFSET(type, field, at) static_assert(offsetof(struct type, field) == (at), #type "." #field " moved")

#define PMM_EVENT_LAYOUT(ROW) \
    ROW(pmm_event, recv_ns, 0, 8) \
    ROW(pmm_event, venue_ns, 8, 8) \
    ROW(pmm_event, price, 16, 8) \
    ROW(pmm_event, quantity, 24, 8) \
    ROW(pmm_event, order_id, 32, 8) \
    ROW(pmm_event, aux, 40, 8) \
    ROW(pmm_event, instrument_id, 48, 4) \
    ROW(pmm_event, reason, 52, 2) \
    ROW(pmm_event, kind, 54, 1) \
    ROW(pmm_event, side, 55, 1) \
    ROW(pmm_event, flags, 56, 1) \
    ROW(pmm_event, venue_id, 57, 1) \
    ROW(pmm_event, source, 58, 2) \
    ROW(pmm_event, commit, 60, 4)

PMM_EVENT_LAYOUT(PMM_ROW_ASSERT)
static_assert(sizeof(struct pmm_event) == PMM_EVENT_BYTES, "pmm_event is one cache line");

#define PMM_INSTRUMENT_LAYOUT(ROW) \
    ROW(pmm_instrument, symbol, 0, 32) \
    ROW(pmm_instrument, tick_mantissa, 32, 8) \
    ROW(pmm_instrument, lot_mantissa, 40, 8) \
    ROW(pmm_instrument, quantity_min, 48, 8) \
    ROW(pmm_instrument, maker_fee_e8, 56, 8) \
    ROW(pmm_instrument, taker_fee_e8, 64, 8) \
    ROW(pmm_instrument, instrument_id, 72, 4) \
    ROW(pmm_instrument, venue_id, 76, 1) \
    ROW(pmm_instrument, tick_decimals, 77, 1) \
    ROW(pmm_instrument, lot_decimals, 78, 1) \
    ROW(pmm_instrument, venue_number, 79, 1) \
    ROW(pmm_instrument, venue, 80, 16) \
    ROW(pmm_instrument, feed_offset, 96, 1) \
    ROW(pmm_instrument, reserved, 97, 3) \
    ROW(pmm_instrument, base, 100, 12) \
    ROW(pmm_instrument, quote, 112, 12) \
    ROW(pmm_instrument, listed, 124, 4)

PMM_INSTRUMENT_LAYOUT(PMM_ROW_ASSERT)
static_assert(sizeof(struct pmm_instrument) == 128, "pmm_instrument is two cache lines");

#endif
