/*
 * message.h: what every venue's scanner is given, and what it says of a message besides its records.
 *
 * What it is. A scanner is a pure function: one message of a venue as text, straight into records.
 * Its caller fills a struct pmm_wire once and passes it with every message. Each venue has a header of
 * its own that says which messages it knows and what becomes of them (binance.h).
 *
 * Who owns. The caller owns the struct and all that it points to; a scanner writes `out` and `message`
 * and keeps nothing. Any thread, one at a time for a struct.
 *
 * What every scanner's records share: recv_ns as given, source FEED, the venue's venue_id, venue_ns =
 * the venue's own time where the message has one, and FLAG_LAST on the last record of a message.
 *
 * Caveats. What `out` holds after an error is undefined: throw it away.
 */
#ifndef PMM_WIRE_MESSAGE_H
#define PMM_WIRE_MESSAGE_H

#include "base/event.h"

enum pmm_wire_kind {
    PMM_WIRE_OTHER = 0,
    PMM_WIRE_DEPTH = 1,
    PMM_WIRE_SNAPSHOT = 2,
    PMM_WIRE_TRADE = 3,
    PMM_WIRE_TOP = 4
};

/* What a message says besides its records; rewritten by each call. */
struct pmm_wire_message {
    int64_t event_ns;  /* the venue's time, UTC ns; 0 if the message has none */
    uint64_t first_id; /* the venue's number of the first change that the message holds, 0 if it says none */
    uint64_t final_id; /* the same of the last; of a trade its id */
    uint64_t offset;   /* after SYNTAX, RANGE, FULL: the byte where scanning stopped */
    uint32_t kind;     /* enum pmm_wire_kind, also when NOT_FOUND is about the symbol */
    uint32_t row;      /* which of the instruments given, where known says so */
    uint32_t rounded;  /* quantities that were no whole number of lots */
    uint32_t known;    /* 1: the message is of that row, also where it could not be read */
};

/* What a scanner works with: the rows that may occur, found by symbol, and where the records go. */
struct pmm_wire {
    const struct pmm_instrument *instruments;
    size_t instrument_count;
    struct pmm_event *out;
    size_t max;
    int64_t snapshot_row; /* which row a message is about that does not say; -1: none such is expected */
    struct pmm_wire_message message;
};

#endif
