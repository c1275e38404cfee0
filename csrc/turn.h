/*
 * turn.h: the whole turns of the two processes that act per market event, each one call.
 *
 * feed: pmm_feed_publish takes normalised market records to the journal, the shared books
 * and the rings of everyone who reads the market, in that order.
 *
 * risk: pmm_risk_turn polls the rings, looks at the shared books of the instruments that the
 * batch touches and puts what it saw into the log as TOP records before it (a decision may
 * depend on nothing that is not in the log), commits, runs the checks, gives, and records
 * tick-to-order: from the feed's stamp on the market record that caused an order to the moment
 * when the order is committed for the gateway.
 *
 * Who owns. The process; everything pointed to belongs to the caller and outlives the turn.
 */
#ifndef PMM_TURN_H
#define PMM_TURN_H

#include "bell.h"
#include "book.h"
#include "clock.h"
#include "counters.h"
#include "journal.h"
#include "risk.h"
#include "stage.h"

#define PMM_FEED_READERS_MAX 4

struct pmm_feed {
    struct pmm_journal *journal;
    struct pmm_book *books[64];        /* by instrument_id; NULL: not ours */
    uint64_t sequences[64];            /* by instrument_id: last venue sequence, for check */
    struct pmm_ring *readers[4];
    struct pmm_bell *bells[4];
    struct pmm_clock *clock;           /* the process's; it calibrates it */
    uint32_t resyncs_seen[4];          /* resync requests and attaches answered so far */
    uint32_t lagging[4];               /* 1: the ring was full; nothing more until a resync fits */
    uint32_t reader_count;
    uint32_t instrument_count;
    uint64_t published;
    uint64_t overflows;
};

/*
 * Stamps source FEED (and recv_ns, where it is 0, with the clock), journals, applies to the books,
 * pushes to every reader that is not lagging. A reader whose ring has no room lags from
 * there. n, or the journal's SYSTEM.
 */
int64_t pmm_feed_publish(struct pmm_feed *feed, struct pmm_event *events, size_t n);

/*
 * For a venue that numbers its market records per instrument without a gap (aux): how many of the n
 * records continue the sequence. Where it stops short, *instrument_id names who has a gap. A
 * BOOK_BEGIN starts the count anew, and DEPTH and TRADE before the first one are out of order.
 */
int64_t pmm_feed_check(struct pmm_feed *feed, const struct pmm_event *events, size_t n, uint32_t *instrument_id);

/*
 * Sends reader r the whole state if it asked, attached or lags: BOOK_INVALID(RESYNC), and, for
 * a valid book, its snapshot. scratch: room for one book's snapshot. 1 if it did, 0 if there was
 * no need or no room yet.
 */
int pmm_feed_resync(struct pmm_feed *feed, uint32_t reader, int64_t now_ns, struct pmm_event *scratch, size_t max);

struct pmm_risk_turn {
    struct pmm_stage *stage;
    struct pmm_risk *risk;
    const struct pmm_book *books[64];  /* shared, read-only */
    struct pmm_histogram *tick_to_order; /* NULL: not recorded */
    struct pmm_clock *clock;           /* the process's; it calibrates it */
    struct pmm_event *batch;           /* input room; own records stand at its start */
    struct pmm_event *decisions;       /* output room */
    uint32_t batch_max;
    uint32_t decisions_max;
    uint32_t instrument_count;
    uint32_t reserved;
};

/* One turn with own records already at batch[0..own). The records taken, or STAGE / journal codes. */
int64_t pmm_risk_run_turn(struct pmm_risk_turn *turn, size_t own);

#endif
