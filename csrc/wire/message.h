/*
 * message.h: what venues' messages are read with, and what is said of them besides their records.
 *
 * What it is. pmm_wire_scan takes messages of one venue as text, straight into records. Each venue has a header of
 * its own that says which messages it knows (`hot` ones) and what becomes of them: binance.h, coinbase.h,
 * coinbase_exchange.h, kraken.h, gemini.h, bitstamp.h. Everything else that is JSON is left to a slower decoder.
 * No state between calls, no floating point, no allocation.
 *
 * Parts. What a message says of one instrument is a part: a run of records with the venue's numbers for it. Most
 * messages have one part, some venues put several instruments into one; a hot message has at least one part, which
 * may be without records (a depth update without levels).
 *
 * Who calls. The feed, with as many messages as wait. The caller owns struct pmm_wire and all that it points to,
 * and fills it once; any thread, one at a time for a struct. Text need not end in NUL and is never read past its end.
 *
 * What all records share: recv_ns as given, source FEED, the venue's venue_id, venue_ns = the venue's own time
 * where the message has one, and FLAG_LAST on the last record of a part. A snapshot is BOOK_BEGIN, a DEPTH record a
 * level, BOOK_END, with FLAG_SNAPSHOT on all. Trades that a venue repeats to a new subscriber are no records: they
 * are not hot.
 *
 * What cannot be. A message that is no JSON cannot be trusted in anything: the call ends before it. One that is,
 * and says of an instrument what cannot be (a price between two ticks, a number that does not fit, a field that is
 * missing) becomes a part with a code and without records, and the call goes on: it costs the one instrument.
 *
 * Lots. A venue's step of today does not bind orders of years ago: Binance's BTCUSDT trades in steps of 0.00001 and
 * has levels with six decimals. One odd level must not cost the book, so a quantity between two lots is rounded
 * down, to what can be traded, and counted in `rounded`. A price between two ticks has no such reading: RANGE.
 *
 * Caveats. Keys written with escapes are unknown keys. A known field that comes twice is SYNTAX. Prices and
 * quantities with a minus sign, and levels and trades at price zero, are RANGE. Nesting deeper than 32 is RANGE too.
 */
#ifndef PMM_WIRE_MESSAGE_H
#define PMM_WIRE_MESSAGE_H

#include "base/event.h"

enum pmm_wire_kind {
    PMM_WIRE_OTHER = 0,
    PMM_WIRE_DEPTH = 1,
    PMM_WIRE_SNAPSHOT = 2,
    PMM_WIRE_TRADE = 3,
    PMM_WIRE_TOP = 4,
    PMM_WIRE_ORDER = 5 /* single orders: ORDER_ADD to ORDER_EXECUTE */
};

#define PMM_WIRE_NO_ROW      0xFFFFFFFF
#define PMM_WIRE_NO_SEQUENCE 0xFFFFFFFFFFFFFFFF

struct pmm_wire_part {
    int64_t event_ns;   /* the venue's time, UTC ns; 0 if it says none */
    uint64_t sequence;  /* the number of the whole message on its connection, NO_SEQUENCE if it says none */
    uint64_t first_id;  /* the venue's number of the first change that is in the part, 0 if it says none */
    uint64_t final_id;  /* the same of the last; of a trade its id */
    uint64_t offset;    /* with a code: the byte of the message at which reading stopped */
    uint32_t first;     /* the part's records: out[first] to out[first + count - 1] */
    uint32_t count;
    uint32_t row;       /* which of the instruments given; NO_ROW: none of them, then without records */
    uint32_t kind;      /* enum pmm_wire_kind, as far as it was seen */
    uint32_t frame;     /* which of the call's messages it was in */
    uint32_t rounded;   /* quantities that were no whole number of lots */
    uint32_t checksum;  /* the venue's, of its book behind the part, where checked says so */
    int32_t code;       /* 0; RANGE or SYNTAX (a field that must be there): what the part says cannot be */
    uint8_t checked;    /* 1: checksum means something */
    uint8_t price_decimals;    /* digits behind the point as they were sent, where a checksum is over them */
    uint8_t quantity_decimals;
    uint8_t reserved[5];
};

struct pmm_wire_venue; /* a venue's keys and code; each venue's header names its own */

/*
 * What messages are read with: the rows that may occur, found by their symbols as the venue writes them, and where
 * records and parts go. The lower half is written by each call.
 */
struct pmm_wire {
    const struct pmm_wire_venue *venue;
    const struct pmm_instrument *instruments;
    size_t instrument_count;
    struct pmm_event *out;
    size_t max;
    struct pmm_wire_part *parts;
    size_t part_max;
    int64_t snapshot_row; /* which row a message is about that does not say; -1: none such is expected */

    size_t count;         /* records */
    size_t part_count;
    uint64_t sequence;    /* of the message at which the call ended, as in a part */
    uint64_t offset;      /* the byte of it at which reading stopped */
    int32_t code;         /* why the call ended there; 0: it did not, or there is no more room: come again */
    uint32_t reserved;
};

/*
 * Reads `frames` messages that stand one behind the other in `text`, each of so many bytes, as long as they are
 * hot. Returns how many it has read wholly, whose parts are there. If that is fewer than `frames`, wire->code says
 * of the next one
 *   0          records and parts have no room for it behind those of the others
 *   NOT_FOUND  it is JSON and not hot
 *   SYNTAX     it is not JSON, or cut off
 *   RANGE      it is nested too deep
 *   FULL       it alone is more than there is room for
 * ARGUMENT if wire->snapshot_row is neither a row nor -1.
 */
int64_t pmm_wire_scan(struct pmm_wire *wire, const char *text, const uint64_t *bytes, size_t frames, int64_t recv_ns);
/* The same of one message. */
int64_t pmm_wire_scan_one(struct pmm_wire *wire, const char *text, uint64_t bytes, int64_t recv_ns);
/* Parts of the last call ahead of the first that is of none of the instruments, or has a code. */
int64_t pmm_wire_plain(const struct pmm_wire *wire);

#endif
