/*
 * steps.h: the coarsest steps that the prices and quantities of records are whole numbers of.
 *
 * What it is. A recording carries no table of instruments. Read with the finest unit that its venue writes, its
 * records say of each instrument the greatest common divisor of all prices, and of all quantities.
 *
 * Who calls. Whoever prepares a recording; the caller owns everything. Begin with zeros.
 */
#ifndef PMM_STEPS_H
#define PMM_STEPS_H

#include "base/event.h"

struct pmm_steps {
    int64_t price;    /* 0: none seen but zeros */
    int64_t quantity;
};

/* Takes DEPTH, TRADE, TOP and single orders; steps[instrument_id], of ids below `count`: others are passed over. */
void pmm_steps_take(struct pmm_steps *steps, size_t count, const struct pmm_event *events, size_t n);

#endif
