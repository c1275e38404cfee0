/*
 * loop.h: when a process goes on turning by itself, and when it comes back to its caller.
 *
 * What it is. Between two pieces of housekeeping a process of the hot path takes turn after turn in one call
 * into C: look, act, wait, look again. What an interpreter would do between two turns costs more than a
 * turn, most of all where processes share a core and each finds its memory out of the cache. The loop ends
 *   at until_ns            the caller's housekeeping is due
 *   by the kill word       it is no longer what it was when the caller looked last: the log must have it before
 *                          the next record
 *   after a wait           that a signal ended
 * so a caller that comes back with until_ns a few ms ahead sees a signal or the kill switch no later than that.
 *
 * While it waits and does not sleep, the memory that the next turn touches is brought near now and then: after a pause
 * of a millisecond a turn costs twice as much without that. Nothing is written, so nothing that is decided depends on
 * it.
 *
 * Who owns. The process, one thread; everything pointed to outlives it. The turns themselves are in turn.h.
 */
#ifndef PMM_LOOP_H
#define PMM_LOOP_H

#include "base/source.h"
#include "shared/bell.h"
#include "base/clock.h"

#define PMM_STAGE_RINGS_MAX 64 /* that a process reads, and as many that it writes: one a venue, one a strategy */

struct pmm_loop {
    struct pmm_bell *bell;
    struct pmm_ring *rings[PMM_STAGE_RINGS_MAX]; /* whose records end a wait */
    const struct pmm_control *control;
    struct pmm_clock *clock;            /* the process's; it calibrates it */
    int64_t spin_ns;                    /* before a wait yields or parks */
    int64_t until_ns;                   /* monotonic; set before each call */
    uint64_t turns;                     /* that took records, so far */
    uint32_t ring_count;
    uint32_t killed;                    /* the kill word that the caller knows of; set before each call */
    int32_t wait;                       /* enum pmm_wait */
    uint32_t reserved;
};

/*
 * After a turn that took this many records: 1 when the next one should follow, having waited
 * if there were none; 0 when the caller is needed.
 */
int pmm_loop_again(struct pmm_loop *loop, int64_t taken);

#endif
