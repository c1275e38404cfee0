/*
 * simulated_venue.h: the simulated venue: market.h by the clock of an exchange's input log.
 *
 * What it is. The decisions of a simulated exchange: its input log goes in, what has had the time to get out of the
 * market comes out: public market data and the gateway's execution reports, in order of happening. The market begins
 * at the log's first record. Its virtual clock lags the log's by latency_out_ns, so that nothing has to wait for its
 * way out. Nothing here reads a clock.
 *
 * In. The orders whose source is a gateway; PEER_LOST of a gateway, which cancels its orders at every instrument
 * (CANCEL_ON_DISCONNECT). Each acts latency_in_ns after its recv_ns; of those of one turn the one with the earlier
 * recv_ns is first, of two turns that of the earlier turn. Of all other records the time alone counts.
 *
 * Turns. The market goes on when a turn ends: with a record that has FLAG_BATCH_END, with the last record of a call,
 * and with as many orders as may be under way. Its time is then the latest recv_ns of the log. Where that is more than
 * GAP_NS after the turn before (the process was stopped, or dead) the market stood still as well, and lags by so much
 * more from there on.
 *
 * Who writes, who reads. One owner, in its own memory: 64-byte aligned, memsize bytes, no pointers inside, so a copy of
 * the bytes is a copy of the venue.
 */
#ifndef PMM_SIMULATED_VENUE_H
#define PMM_SIMULATED_VENUE_H

#include "sim/market.h"

/* The longest time between two turns that the market lives through. It bounds a turn's work. */
#define PMM_SIMULATED_VENUE_GAP_NS 1000000000

struct pmm_simulated_venue; /* opaque */

/*
 * config as for a market; its start_ns is not looked at. latency_out_ns: 0 to INT64_MAX / 4.
 * 0 if anything is out of its range.
 */
size_t pmm_simulated_venue_memsize(const struct pmm_market_config *config, const struct pmm_market_params *params,
                                   int64_t latency_out_ns);
/* 0 or ARGUMENT. */
int pmm_simulated_venue_init(void *memory, size_t bytes, const struct pmm_market_config *config,
                             const struct pmm_market_params *params, int64_t latency_out_ns);

/*
 * Runs n records of the log. Returns the count written to out, or ARGUMENT (a null pointer; a first record whose time
 * no market can begin at), and sets *consumed. Where max were written there may be more: call again with the rest of
 * the records, of which there may be none.
 */
int64_t pmm_simulated_venue_run(struct pmm_simulated_venue *venue, const struct pmm_event *in, size_t n,
                                struct pmm_event *out, size_t max, size_t *consumed);

/* For how long the market has stood still, in all. */
int64_t pmm_simulated_venue_skipped_ns(const struct pmm_simulated_venue *venue);
/* To be read with market.h's const functions; NULL before the first record. */
const struct pmm_market *pmm_simulated_venue_market(const struct pmm_simulated_venue *venue);

#endif
