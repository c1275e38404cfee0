/*
 * tally.h: what happened to a session's orders, from the risk process's journal.
 *
 * What it is. One pass over that journal, inputs and decisions, counts per instrument what a report tells:
 * orders sent, acknowledged, filled, cancelled, refused by reason; fills by side; the spread that fills
 * captured against the middle of the last good TOP, without a fill that would take it beyond 128 bits; what is taken
 * back of all these, a fill at the middle of that moment, so that one that another replaces is one; for how long orders
 * rested on both sides. What a report makes of its order is order_state.h's to say.
 *
 * Time. The tally's clock is the highest recv_ns so far. A step of more than PMM_TALLY_PAUSE_NS is a time in
 * which nobody ran (the log ticks every 50 ms): it counts neither as time nor as quoted. Quotes are asked for
 * once warm_up_ns of running time have passed, and not between a STOP and the next START: neither a start nor an
 * orderly end is a fault of the strategy.
 *
 * Who owns. The caller's plain memory (memsize, init), one thread. An order that finds no room in the table
 * counts as sent and in `untracked`, and is not followed.
 */
#ifndef PMM_TALLY_H
#define PMM_TALLY_H

#include "base/event.h"

#define PMM_TALLY_PAUSE_NS 5000000000

struct pmm_tally_instrument {
    int64_t sent;             /* NEW decisions */
    int64_t acknowledged;
    int64_t filled;           /* orders with at least one fill */
    int64_t cancelled;
    int64_t bid_fills;
    int64_t ask_fills;
    int64_t both_sides_ns;    /* with an order resting on each side */
    int64_t bids_resting;     /* now */
    int64_t asks_resting;
    int64_t twice_mid;        /* of the last good TOP, 0 before it */
    int64_t spread_twice_high; /* the spread captured x 2 in ticks x lots, 128 bits: high x 2^64 + low */
    uint64_t spread_twice_low;
    int64_t rejected[PMM_REASONS]; /* by enum pmm_reason, risk's refusals and the venue's */
};

struct pmm_tally; /* opaque */

struct pmm_tally_times {
    int64_t first_ns;         /* of the first record, 0 if there was none */
    int64_t last_ns;          /* the clock */
    int64_t running_ns;       /* pauses left out */
    int64_t asked_ns;         /* running time in which quotes are asked for: what both_sides_ns is a part of */
    uint64_t runs;            /* START records */
    uint64_t untracked;
};

/* orders: how many may be open at once: 1 to 2^24. 0 for another number, or for 0 or more than 256 instruments. */
size_t pmm_tally_memsize(uint32_t orders, uint32_t instrument_count);
/* memory: zeroed, 8-byte aligned. ARGUMENT. */
int pmm_tally_init(struct pmm_tally *tally, size_t bytes, uint32_t orders, uint32_t instrument_count,
                   int64_t warm_up_ns);

/* The journal's next n records. Returns n. */
int64_t pmm_tally_run(struct pmm_tally *tally, const struct pmm_event *events, size_t n);

const struct pmm_tally_instrument *pmm_tally_of(const struct pmm_tally *tally, uint32_t instrument_id); /* NULL */
void pmm_tally_read_times(const struct pmm_tally *tally, struct pmm_tally_times *out);

#endif
