/*
 * outlet_part.h: an outlet for its owner in C: pushing, and sending what the reader is owed. Private: cffi never reads
 * it.
 */
#ifndef PMM_OUTLET_PART_H
#define PMM_OUTLET_PART_H

#include "turn/outlet.h"

/* pmm_outlet_push for a reader that lacks some of the instruments, is owed something, or has no room. */
void pmm_outlet_push_in_parts(struct pmm_outlet *outlet, const struct pmm_event *events, size_t n);

/*
 * pmm_outlet_push for who does it at every message and knows of which instruments the records are: a reader that has
 * them all, is owed nothing and keeps up costs a push.
 */
static inline void pmm_outlet_give(struct pmm_outlet *outlet, const struct pmm_event *events, size_t n,
                                   const struct pmm_set *touched) {
    const struct pmm_set others = pmm_set_without(touched, &outlet->instruments);
    int plain = pmm_set_is_empty(&outlet->stale) && outlet->sending == PMM_INSTRUMENT_ALL && n <= PMM_MESSAGE_MAX &&
                pmm_set_is_empty(&others);
    if (!plain || pmm_ring_push_bulk(outlet->ring, events, n) < 0)
        pmm_outlet_push_in_parts(outlet, events, n);
    else if (outlet->bell)
        pmm_bell_ring(outlet->bell);
}

/* The next piece of an instrument's snapshot, as pmm_book_part; any negative code: not now. */
typedef int64_t pmm_outlet_part(const void *books, uint32_t instrument, int64_t recv_ns, struct pmm_place *place,
                                struct pmm_event *out, size_t max);

/*
 * Sends what the reader is owed and there is room for: half of the ring at most. Whether it asked or attached is looked
 * at here, so call it at each housekeeping. The records pushed.
 */
int64_t pmm_outlet_resync(struct pmm_outlet *outlet, pmm_outlet_part *part, const void *books, int64_t now_ns);

#endif
