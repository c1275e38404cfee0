/*
 * match_orders.h: what a matching engine is made of. Private: cffi never reads it.
 *
 * One block of memory: this header, the list of levels touched by the operation in hand, and a pool of orders
 * (order_pool.h). No pointers, so the block may be copied or mapped anywhere. Every open order is in the index.
 *
 *   order, offset bytes field
 *   0      32    queued     order_pool.h
 *   32     8     total      what was accepted; total - leaves is what has been filled
 *   40     8     arrival    count of arrivals at a queue's back: rises along every queue
 *   48     2     source     the participant
 *   50     1     tif
 *   51     1     self_trade
 *   52     1     post_only
 *   53     11    reserved   an order is one cache line: a cancel touches it and nothing else of it
 */
#ifndef PMM_MATCH_ORDERS_H
#define PMM_MATCH_ORDERS_H

#include "base/align.h"
#include "book/order_pool.h"
#include "sim/match.h"

#define PMM_MATCH_STRIDE sizeof(struct pmm_match_order)

struct pmm_match_order {
    struct pmm_queued queued;
    int64_t total;
    uint64_t arrival;
    uint16_t source;
    uint8_t tif;
    uint8_t self_trade;
    uint8_t post_only;
    uint8_t reserved[11];
};

/* A level that the operation has changed: its DEPTH is written when the operation ends. */
struct pmm_match_touch {
    int64_t price;
    int64_t quantity; /* as it is now */
    uint64_t side;
};

struct pmm_match {
    struct pmm_order_pool pool;
    uint32_t instrument_id;
    uint32_t touched;
    uint64_t arrivals;
    int64_t executions;
    int64_t market_data;
    uint64_t trades;
    int64_t recv_ns; /* of the last record that changed the book */
};

static inline struct pmm_match_touch *pmm_match_touched(const struct pmm_match *match) {
    return (struct pmm_match_touch *)((uintptr_t)match + pmm_lines(sizeof *match));
}

static inline struct pmm_match_order *pmm_match_order(const struct pmm_match *match, uint32_t slot) {
    return (struct pmm_match_order *)pmm_pool_order(&match->pool, PMM_MATCH_STRIDE, slot);
}

static inline uint32_t pmm_match_seek(const struct pmm_match *match, uint64_t order_id) {
    return pmm_pool_seek(&match->pool, PMM_MATCH_STRIDE, order_id);
}

/* The slot of entry `at` of the index, 0 if it is free. */
static inline uint32_t pmm_match_slot(const struct pmm_match *match, uint32_t at) {
    return pmm_pool_index(&match->pool)[at].slot;
}

/* An order that is in no queue goes out of the index, where it is entry `at`, and back to the pool. */
static inline void pmm_match_release(struct pmm_match *match, uint32_t slot, uint32_t at) {
    pmm_pool_free(&match->pool, PMM_MATCH_STRIDE, slot);
    pmm_index_take(pmm_pool_index(&match->pool), match->pool.index_shift, at);
}

/* 1 if a level at price would find a place on side; leaving: levels that go before. */
static inline int pmm_match_has_room(const struct pmm_match *match, int side, int64_t price, uint32_t leaving) {
    const struct pmm_ladder *ladder = pmm_pool_ladder(&match->pool, side);
    return pmm_ladder_levels(ladder) - leaving < ladder->far_capacity || pmm_pool_find_queue(ladder, price);
}

/* To the back of the level at the order's price: the level, or NULL if there is no place for it. */
static inline const struct pmm_queue *pmm_match_join(struct pmm_match *match, uint32_t slot, int side) {
    struct pmm_match_order *order = pmm_match_order(match, slot);
    struct pmm_ladder *ladder = pmm_pool_ladder(&match->pool, side);
    struct pmm_queue *queue = pmm_pool_find_queue(ladder, order->queued.price);
    if (!queue) queue = pmm_pool_add_queue(ladder, order->queued.price);
    if (!queue) return NULL;
    order->arrival = ++match->arrivals;
    pmm_pool_join(&match->pool, PMM_MATCH_STRIDE, queue, side, slot);
    return queue;
}

#endif
