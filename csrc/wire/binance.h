/*
 * binance.h: Binance spot's hot messages.
 *
 * What it is. depthUpdate, trade, bookTicker, and the REST depth snapshot; bare, or wrapped as
 * {"stream": ..., "data": ...}. Fields may come in any order, with unknown ones between them.
 *
 * Rows are found by symbol (upper case as in "s", or lower case as in a stream's name); a bare
 * snapshot names none and is wire->snapshot_row's.
 *
 * What comes out, as message.h says, with venue_ns = the venue's event time E (0 where the message
 * has none: bookTicker and the snapshot):
 *   depthUpdate  a DEPTH record a level, bids and asks in the message's order; aux = u, the
 *                message's last update id. first_id is U, final_id u
 *   snapshot     aux and final_id = lastUpdateId
 *   trade        TRADE; order_id, aux and final_id = t; side: the aggressor's, which is ASK if m (the
 *                buyer is the maker) is true
 *   bookTicker   TOP; its u is final_id
 *
 * Caveats. E and T are taken as milliseconds (Binance's default time unit). A wrapper's fields and its
 * message's are one set.
 */
#ifndef PMM_BINANCE_H
#define PMM_BINANCE_H

#include "wire/message.h"

extern const struct pmm_wire_venue *const PMM_WIRE_BINANCE;

#endif
