/*
 * coinbase_exchange.h: the hot messages of Coinbase Exchange's WebSocket feed.
 *
 * What it is. The channels level2 and level2_batch (snapshot, l2update), matches (match; last_match is of before),
 * and ticker where it has the best quantities. Rows are found by product_id ("BTC-USD").
 *
 * What comes out, as message.h says, with venue_ns = the message's time (0 of a snapshot without one); level2 has no
 * sequence numbers:
 *   snapshot  its levels in the message's order; aux = 0
 *   l2update  a DEPTH record a change; aux = 0
 *   match     TRADE; order_id, aux and final_id = trade_id, first_id = sequence. The venue says the maker's
 *             side: the record has the other, the aggressor's
 *   ticker    TOP; first_id = sequence
 */
#ifndef PMM_COINBASE_EXCHANGE_H
#define PMM_COINBASE_EXCHANGE_H

#include "wire/message.h"

extern const struct pmm_wire_venue *const PMM_WIRE_COINBASE_EXCHANGE;

#endif
