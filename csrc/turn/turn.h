/*
 * turn.h: the whole turns of the processes that act per market event. Each is one call, and the _turns
 * functions take one after the other until loop.h says that their caller is needed.
 *
 * feed: pmm_feed_publish takes normalised market records to the journal, the shared books
 * and the rings of everyone who reads the market, in that order: each reader is sent its own instruments.
 * pmm_venue_turns is the feed of the simulated venue, whose ring holds numbered records: what is missing there is asked
 * for again.
 *
 * strategy: takes a batch, lets the desk apply it, quotes what has a maker, gives the decisions.
 *
 * risk: pmm_risk_run_turn polls the rings, looks at the shared books of the instruments that the batch's orders and
 * fills are of and puts what it saw into the log as TOP records before it (risk_look.h), commits, runs the checks,
 * gives, and records tick-to-order: from the feed's stamp on the market record that caused an order to the moment when
 * the order is committed for the gateway.
 *
 * Who owns. The process; everything pointed to belongs to the caller and outlives the turn.
 */
#ifndef PMM_TURN_H
#define PMM_TURN_H

#include "shared/bell.h"
#include "book/book.h"
#include "base/clock.h"
#include "shared/counters.h"
#include "trade/desk.h"
#include "journal/journal.h"
#include "turn/loop.h"
#include "sim/market.h"
#include "turn/outlet.h"
#include "risk/risk.h"
#include "turn/stage.h"

struct pmm_feed {
    struct pmm_journal *journal;
    struct pmm_book *books[PMM_INSTRUMENTS_MAX]; /* by instrument_id; NULL: not ours */
    struct pmm_outlet *readers[PMM_STAGE_RINGS_MAX];
    struct pmm_clock *clock;           /* the process's; it calibrates it */
    uint32_t reader_count;
    uint16_t source;                   /* of this process */
    uint16_t reserved;
    uint64_t published;
    struct pmm_histogram *venue_to_record; /* NULL: not recorded */
    int64_t venue_ahead_ns;            /* how far the venue's clock is ahead of session time */
};

/*
 * Whole messages of our instruments. Stamps the source (and recv_ns, where it is 0, with the clock), journals, applies
 * to the books, pushes to every reader (outlet.h says what becomes of one whose ring has no room). Records from the
 * venue's stamp on the last record, read by our clock, to its recv_ns, if that is of the last hour; nothing of a
 * snapshot or of a book's state. n; the journal's SYSTEM; ARGUMENT, and nothing leaves the caller's memory, if a
 * record is of no instrument of ours.
 */
int64_t pmm_feed_publish(struct pmm_feed *feed, struct pmm_event *events, size_t n);

/* Brings near what the next message of the first few instruments will touch. */
void pmm_feed_warm(const struct pmm_feed *feed);

/* Sends reader r what it is owed and there is room for; at each housekeeping. The records pushed. */
int64_t pmm_feed_resync(struct pmm_feed *feed, uint32_t reader, int64_t now_ns);

/*
 * The simulated venue's market, from its ring to pmm_feed_publish. It numbers its market records per instrument
 * without a gap (aux); a BOOK_BEGIN starts the count anew.
 */
struct pmm_venue_turn {
    struct pmm_feed *feed;
    struct pmm_ring *ring;
    struct pmm_event *batch;
    uint32_t batch_max;
    uint8_t venue_id;
    uint8_t reserved[3];
    uint64_t sequences[PMM_INSTRUMENTS_MAX]; /* by instrument_id: the last number */
    struct pmm_set waiting;    /* their records are not used before their next BOOK_BEGIN */
    uint64_t gaps;
};

/*
 * Stamps, checks the venue's numbers, publishes, frees the slots. At a gap the instrument is
 * waited for and the ring asked for a resync. What is of no instrument of ours is passed over.
 * The records taken, or the journal's SYSTEM.
 */
int64_t pmm_venue_run_turn(struct pmm_venue_turn *turn);
int64_t pmm_venue_turns(struct pmm_venue_turn *turn, struct pmm_loop *loop);

/* Tells everyone that the instrument's book is of no use, and drops its records until a BOOK_BEGIN. As publish. */
int64_t pmm_venue_wait_for(struct pmm_venue_turn *turn, uint32_t instrument_id, uint16_t reason);

/*
 * The simulated venue's side of that ring: the same for what its feed is owed, from the market's engines, which stand
 * in it by instrument_id. To be called when all that has happened in the market has been pushed. The records pushed.
 */
int64_t pmm_market_resync(struct pmm_outlet *outlet, const struct pmm_market *market, int64_t now_ns);

struct pmm_strategy_turn {
    struct pmm_stage *stage;
    struct pmm_desk *desk;
    struct pmm_maker *makers[PMM_DESK_INSTRUMENTS_MAX]; /* by the desk's row; NULL: not quoted */
    struct pmm_event *batch;           /* input room; own records stand at its start */
    struct pmm_event *decisions;       /* output room */
    uint32_t batch_max;
    uint32_t decisions_max;
};

/*
 * A turn of a strategy that is all makers, with own records already at batch[0..own). The records taken; the journal's
 * SYSTEM; FULL, if risk did not take a decision within the stage's give_wait_ns.
 */
int64_t pmm_strategy_run_turn(struct pmm_strategy_turn *turn, size_t own);
int64_t pmm_strategy_turns(struct pmm_strategy_turn *turn, size_t own, struct pmm_loop *loop);

struct pmm_risk_turn {
    struct pmm_stage *stage;
    struct pmm_risk *risk;
    const struct pmm_book *books[PMM_INSTRUMENTS_MAX]; /* shared, read-only, by instrument id; NULL: not known */
    struct pmm_histogram *tick_to_order; /* NULL: not recorded */
    struct pmm_clock *clock;           /* the process's; it calibrates it */
    struct pmm_event *batch;           /* input room; own records stand at its start */
    struct pmm_event *decisions;       /* output room */
    uint32_t batch_max;
    uint32_t decisions_max;
};

/*
 * One turn with own records already at batch[0..own). The records taken; the journal's SYSTEM; FULL, as the strategy's;
 * ARGUMENT where batch_max leaves no room for records beside own and a TOP for each instrument.
 */
int64_t pmm_risk_run_turn(struct pmm_risk_turn *turn, size_t own);
int64_t pmm_risk_turns(struct pmm_risk_turn *turn, size_t own, struct pmm_loop *loop);

#endif
