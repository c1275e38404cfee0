/*
 * tops.h: a venue's own best prices, waiting until the rebuilt book stands at the update they are of.
 *
 * What it is. A venue that shows its best prices with the number of the update behind which they are so shows them
 * ahead of the depth update that contains it. They wait here, sorted by their numbers, until the book has come to them.
 *
 * Who owns. The caller: zeroed memory, one struct a book. One thread.
 */
#ifndef PMM_TOPS_H
#define PMM_TOPS_H

#include "base/event.h"

#define PMM_TOPS_MAX 4096 /* a tenth of a second of tops; more wait only while the book is not followed */

struct pmm_shown {
    uint64_t id;
    int64_t bid_price, bid_quantity, ask_price, ask_quantity;
};

struct pmm_tops {
    uint64_t last_id; /* where the book stands */
    uint32_t first, count;
    struct pmm_shown waiting[PMM_TOPS_MAX]; /* [first] to [first + count - 1], by their numbers */
};

/* Keeps what is shown at a number beyond the book's; the last of a number counts. No room: all that waited is gone. */
void pmm_tops_wait(struct pmm_tops *tops, const struct pmm_shown *shown);
/* What waits for this number, NULL if nothing does: good until the next call. */
const struct pmm_shown *pmm_tops_at(const struct pmm_tops *tops, uint64_t id);
/* The book stands at this number now: what waited for it or for one before it is gone. */
void pmm_tops_advance(struct pmm_tops *tops, uint64_t id);

#endif
