/*
 * executions.h: which executions have been seen, so that a fill counts once. Private: cffi never reads it.
 *
 * What it is. A rule for the numbers that a venue gives its executions (aux of a FILL), and what has to be kept for
 * it. The rule here is "rising": each instrument's executions have numbers of their own, positive ones, which rise;
 * holes are allowed. It holds for the simulated and the paper venue. For a venue that numbers otherwise another rule
 * stands beside it.
 *
 * Who owns. A part of whoever takes the reports, zeroed at first; a copy of the bytes is the state.
 */
#ifndef PMM_EXECUTIONS_H
#define PMM_EXECUTIONS_H

#include "base/event.h"

struct pmm_rising {
    int64_t last[PMM_INSTRUMENTS_MAX]; /* the highest number of each instrument, 0 before the first */
};

/* 1 the first time, and then it is noted; 0 for one that was seen. The instrument must be one that can be. */
static inline int pmm_rising_is_new(struct pmm_rising *seen, const struct pmm_event *fill) {
    int64_t *last = &seen->last[fill->instrument_id];
    if (fill->aux <= *last) return 0;
    *last = fill->aux;
    return 1;
}

#endif
