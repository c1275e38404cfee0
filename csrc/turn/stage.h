/*
 * stage.h: the turn of a process: take, journal, decide, journal, give.
 *
 * What it is. What every process of a session does in each turn of its loop, in this order:
 *   1. poll    copies what its input rings hold into one batch, ring by ring
 *   2. commit  marks the batch's last record (FLAG_BATCH_END), appends the batch to the
 *              journal, only then frees the ring slots, and moves the log's clock
 *   3. decide  pure logic of the process: records in, records out (not here)
 *   4. give    marks the decisions (FLAG_DECISION), appends them to the journal, and only
 *              then pushes each to the output rings that want it, and rings their bells
 *
 * Routes. An output wants a record if it wants its kind; if its instrument is one of the output's, or
 * INSTRUMENT_ALL, which goes to all; and, where the output has an owner, if the order is that strategy's. So orders
 * go to the gateway whose venue has the instrument, and reports to the strategy whose order it was.
 *
 * So the journal always holds at least what the rings have seen. Because it also holds the
 * cursor at which each ring was attached (ATTACH records), a process that was killed at any
 * point knows exactly which inputs it had taken and which decisions it had not yet given:
 * see pinnacle/runtime/decision_log.py.
 *
 * The log's clock is the highest recv_ns committed; decisions are stamped with it and never
 * with a clock of their own, or a replay could not repeat them. One stamp from the future would so stop
 * that clock until then, and with it every age that is counted by it. So a batch that would move it by more
 * than LEAP_NS is held against session time before it is journalled: what is ahead of that is stamped anew,
 * and counted. The bound is on leaps and not on every stamp because all of them come from one clock that
 * does not step: it stands against a record that was spoiled, and costs a read of the clock after a pause only.
 *
 * Who owns. One process, one thread. The rings, bells and journal belong to the caller and
 * outlive the stage.
 */
#ifndef PMM_STAGE_H
#define PMM_STAGE_H

#include "base/set.h"
#include "base/source.h"
#include "shared/bell.h"
#include "base/clock.h"
#include "journal/journal.h"
#include "shared/ring.h"
#include "turn/loop.h"

#define PMM_STAGE_LEAP_NS 1000000000

#define PMM_OWNER_ANY -1

struct pmm_output {
    struct pmm_ring *ring;
    struct pmm_bell *bell;             /* of its reader; NULL: nobody parks there */
    uint64_t kinds;                    /* bit k: wants records of kind k; kinds from 64 on go nowhere */
    const struct pmm_set *instruments; /* that it wants records of; NULL: of all and of none */
    int32_t owner;                     /* number of the strategy whose orders it wants; PMM_OWNER_ANY: everybody's */
    uint32_t reserved;
};

struct pmm_stage {
    struct pmm_journal *journal;
    struct pmm_ring *inputs[PMM_STAGE_RINGS_MAX];
    struct pmm_output outputs[PMM_STAGE_RINGS_MAX];
    uint32_t input_count;
    uint32_t output_count;
    uint16_t source;             /* of this process */
    uint16_t reserved;
    uint32_t reserved2;
    int64_t clock_ns;            /* the log's clock */
    struct pmm_clock *clock;     /* session time; NULL: stamps are taken as they are */
    uint64_t misstamped;         /* records that were ahead of session time */
    int64_t give_wait_ns;        /* how long give waits for a full ring */
    uint64_t taken;              /* records, for counters */
    uint64_t given;
};

/*
 * A copy of up to max records from the inputs, their DECISION and BATCH_END flags cleared. The count. With room for
 * PMM_MESSAGE_MAX it holds whole messages only: nobody decides on half of one.
 */
int64_t pmm_stage_poll(struct pmm_stage *stage, struct pmm_event *out, size_t max);

/* Journals the batch and frees the slots it came from. n, or the journal's SYSTEM. */
int64_t pmm_stage_commit(struct pmm_stage *stage, struct pmm_event *batch, size_t n);

/*
 * poll behind own records that the caller has put at the batch's start, then commit. n, of both; 0: nothing at all; the
 * journal's SYSTEM; ARGUMENT, and nothing is done, if own is more than max. Where they are as many no ring is looked
 * at.
 */
int64_t pmm_stage_take(struct pmm_stage *stage, struct pmm_event *batch, size_t own, size_t max);

/*
 * Journals n decisions and pushes them. Fills in source, and recv_ns with the log's clock.
 * n; SYSTEM if the journal failed (nothing was pushed); FULL if a ring stayed
 * full for give_wait_ns: the reader has stopped, and the caller must trip the kill switch.
 */
int64_t pmm_stage_give(struct pmm_stage *stage, struct pmm_event *decisions, size_t n);

/* Brings near what the next turn will touch of rings and journal, and of the rooms for batch and decisions. */
void pmm_stage_warm(const struct pmm_stage *stage, const struct pmm_event *batch, const struct pmm_event *decisions);

/* The push half of give alone: for decisions that a dead predecessor journalled and did not push. */
int64_t pmm_stage_push(struct pmm_stage *stage, const struct pmm_event *decisions, size_t n);

#endif
