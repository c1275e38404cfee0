/*
 * l3book_layout.h: what an L3 book is in memory, for l3book.c and l3book_read.c. Private.
 * The head's table of offsets stands in l3book.h, that of an order in order_pool.h: it is no more than that, and
 * two of them share a cache line.
 */
#ifndef PMM_L3BOOK_LAYOUT_H
#define PMM_L3BOOK_LAYOUT_H

#include "base/layout.h"
#include "book/book_state.h"
#include "book/l3book.h"
#include "book/order_pool.h"

#define PMM_L3_STRIDE sizeof(struct pmm_queued)

struct pmm_l3book {
    struct pmm_order_pool pool;
    uint32_t instrument_id;
    uint32_t hashed;
    uint64_t ring_mask;
    struct pmm_book_state state;
    int64_t recv_ns;
    uint64_t applied;
    uint64_t rejected;
    uint64_t dropped;
};

static_assert(sizeof(struct pmm_l3book) == 128, "pmm_l3book's head is two cache lines");
static_assert(PMM_L3_ORDERS_MAX == PMM_POOL_ORDERS_MAX, "as many orders as a pool holds");
PMM_OFFSET(pmm_l3book, pool, 0); /* order_pool.h */
PMM_OFFSET(pmm_l3book, instrument_id, 56);
PMM_OFFSET(pmm_l3book, hashed, 60);
PMM_OFFSET(pmm_l3book, ring_mask, 64);
PMM_OFFSET(pmm_l3book, state, 72);
PMM_OFFSET(pmm_l3book, recv_ns, 96);
PMM_OFFSET(pmm_l3book, applied, 104);
PMM_OFFSET(pmm_l3book, rejected, 112);
PMM_OFFSET(pmm_l3book, dropped, 120);

/* Behind the head: ring_mask + 1 slots, or none. */
static inline uint32_t *pmm_l3_ring(const struct pmm_l3book *book) {
    return (uint32_t *)((uintptr_t)book + sizeof *book);
}

static inline struct pmm_queued *pmm_l3_order(const struct pmm_l3book *book, uint32_t slot) {
    return pmm_pool_order(&book->pool, PMM_L3_STRIDE, slot);
}

/* The slot of a resting order, or 0. Unless the ring has it, *at is its entry in the hash table, or the free one. */
static inline uint32_t pmm_l3_find(const struct pmm_l3book *book, uint64_t id, uint32_t *at) {
    *at = 0;
    if (book->ring_mask != 0) {
        uint32_t slot = pmm_l3_ring(book)[id & book->ring_mask];
        if (slot != 0 && pmm_l3_order(book, slot)->order_id == id) return slot;
        if (book->hashed == 0) return 0;
    }
    *at = pmm_pool_seek(&book->pool, PMM_L3_STRIDE, id);
    return pmm_pool_index(&book->pool)[*at].slot;
}

static inline void pmm_l3_read_top(const struct pmm_l3book *book, struct pmm_top *top) {
    top->bid_quantity = pmm_pool_best(&book->pool, PMM_SIDE_BID, &top->bid_price);
    top->ask_quantity = pmm_pool_best(&book->pool, PMM_SIDE_ASK, &top->ask_price);
    top->recv_ns = book->recv_ns;
    top->version = book->applied;
    top->valid = book->state.valid;
    top->reason = book->state.reason;
}

#endif
