/* match_orders.c: the memory of a matching engine. */
#include "sim/match_orders.h"

#include <string.h>

#include "base/error.h"
#include "base/layout.h"

static_assert(sizeof(struct pmm_match_order) == 64, "an order is one cache line");
static_assert(PMM_MATCH_ORDERS_MAX == PMM_POOL_ORDERS_MAX, "as many orders as a pool holds");
PMM_OFFSET(pmm_match, pool, 0); /* order_pool.h */
PMM_OFFSET(pmm_match_order, queued, 0);
PMM_OFFSET(pmm_match_order, total, 32);
PMM_OFFSET(pmm_match_order, arrival, 40);
PMM_OFFSET(pmm_match_order, source, 48);
PMM_OFFSET(pmm_match_order, post_only, 52);

static size_t head_bytes(uint32_t orders) {
    return pmm_lines(sizeof(struct pmm_match)) + pmm_lines(((size_t)orders + 1) * sizeof(struct pmm_match_touch));
}

size_t pmm_match_memsize(uint32_t orders, uint32_t window, uint32_t far_capacity) {
    size_t pool = pmm_pool_bytes(orders, window, far_capacity, PMM_MATCH_STRIDE);
    return pool == 0 ? 0 : head_bytes(orders) + pool;
}

int pmm_match_init(void *memory, size_t bytes, uint32_t instrument_id, uint32_t orders, uint32_t window,
                   uint32_t far_capacity) {
    size_t needed = pmm_match_memsize(orders, window, far_capacity);
    if (!pmm_is_room(memory, bytes, needed)) return PMM_ERR_ARGUMENT;
    memset(memory, 0, needed);
    struct pmm_match *match = memory;
    pmm_pool_init(&match->pool, head_bytes(orders), orders, window, far_capacity);
    match->instrument_id = instrument_id;
    return PMM_OK;
}
