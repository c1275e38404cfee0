/*
 * book_state.h: whether a book may be used, and why not. Private: cffi never reads it.
 *
 * What it is. The three states of every book, of levels or of orders: loading (between BOOK_BEGIN and BOOK_END),
 * valid, and neither. What a record says of the levels is its owner's to do: BOOK_BEGIN clears them, and before
 * BOOK_END it looks for flaws in them.
 *
 *   offset bytes field
 *   0      4     valid
 *   4      4     reason       enum pmm_reason: why it is not valid
 *   8      4     loading
 *   12     4     reserved
 *   16     8     invalidated  times that a valid or loading book became invalid
 *
 * Who writes, who reads. The book's owner; readers in other processes load valid and reason relaxed.
 */
#ifndef PMM_BOOK_STATE_H
#define PMM_BOOK_STATE_H

#include "base/atomics.h"
#include "base/event.h"

struct pmm_book_state {
    uint32_t valid;
    uint32_t reason;
    uint32_t loading;
    uint32_t reserved;
    uint64_t invalidated;
};

static inline void pmm_state_set(struct pmm_book_state *state, uint32_t valid, uint32_t loading, uint32_t reason) {
    pmm_store_relaxed_u32(&state->valid, valid);
    pmm_store_relaxed_u32(&state->loading, loading);
    pmm_store_relaxed_u32(&state->reason, reason);
}

/* Whether a book is invalid for what its instrument is, whatever becomes of connections. */
static inline int pmm_is_of_instrument(uint32_t reason) {
    return reason >= PMM_REASON_HALTED && reason <= PMM_REASON_DEFINITION;
}

/* The first reason stays, it is the one that explains; but one of the instrument explains more. */
static inline void pmm_state_invalidate(struct pmm_book_state *state, uint32_t reason) {
    if (state->valid || state->loading)
        pmm_store_relaxed_u64(&state->invalidated, state->invalidated + 1);
    else if (!pmm_is_of_instrument(reason) && !pmm_is_of_instrument(state->reason))
        return;
    pmm_state_set(state, 0, 0, reason);
}

/* What BOOK_BEGIN, BOOK_END and BOOK_INVALID do to it. */
static inline void pmm_state_apply(struct pmm_book_state *state, const struct pmm_event *event) {
    uint32_t reason = event->reason ? event->reason : PMM_REASON_RESYNC;
    if (event->kind == PMM_KIND_BOOK_BEGIN)
        pmm_state_set(state, 0, 1, reason);
    else if (event->kind == PMM_KIND_BOOK_INVALID)
        pmm_state_invalidate(state, reason);
    else if (state->loading)
        pmm_state_set(state, 1, 0, PMM_REASON_NONE);
}

#endif
