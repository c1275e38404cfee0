/* order_pool.c: the memory of orders in queues, and whether they agree with each other. */
#include "book/order_pool.h"

#include <string.h>

#include "base/align.h"
#include "base/error.h"
#include "base/layout.h"

static_assert(sizeof(struct pmm_queued) == 32, "two orders without anything of their owner's a cache line");
static_assert(sizeof(struct pmm_order_pool) == 56, "the pool's part of its owner's head");
static_assert(sizeof(struct pmm_index_entry) == 8, "eight index entries a cache line");
PMM_OFFSET(pmm_queued, order_id, 0);
PMM_OFFSET(pmm_queued, price, 8);
PMM_OFFSET(pmm_queued, leaves, 16);
PMM_OFFSET(pmm_queued, next, 24);
PMM_OFFSET(pmm_queued, prev_side, 28);

#define QUEUE_WORDS (sizeof(struct pmm_queue) / 8)
static_assert(QUEUE_WORDS == 2, "a queue is two payload words");

size_t pmm_pool_bytes(uint32_t orders, uint32_t window, uint32_t levels, size_t stride) {
    size_t ladder = pmm_ladder_memsize(window, levels, QUEUE_WORDS);
    if (ladder == 0 || orders == 0 || orders > PMM_POOL_ORDERS_MAX) return 0;
    return 2 * ladder + pmm_index_bytes(orders) + pmm_lines(((size_t)orders + 1) * stride);
}

void pmm_pool_init(struct pmm_order_pool *pool, size_t head, uint32_t orders, uint32_t window, uint32_t levels) {
    size_t ladder = pmm_ladder_memsize(window, levels, QUEUE_WORDS);
    PMM_ASSERT(head >= sizeof *pool && head == pmm_lines(head) && orders <= PMM_POOL_ORDERS_MAX);
    *pool = (struct pmm_order_pool){
        .ladder_at = {head, head + ladder},
        .index_at = head + 2 * ladder,
        .orders_at = head + 2 * ladder + pmm_index_bytes(orders),
        .index_shift = pmm_index_shift(orders),
        .capacity = orders,
        .unused = 1,
    };
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        int descending = side == PMM_SIDE_BID;
        int code = pmm_ladder_init(pmm_pool_ladder(pool, side), ladder, descending, window, levels, QUEUE_WORDS);
        PMM_ASSERT(code == PMM_OK);
    }
}

void pmm_pool_clear(struct pmm_order_pool *pool) {
    pmm_ladder_clear(pmm_pool_ladder(pool, PMM_SIDE_BID));
    pmm_ladder_clear(pmm_pool_ladder(pool, PMM_SIDE_ASK));
    if (pool->unused > 1) memset(pmm_pool_index(pool), 0, pool->orders_at - pool->index_at);
    pool->free_head = pool->resting = 0;
    pool->unused = 1;
}

size_t pmm_pool_depth(const struct pmm_order_pool *pool, int side, struct pmm_level *out, size_t max) {
    const struct pmm_ladder *ladder = pmm_pool_ladder(pool, side);
    int64_t price = 0;
    size_t n = 0;
    uint32_t at = pmm_ladder_best(ladder, &price);
    for (; at != PMM_LADDER_NONE && n < max; at = pmm_ladder_next(ladder, &price))
        out[n++] = (struct pmm_level){price, pmm_pool_queue(ladder, at)->quantity};
    return n;
}

/* What a check is of. */
struct check {
    const struct pmm_order_pool *pool;
    size_t stride;
    uint32_t (*find)(const struct pmm_order_pool *pool, uint64_t order_id);
    int side;
};

/* A level's queue: linked both ways and summing to the level's quantity; its length, or -1. */
static int64_t check_queue(const struct check *check, int64_t price, const struct pmm_queue *queue) {
    int64_t sum = 0, length = 0;
    uint32_t prev = 0, slot = queue->head;
    while (slot != 0) {
        if (slot > check->pool->capacity || ++length > check->pool->resting) return -1;
        const struct pmm_queued *order = pmm_pool_order(check->pool, check->stride, slot);
        if (pmm_queued_prev(order) != prev || pmm_queued_side(order) != check->side || order->price != price) return -1;
        if (order->leaves < 1 || check->find(check->pool, order->order_id) != slot) return -1;
        sum += order->leaves;
        prev = slot;
        slot = order->next;
    }
    return length > 0 && queue->tail == prev && queue->quantity == sum ? length : -1;
}

/* The orders of a side, or -1. */
static int64_t check_side(const struct check *check) {
    const struct pmm_ladder *ladder = pmm_pool_ladder(check->pool, check->side);
    if (pmm_ladder_check(ladder) < 0 || ladder->dropped != 0) return -1;
    int64_t price = 0, orders = 0, length = 0;
    uint32_t at = pmm_ladder_best(ladder, &price);
    for (; at != PMM_LADDER_NONE && length >= 0; at = pmm_ladder_next(ladder, &price)) {
        length = check_queue(check, price, pmm_pool_queue(ladder, at));
        orders += length;
    }
    return length < 0 ? -1 : orders;
}

/* Every slot rests, is free or was never used. */
static int check_slots(const struct pmm_order_pool *pool, size_t stride) {
    uint64_t free_slots = 0;
    for (uint32_t slot = pool->free_head; slot != 0; slot = pmm_pool_order(pool, stride, slot)->next)
        if (slot > pool->capacity || ++free_slots > pool->capacity) return 0;
    return pool->resting + free_slots == (uint64_t)pool->unused - 1;
}

int pmm_pool_check(const struct pmm_order_pool *pool, size_t stride, uint32_t indexed,
                   uint32_t (*find)(const struct pmm_order_pool *pool, uint64_t order_id)) {
    int64_t bids = check_side(&(struct check){pool, stride, find, PMM_SIDE_BID});
    int64_t asks = check_side(&(struct check){pool, stride, find, PMM_SIDE_ASK});
    uint64_t entries = 0;
    for (uint64_t i = 0; i < pmm_index_entries(pool->index_shift); i++)
        entries += pmm_pool_index(pool)[i].slot != 0;
    int right = bids >= 0 && asks >= 0 && bids + asks == pool->resting && entries == indexed;
    return right && check_slots(pool, stride) ? PMM_OK : PMM_ERR_CORRUPT;
}
