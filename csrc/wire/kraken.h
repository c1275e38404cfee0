/*
 * kraken.h: the hot messages of Kraken's WebSocket v2.
 *
 * What it is. The channels book, trade (updates alone: its snapshot is of before) and ticker. Each element of
 * `data` is a part, whose row is found by `symbol` ("BTC/USD"). Numbers are bare.
 *
 * What comes out, as message.h says, with venue_ns = the element's timestamp (0 where it has none) and aux = 0, as
 * there are no sequence numbers:
 *   book     snapshot or DEPTH records, bids and asks in the message's order. The checksum is of the book
 *            behind it, its text written with as many digits behind the point as the last level of the part has;
 *            an update must have one, a snapshot may
 *   trade    TRADE; order_id, aux and final_id = trade_id; side = side, which is the aggressor's
 *   ticker   TOP
 *
 * Caveats. A book is of so many levels as were subscribed: what a level pushes out is not said (kraken_book.h).
 */
#ifndef PMM_KRAKEN_H
#define PMM_KRAKEN_H

#include "wire/message.h"

extern const struct pmm_wire_venue *const PMM_WIRE_KRAKEN;

#endif
