/*
 * coinbase.h: the hot messages of Coinbase Advanced Trade's WebSocket.
 *
 * What it is. The channels l2_data, market_trades (updates alone: its snapshot is of before) and ticker. Each event
 * of l2_data and each trade and ticker is a part, whose row is found by product_id ("BTC-USD"). Every message of a
 * connection has a sequence number, hot or not: wire->sequence has that of the message at which a call ended, so
 * that one that is not hot counts too.
 *
 * What comes out, as message.h says:
 *   l2_data        snapshot or DEPTH records in the message's order; aux = the message's sequence number; venue_ns
 *                  = its timestamp
 *   market_trades  TRADE; order_id, aux and final_id = trade_id; venue_ns = the trade's time. The venue says the
 *                  maker's side: the record has the other, the aggressor's. It lists them from the newest to the
 *                  oldest: the parts stand the other way round
 *   ticker         TOP; venue_ns = the message's timestamp
 */
#ifndef PMM_COINBASE_H
#define PMM_COINBASE_H

#include "wire/message.h"

extern const struct pmm_wire_venue *const PMM_WIRE_COINBASE;

#endif
