/*
 * binance.h: Binance spot's hot messages, from JSON text straight into records.
 *
 * What it is. A scanner that knows four messages and nothing else: depthUpdate, trade,
 * bookTicker, and the REST depth snapshot; bare, or wrapped as {"stream": ..., "data": ...}.
 * Fields may come in any order, with unknown ones between them. Everything else that is JSON is
 * NOT_FOUND: it is rare, and a slower decoder may look at it. No floating point, no allocation.
 *
 * Who calls. The feed, once per WebSocket frame or REST reply. Pure function: no state between
 * calls, any thread; text need not end in NUL and is never read past `bytes`.
 *
 * What comes out, as message.h says, with venue_ns = the venue's event time E (0 where the message
 * has none: bookTicker and the snapshot):
 *   depthUpdate  a DEPTH record a level, bids and asks in the message's order; aux = u, the
 *                message's last update id; FLAG_LAST on the last. No level, no record.
 *   snapshot     BOOK_BEGIN, a DEPTH record a level, BOOK_END; aux = lastUpdateId; FLAG_SNAPSHOT
 *                on all, FLAG_LAST on the last
 *   trade        TRADE; order_id and aux = t; side: the aggressor's, which is ASK if m (the buyer
 *                is the maker) is true; FLAG_LAST
 *   bookTicker   TOP; its u is in the message only; FLAG_LAST
 * In struct pmm_wire_message: first_id is depthUpdate's U; final_id is u, lastUpdateId or t.
 *
 * Lots. A venue's step of today does not bind orders of years ago: BTCUSDT trades in steps of
 * 0.00001 and has levels with six decimals. One odd level must not cost the book, so a quantity
 * between two lots is rounded down, to what can be traded, and counted in `rounded`. A price
 * between two ticks has no such reading: RANGE.
 *
 * Caveats. E and T are taken as milliseconds (Binance's default time unit). Keys written with
 * escapes are unknown keys. A known field that comes twice is SYNTAX; a wrapper's fields and its
 * message's are one set. Prices and quantities with a minus sign, and levels and trades at price
 * zero, are RANGE. What `out` holds after an error is undefined: throw it away.
 */
#ifndef PMM_BINANCE_H
#define PMM_BINANCE_H

#include "wire/message.h"

/*
 * Scans one message. The rows of `wire` are found by symbol (upper case as in "s", or lower case as
 * in a stream's name); a bare snapshot names none and is wire->snapshot_row's.
 *
 * A fault in what a message says (RANGE, or a field that is missing) leaves kind and row as far as they were seen,
 * so that it costs the one instrument and not the connection.
 *
 * Returns the number of records written (0 for a depthUpdate without levels), or
 *   NOT_FOUND  well-formed and not hot (kind OTHER), or hot and of a symbol that is not in
 *              instruments (kind says which)
 *   SYNTAX     not JSON, cut off, or a hot message without a field that it must have
 *   RANGE      a number that does not fit, a price that is no whole number of ticks; nesting
 *              deeper than 32
 *   FULL       more records than max
 *   ARGUMENT   wire->snapshot_row is neither a row nor -1
 */
int64_t pmm_binance_scan(struct pmm_wire *wire, const char *text, size_t bytes, int64_t recv_ns);

#endif
