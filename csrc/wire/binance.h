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
 * What comes out, all with recv_ns as given, source FEED, venue_id BINANCE, and venue_ns = the
 * venue's event time E (0 where the message has none: bookTicker and the snapshot):
 *   depthUpdate  a DEPTH record a level, bids and asks in the message's order; aux = u, the
 *                message's last update id; FLAG_LAST on the last. No level, no record.
 *   snapshot     BOOK_BEGIN, a DEPTH record a level, BOOK_END; aux = lastUpdateId; FLAG_SNAPSHOT
 *                on all, FLAG_LAST on the last
 *   trade        TRADE; order_id and aux = t; side: the aggressor's, which is ASK if m (the buyer
 *                is the maker) is true; FLAG_LAST
 *   bookTicker   TOP; its u is in struct pmm_binance_message only; FLAG_LAST
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

#include "base/event.h"

enum pmm_binance_kind {
    PMM_BINANCE_OTHER = 0,
    PMM_BINANCE_DEPTH = 1,
    PMM_BINANCE_SNAPSHOT = 2,
    PMM_BINANCE_TRADE = 3,
    PMM_BINANCE_TOP = 4
};

/* What a message says besides its records; the caller's, rewritten by each call. */
struct pmm_binance_message {
    int64_t event_ns;         /* E, UTC ns; 0 if the message has none */
    uint64_t first_update_id; /* depthUpdate: U */
    uint64_t final_update_id; /* depthUpdate, bookTicker: u; snapshot: lastUpdateId; trade: t */
    uint64_t offset;          /* after SYNTAX, RANGE, FULL: the byte where scanning stopped */
    uint32_t kind;            /* enum pmm_binance_kind, also when NOT_FOUND is about the symbol */
    uint32_t row;             /* which of the instruments given, where known says so */
    uint32_t rounded;         /* quantities that were no whole number of lots */
    uint32_t known;           /* 1: the message is of that row, also where it could not be read */
};

/*
 * Scans one message. instruments: the rows that may occur, found by symbol (upper case as in
 * "s", or lower case as in a stream's name). snapshot_row: which of them a bare snapshot is
 * about, since it does not say; -1 if none is expected, then a bare snapshot is NOT_FOUND.
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
 *   ARGUMENT   snapshot_row is not a row
 */
int64_t pmm_binance_scan(const char *text, size_t bytes, const struct pmm_instrument *instruments,
                         size_t instrument_count, int64_t snapshot_row, int64_t recv_ns, struct pmm_event *out,
                         size_t max, struct pmm_binance_message *message);

#endif
