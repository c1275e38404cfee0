/*
 * bitstamp.h: Bitstamp's hot messages.
 *
 * What it is. The channels diff_order_book_, order_book_, live_trades_ and live_orders_, and the REST order book. Rows
 * are found by the pair in the channel's name ("btcusd"); a bare order book names none and is wire->snapshot_row's.
 *
 * What comes out, as message.h says; the venue has no sequence numbers but the microseconds of its clock, which
 * are first_id, final_id and aux too:
 *   diff_order_book_     DEPTH records, bids and asks in the message's order
 *   order_book_, REST    a snapshot
 *   REST with group=2    a snapshot with an ORDER_ADD for each order
 *   live_orders_         order_created: ORDER_ADD; order_changed: ORDER_REPLACE of the order by itself (its aux is the
 *                        id); order_deleted: ORDER_REMOVE; price_str and amount_str. A market order, whose price is
 *                        0, is no record
 *   live_trades_, trade  TRADE; order_id, aux and final_id = id; price_str and amount_str; side: the aggressor's
 */
#ifndef PMM_BITSTAMP_H
#define PMM_BITSTAMP_H

#include "wire/message.h"

extern const struct pmm_wire_venue *const PMM_WIRE_BITSTAMP;

#endif
