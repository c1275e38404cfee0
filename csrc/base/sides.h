/*
 * sides.h: what may be asked of a side. Private: cffi never reads it.
 */
#ifndef PMM_SIDES_H
#define PMM_SIDES_H

#include "base/event.h"

static inline int pmm_is_side(int side) { return (unsigned)side - PMM_SIDE_BID <= PMM_SIDE_ASK - PMM_SIDE_BID; }

/* The other one. */
static inline int pmm_opposite(int side) { return PMM_SIDE_BID + PMM_SIDE_ASK - side; }

#endif
