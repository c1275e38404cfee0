/*
 * coinbase_exchange.h: the hot messages of Coinbase Exchange's WebSocket feed.
 *
 * What it is. The channels level2 and level2_batch (snapshot, l2update), matches (match; last_match is of before),
 * full (received, open, match, change, done), and ticker where it has the best quantities. Rows are found by
 * product_id ("BTC-USD"). A book that was fetched (/products/X/book) names none and is wire->snapshot_row's.
 *
 * What comes out, as message.h says, with venue_ns = the message's time (0 of a snapshot without one); level2 has no
 * sequence numbers:
 *   snapshot  its levels in the message's order; aux = 0
 *   l2update  a DEPTH record a change; aux = 0
 *   match     TRADE; order_id, aux and final_id = trade_id, first_id = sequence. The venue says the maker's
 *             side: the record has the other, the aggressor's
 *   ticker    TOP; first_id = sequence
 * and of single orders, in parts of kind ORDER whose first_id, final_id and aux (but REPLACE's) are the sequence:
 *   fetched   a snapshot; of level=3 an ORDER_ADD for each order, first_id = final_id = aux = sequence
 *   received  no record: it only counts
 *   open      ORDER_ADD of remaining_size
 *   match     behind its TRADE, where it says whose order rested, a second part: ORDER_EXECUTE of that, with its side
 *   change    ORDER_REPLACE of the order by itself, with new_size, at new_price or price; no record of one without
 *   done      ORDER_REMOVE, also of orders that never rested
 * An order's id is its UUID, folded into 64 bits.
 */
#ifndef PMM_COINBASE_EXCHANGE_H
#define PMM_COINBASE_EXCHANGE_H

#include "wire/message.h"

extern const struct pmm_wire_venue *const PMM_WIRE_COINBASE_EXCHANGE;

#endif
