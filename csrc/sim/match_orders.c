/* match_orders.c: the memory of a matching engine: its pool of orders, queues, index. */
#include "sim/match_orders.h"

#include <string.h>

#include "base/error.h"
#include "base/layout.h"

static_assert(sizeof(struct pmm_match_order) == 64, "an order is one cache line");
static_assert(sizeof(struct pmm_match_level) == 16, "a level is two payload words");
static_assert(sizeof(struct pmm_index_entry) == 8, "eight index entries a cache line");
PMM_OFFSET(pmm_match_order, order_id, 0); /* order_index.h */
PMM_OFFSET(pmm_match_order, arrival, 32);
PMM_OFFSET(pmm_match_order, next, 40);
PMM_OFFSET(pmm_match_order, source, 48);
PMM_OFFSET(pmm_match_order, post_only, 53);

#define LEVEL_WORDS 2

static size_t aligned(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

size_t pmm_match_memsize(uint32_t orders, uint32_t window, uint32_t far_capacity) {
    size_t ladder = pmm_ladder_memsize(window, far_capacity, LEVEL_WORDS);
    if (ladder == 0 || orders == 0 || orders > PMM_MATCH_ORDERS_MAX) return 0;
    return aligned(sizeof(struct pmm_match)) + 2 * ladder + pmm_index_bytes(orders) +
           ((size_t)orders + 1) * sizeof(struct pmm_match_order) +
           aligned(((size_t)orders + 1) * sizeof(struct pmm_match_touch));
}

int pmm_match_init(void *memory, size_t bytes, uint32_t instrument_id, uint32_t orders, uint32_t window,
                   uint32_t far_capacity) {
    size_t needed = pmm_match_memsize(orders, window, far_capacity);
    if (memory == NULL || needed == 0 || bytes < needed || ((uintptr_t)memory & 63) != 0) return PMM_ERR_ARGUMENT;
    memset(memory, 0, needed);
    struct pmm_match *match = memory;
    size_t ladder = pmm_ladder_memsize(window, far_capacity, LEVEL_WORDS);
    match->ladder_at[0] = aligned(sizeof(struct pmm_match));
    match->ladder_at[1] = match->ladder_at[0] + ladder;
    match->index_at = match->ladder_at[1] + ladder;
    match->orders_at = match->index_at + pmm_index_bytes(orders);
    match->touched_at = match->orders_at + ((size_t)orders + 1) * sizeof(struct pmm_match_order);
    match->instrument_id = instrument_id;
    match->capacity = orders;
    match->index_shift = pmm_index_shift(orders);
    match->unused = 1;
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        int code = pmm_ladder_init(pmm_match_ladder(match, side), ladder, side == PMM_SIDE_BID, window, far_capacity,
                                   LEVEL_WORDS);
        if (code < 0) return code;
    }
    return PMM_OK;
}
