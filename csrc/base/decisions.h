/*
 * decisions.h: where a logic's decisions go while a batch runs. Private: cffi never reads it.
 *
 * What it is. Most decisions are a record of the batch with a few fields changed: an order passed on, a report of it,
 * a CANCEL because of it. What marks a place in the log, and not the record, stays behind.
 */
#ifndef PMM_DECISIONS_H
#define PMM_DECISIONS_H

#include <stddef.h>

#include "base/event.h"

/* The caller has seen to the room. */
struct pmm_decisions {
    struct pmm_event *out;
    size_t n;
};

static inline struct pmm_event *pmm_decide(struct pmm_decisions *decisions, const struct pmm_event *like) {
    struct pmm_event *e = &decisions->out[decisions->n++];
    *e = *like;
    e->flags &= (uint8_t)~(PMM_FLAG_BATCH_END | PMM_FLAG_DECISION);
    return e;
}

#endif
