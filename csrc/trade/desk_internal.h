/*
 * desk_internal.h: what desk.c (records), desk_decide.c (quotes), desk_send.c (orders beside them) and desk_close.c (of
 * positions) share. Private.
 *
 * Who has something to do with an order beside the quotes makes the desk due at once: so a decide in which nothing is
 * due does not look for any.
 */
#ifndef PMM_DESK_INTERNAL_H
#define PMM_DESK_INTERNAL_H

#include "trade/desk.h"

static inline int desk_is_fresh(const struct pmm_desk *desk, const struct pmm_desk_instrument *in) {
    return pmm_book_valid(in->book) && (desk->stale_ns == 0 || in->market_ns >= desk->clock_ns - desk->stale_ns);
}

/* When what was refused now may be asked for again. */
static inline int64_t desk_rest_until(const struct pmm_desk *desk) {
    int64_t until_ns;
    return __builtin_add_overflow(desk->clock_ns, desk->reject_rest_ns, &until_ns) ? INT64_MAX : until_ns;
}

/* 1 if the report is of an order beside the quotes, which then has it; the position is the caller's. */
int desk_sent_report(struct pmm_desk *desk, uint32_t row, const struct pmm_event *report);

/* Puts an order in line whatever is pulled; as pmm_desk_send. */
int64_t desk_put(struct pmm_desk *desk, uint32_t row, uint32_t side, int64_t price, int64_t quantity, int64_t terms,
                 uint32_t flags);

/* The rows that a halt, a stop or a lost process keeps from the market. */
uint64_t desk_kept_out(const struct pmm_desk *desk);

/* FLATTEN: what is to be closed, and how. */
void desk_close_begin(struct pmm_desk *desk, const struct pmm_event *flatten);

/* RESUME: nothing is. */
void desk_close_end(struct pmm_desk *desk);

/* Puts in line what closes positions and may be sent now. */
void desk_close(struct pmm_desk *desk);

/* Nobody answers what was in flight: all of it is to be cancelled. */
void desk_sent_doubt(struct pmm_desk *desk);

/* Those of the rows in `pulled` are to be cancelled. */
void desk_sent_pull(struct pmm_desk *desk);

/* Writes decisions from `out` on, never past `end`, and returns where the next one goes. */
struct pmm_event *desk_sent_decide(struct pmm_desk *desk, struct pmm_event *out, const struct pmm_event *end);

#endif
