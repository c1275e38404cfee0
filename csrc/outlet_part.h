/*
 * outlet_part.h: what an outlet's owner calls to send what the reader is owed. Private: cffi never reads it.
 */
#ifndef PMM_OUTLET_PART_H
#define PMM_OUTLET_PART_H

#include "outlet.h"

/* The next piece of an instrument's snapshot, as pmm_book_part; any negative code: not now. */
typedef int64_t pmm_outlet_part(const void *books, uint32_t instrument, int64_t recv_ns, struct pmm_place *place,
                                struct pmm_event *out, size_t max);

/*
 * Sends what the reader is owed and there is room for: half of the ring at most. Whether it asked or attached is looked
 * at here, so call it at each housekeeping. The records pushed.
 */
int64_t pmm_outlet_resync(struct pmm_outlet *outlet, pmm_outlet_part *part, const void *books, int64_t now_ns);

#endif
