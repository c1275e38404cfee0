/*
 * paper_venue.h: paper trading's venue: paper.h behind a connection that takes time.
 *
 * What it is. The decisions of a paper exchange: its input log goes in, the execution reports come out that would have
 * reached the gateway by now. An order acts latency_in_ns after its recv_ns, a report is given latency_out_ns after
 * what caused it, both by the log's clock, the latest recv_ns so far. Orders keep their order, and so do reports.
 * Nothing here reads a clock.
 *
 * In. The market's records; the orders whose source is a gateway; PEER_LOST of a gateway, which cancels its orders at
 * every instrument (CANCEL_ON_DISCONNECT), as late as an order would. Of all other records the time alone counts. A
 * market's record acts when it stands in the log, behind the orders that were due before its recv_ns.
 *
 * Turns. Orders that are due by the clock act, and reports that are due are given, when a turn ends: with a record that
 * has FLAG_BATCH_END, and with the last record of a call. So a log may be given turn by turn, as the process does, or
 * as a whole.
 *
 * Out. As paper.h: recv_ns and venue_ns are the time of the cause, at the venue.
 *
 * More under way than there is room for: the oldest order acts before its time. So is the oldest report given, where
 * less room is left than one record can need. None is lost, and none overtakes another.
 *
 * Who writes, who reads. One owner, in its own memory: 64-byte aligned, memsize bytes, no pointers inside, so a copy of
 * the bytes is a copy of the venue.
 */
#ifndef PMM_PAPER_VENUE_H
#define PMM_PAPER_VENUE_H

#include "sim/paper.h"

struct pmm_paper_venue; /* opaque */

struct pmm_paper_venue_config {
    struct pmm_paper_config paper;
    int64_t latency_in_ns;  /* 0 to INT64_MAX / 4 */
    int64_t latency_out_ns;
    uint32_t orders;        /* under way at once: 1 to 1048576 */
    uint32_t reports;       /* the same; at least what one record can cause: PAPER_LEVELS + 2 + paper.orders */
};

/* Bytes for so many instruments; 0 if an argument is out of range. */
size_t pmm_paper_venue_memsize(uint32_t instruments, const struct pmm_paper_venue_config *config);
/* As pmm_paper_init. 0 or ARGUMENT. */
int pmm_paper_venue_init(void *memory, size_t bytes, const uint32_t *instrument_ids, uint32_t instruments,
                         const struct pmm_paper_venue_config *config);

/*
 * Runs n records of the log. Returns the count of reports in out, or ARGUMENT (a null pointer), and sets *consumed.
 * Where max were written there may be more: call again with the rest of the records, of which there may be none.
 */
int64_t pmm_paper_venue_run(struct pmm_paper_venue *venue, const struct pmm_event *in, size_t n, struct pmm_event *out,
                            size_t max, size_t *consumed);

/* 1 if something happens when only the clock moves: orders or reports are under way. */
int pmm_paper_venue_waits(const struct pmm_paper_venue *venue);
/* The queues and books, to be read with paper.h's const functions. */
const struct pmm_paper *pmm_paper_venue_paper(const struct pmm_paper_venue *venue);

#endif
