/*
 * order_pool.h: orders that rest in queues, level by level, and are found by their ids. Private: cffi never reads it.
 *
 * What it is. What a matching engine and a book of single orders have in common: a ladder a side (ladder.h) whose
 * levels are queues of orders, slots for the orders, linked by their numbers, and an index from ids to slots
 * (order_index.h). Offsets from the pool's first byte and slot numbers, never pointers, so that a copy is as good.
 * Slot 0 is nobody: a level's zero head is an empty queue, an index entry of 0 is free.
 *
 * Memory. The owner's block: its own head, in which the pool stands first, then the pool's parts, of pmm_pool_bytes:
 * ladders, index, slots. A slot begins with a struct pmm_queued; what stands behind that is the owner's, and so is
 * which ids are in the index. `stride` is a slot's bytes, the same constant in every call.
 *
 *   order, offset bytes field
 *   0      8     order_id
 *   8      8     price
 *   16     8     leaves     open quantity, > 0 while it rests
 *   24     4     next       towards the back of the queue; in the free list the next free slot
 *   28     4     prev_side  prev x 2, + 1 for an ask: neighbours share a side, so they hand this on in one
 *
 * Last out is first in: the lines of a slot that was freed last are still hot. Slots that were never used need no list.
 */
#ifndef PMM_ORDER_POOL_H
#define PMM_ORDER_POOL_H

#include "base/assert.h"
#include "base/sides.h"
#include "book/book.h"
#include "book/ladder.h"
#include "book/order_index.h"

#define PMM_POOL_ORDERS_MAX 4194304

struct pmm_queued {
    uint64_t order_id; /* first: what the index compares */
    int64_t price;
    int64_t leaves;
    uint32_t next;
    uint32_t prev_side;
};

/* A level's payload; all zero where there is no level. */
struct pmm_queue {
    uint32_t head;
    uint32_t tail;
    int64_t quantity; /* last: what a snapshot tells (snapshot.h) */
};

struct pmm_order_pool {
    uint64_t ladder_at[2]; /* by side - 1 */
    uint64_t index_at;
    uint64_t orders_at;
    uint32_t index_shift;
    uint32_t capacity;     /* slots 1..capacity */
    uint32_t free_head;
    uint32_t unused;       /* slots from here on were never used */
    uint32_t resting;
    uint32_t reserved;
};

/* Of the parts; 0 if an argument is out of range: orders 1 to ORDERS_MAX, window and levels as in ladder.h. */
size_t pmm_pool_bytes(uint32_t orders, uint32_t window, uint32_t levels, size_t stride);
/* Of arguments for which pmm_pool_bytes is not 0; zeroed memory. head: bytes of the owner's own, whole lines. */
void pmm_pool_init(struct pmm_order_pool *pool, size_t head, uint32_t orders, uint32_t window, uint32_t levels);
/* No order rests any more. Touches the levels that there are, and the index if any ever did. */
void pmm_pool_clear(struct pmm_order_pool *pool);

/* Up to max levels of a side from the best; the count. */
size_t pmm_pool_depth(const struct pmm_order_pool *pool, int side, struct pmm_level *out, size_t max);
/*
 * Every invariant of ladders, queues and slots, and that `find` gives each order's slot for its id: 0 or CORRUPT.
 * indexed: ids that the index must have. For tests; slow.
 */
int pmm_pool_check(const struct pmm_order_pool *pool, size_t stride, uint32_t indexed,
                   uint32_t (*find)(const struct pmm_order_pool *pool, uint64_t order_id));

static inline void *pmm_pool_at(const struct pmm_order_pool *pool, uint64_t offset) {
    return (void *)((uintptr_t)pool + offset);
}

static inline struct pmm_ladder *pmm_pool_ladder(const struct pmm_order_pool *pool, int side) {
    return pmm_pool_at(pool, pool->ladder_at[side - PMM_SIDE_BID]);
}

static inline struct pmm_index_entry *pmm_pool_index(const struct pmm_order_pool *pool) {
    return pmm_pool_at(pool, pool->index_at);
}

static inline struct pmm_queued *pmm_pool_order(const struct pmm_order_pool *pool, size_t stride, uint32_t slot) {
    return pmm_pool_at(pool, pool->orders_at + slot * stride);
}

static inline uint32_t pmm_queued_prev(const struct pmm_queued *order) { return order->prev_side >> 1; }
static inline int pmm_queued_side(const struct pmm_queued *order) { return PMM_SIDE_BID + (int)(order->prev_side & 1); }

/* Where the index has the id, or the free entry where it would go. Holds until the next put or take. */
static inline uint32_t pmm_pool_seek(const struct pmm_order_pool *pool, size_t stride, uint64_t order_id) {
    return pmm_index_seek(pmm_pool_index(pool), pool->index_shift, pmm_pool_order(pool, stride, 0), stride, order_id);
}

/*
 * Asks for the entry of an id that is still far, and for the order of a near one. What is read for it may have changed
 * until it is needed: a slot is always one of the pool, and a fetch in vain costs nothing else. Always inline: gcc
 * leaves out the calls of a function that only fetches.
 */
static inline __attribute__((always_inline)) void pmm_pool_fetch_entry(const struct pmm_order_pool *pool, uint64_t id) {
    __builtin_prefetch(pmm_pool_index(pool) + pmm_index_home(pool->index_shift, id));
}

static inline __attribute__((always_inline)) void pmm_pool_fetch_order(const struct pmm_order_pool *pool, size_t stride,
                                                                       uint64_t id) {
    uint32_t slot = pmm_pool_index(pool)[pmm_index_home(pool->index_shift, id)].slot;
    __builtin_prefetch(pmm_pool_order(pool, stride, slot));
}

static inline int pmm_pool_full(const struct pmm_order_pool *pool) {
    return pool->free_head == 0 && pool->unused > pool->capacity;
}

/* A slot, or 0 if all are taken. */
static inline uint32_t pmm_pool_take(struct pmm_order_pool *pool, size_t stride) {
    uint32_t slot = pool->free_head;
    if (slot != 0)
        pool->free_head = pmm_pool_order(pool, stride, slot)->next;
    else if (pool->unused <= pool->capacity)
        slot = pool->unused++;
    return slot;
}

/* Of an order that is in no queue. */
static inline void pmm_pool_free(struct pmm_order_pool *pool, size_t stride, uint32_t slot) {
    pmm_pool_order(pool, stride, slot)->next = pool->free_head;
    pool->free_head = slot;
}

static inline struct pmm_queue *pmm_pool_queue(const struct pmm_ladder *ladder, uint32_t at) {
    return (struct pmm_queue *)pmm_ladder_at(ladder, ladder->payload_at) + at;
}

/* The queue at a price, or NULL. */
static inline struct pmm_queue *pmm_pool_find_queue(const struct pmm_ladder *ladder, int64_t price) {
    int64_t key = price ^ ladder->flip;
    if ((uint64_t)key - (uint64_t)ladder->base < ladder->window) {
        struct pmm_queue *queue = pmm_pool_queue(ladder, (uint32_t)key & (ladder->window - 1));
        return queue->head != 0 ? queue : NULL;
    }
    uint32_t at = pmm_ladder_find(ladder, price);
    return at == PMM_LADDER_NONE ? NULL : pmm_pool_queue(ladder, at);
}

/* The queue that an order stands in, on its side's ladder. */
static inline struct pmm_queue *pmm_pool_queue_of(const struct pmm_ladder *ladder, const struct pmm_queued *order) {
    struct pmm_queue *queue = pmm_pool_find_queue(ladder, order->price);
    if (!queue) __builtin_unreachable();
    return queue;
}

/* A new level, without an order yet; NULL if there is no place for it. */
static __attribute__((noinline, unused)) struct pmm_queue *pmm_pool_add_queue(struct pmm_ladder *ladder,
                                                                              int64_t price) {
    if (!pmm_ladder_room(ladder)) return NULL;
    return pmm_pool_queue(ladder, pmm_ladder_put(ladder, price));
}

/* Best price and quantity of a side; a quantity and a price of 0 if it is empty. */
static inline int64_t pmm_pool_best(const struct pmm_order_pool *pool, int side, int64_t *price) {
    const struct pmm_ladder *ladder = pmm_pool_ladder(pool, side);
    *price = 0;
    uint32_t at = pmm_ladder_best(ladder, price);
    return at == PMM_LADDER_NONE ? 0 : pmm_pool_queue(ladder, at)->quantity;
}

/* To the back of a queue of this side: an order with an id, the queue's price and leaves. */
static inline void pmm_pool_join(struct pmm_order_pool *pool, size_t stride, struct pmm_queue *queue, int side,
                                 uint32_t slot) {
    struct pmm_queued *order = pmm_pool_order(pool, stride, slot);
    PMM_ASSERT_HOT(slot != 0 && slot < pool->unused && order->leaves > 0);
    order->next = 0;
    order->prev_side = queue->tail << 1 | (side == PMM_SIDE_ASK);
    if (queue->tail != 0)
        pmm_pool_order(pool, stride, queue->tail)->next = slot;
    else
        queue->head = slot;
    queue->tail = slot;
    queue->quantity += order->leaves;
    pool->resting++;
}

/* Out of its queue; a level that is empty then is the caller's to remove. */
static inline void pmm_pool_part(struct pmm_order_pool *pool, size_t stride, struct pmm_queue *queue,
                                 const struct pmm_queued *order) {
    uint32_t prev = pmm_queued_prev(order), next = order->next;
    PMM_ASSERT_HOT(pool->resting > 0 && queue->quantity >= order->leaves);
    *(prev != 0 ? &pmm_pool_order(pool, stride, prev)->next : &queue->head) = next;
    if (next != 0)
        pmm_pool_order(pool, stride, next)->prev_side = order->prev_side;
    else
        queue->tail = prev;
    queue->quantity -= order->leaves;
    pool->resting--;
}

/* Out of its queue, and its level with it if it was alone there; what is left at the level. */
static inline int64_t pmm_pool_leave(struct pmm_order_pool *pool, size_t stride, const struct pmm_queued *order) {
    struct pmm_ladder *ladder = pmm_pool_ladder(pool, pmm_queued_side(order));
    if ((order->next | pmm_queued_prev(order)) == 0) {
        (void)pmm_ladder_remove(ladder, order->price);
        pool->resting--;
        return 0;
    }
    struct pmm_queue *queue = pmm_pool_queue_of(ladder, order);
    pmm_pool_part(pool, stride, queue, order);
    return queue->quantity;
}

/* What stands before an order in its queue. */
static inline int64_t pmm_pool_ahead(const struct pmm_order_pool *pool, size_t stride, uint32_t slot) {
    int64_t ahead = 0;
    while ((slot = pmm_queued_prev(pmm_pool_order(pool, stride, slot))) != 0)
        ahead += pmm_pool_order(pool, stride, slot)->leaves;
    return ahead;
}

/*
 * A walk over all orders in price-time order, bids first: begins with zeros. The order that it gave last may leave,
 * and its level with it, before it goes on: levels are gone through by price.
 */
struct pmm_pool_walk {
    int side;
    uint32_t next;
    int64_t price;
};

/* The next order's slot, or 0 at the end. */
static inline uint32_t pmm_pool_walk(const struct pmm_order_pool *pool, size_t stride, struct pmm_pool_walk *walk) {
    while (walk->next == 0) {
        uint32_t at = walk->side == PMM_SIDE_NONE ? PMM_LADDER_NONE
                                                  : pmm_ladder_next(pmm_pool_ladder(pool, walk->side), &walk->price);
        while (at == PMM_LADDER_NONE) {
            if (walk->side == PMM_SIDE_ASK) return 0;
            at = pmm_ladder_best(pmm_pool_ladder(pool, ++walk->side), &walk->price);
        }
        walk->next = pmm_pool_queue(pmm_pool_ladder(pool, walk->side), at)->head;
    }
    uint32_t slot = walk->next;
    walk->next = pmm_pool_order(pool, stride, slot)->next;
    return slot;
}

#endif
