/*
 * match_orders.h: what a matching engine is made of. Private: cffi never reads it.
 *
 * One block of memory: this header, two ladders (bids, asks), the order-id index, the orders, and the
 * list of levels touched by the operation in hand. Offsets from the block's first byte and slot
 * numbers, never pointers, so the block may be copied or mapped anywhere. Slot 0 is nobody: a
 * level's zero head is an empty queue, an index entry of 0 is free.
 *
 *   order, offset bytes field
 *   0      8     order_id
 *   8      8     price
 *   16     8     leaves     open quantity, > 0 while it rests
 *   24     8     total      what was accepted; total - leaves is what has been filled
 *   32     8     arrival    count of arrivals at a queue's back: rises along every queue
 *   40     4     next       towards the back of the queue; in the free list the next free slot
 *   44     4     prev
 *   48     2     source     the participant
 *   50     1     side
 *   51     1     tif
 *   52     1     self_trade
 *   53     1     post_only
 *   54     10    reserved   an order is one cache line: a cancel touches it and nothing else of it
 *
 * The index from order ids to slots is order_index.h's.
 */
#ifndef PMM_MATCH_ORDERS_H
#define PMM_MATCH_ORDERS_H

#include "book/ladder.h"
#include "sim/match.h"
#include "book/order_index.h"

struct pmm_match_order {
    uint64_t order_id;
    int64_t price;
    int64_t leaves;
    int64_t total;
    uint64_t arrival;
    uint32_t next;
    uint32_t prev;
    uint16_t source;
    uint8_t side;
    uint8_t tif;
    uint8_t self_trade;
    uint8_t post_only;
    uint8_t reserved[10];
};

/* A level's payload: two words. */
struct pmm_match_level {
    uint32_t head;
    uint32_t tail;
    int64_t quantity;
};

/* A level that the operation has changed: its DEPTH is written when the operation ends. */
struct pmm_match_touch {
    int64_t price;
    int64_t quantity; /* as it is now */
    uint64_t side;
};

struct pmm_match {
    uint64_t ladder_at[2]; /* by side - 1 */
    uint64_t index_at;
    uint64_t orders_at;
    uint64_t touched_at;
    uint32_t instrument_id;
    uint32_t capacity;    /* orders; slots 1..capacity */
    uint32_t index_shift; /* 32 - log2(entries) */
    uint32_t free_head;
    uint32_t open[2];     /* orders by side - 1 */
    uint32_t touched;
    uint32_t unused;      /* slots never used yet are unused..capacity: no free list to thread at init */
    uint64_t arrivals;
    int64_t executions;
    int64_t market_data;
    uint64_t trades;
    int64_t recv_ns;      /* of the last record that changed the book */
};

static inline struct pmm_ladder *pmm_match_ladder(const struct pmm_match *match, int side) {
    return (struct pmm_ladder *)((uintptr_t)match + match->ladder_at[side - 1]);
}

static inline struct pmm_match_order *pmm_match_order(const struct pmm_match *match, uint32_t slot) {
    return (struct pmm_match_order *)((uintptr_t)match + match->orders_at) + slot;
}

static inline struct pmm_index_entry *pmm_match_index(const struct pmm_match *match) {
    return (struct pmm_index_entry *)((uintptr_t)match + match->index_at);
}

static inline struct pmm_match_touch *pmm_match_touched(const struct pmm_match *match) {
    return (struct pmm_match_touch *)((uintptr_t)match + match->touched_at);
}

static inline struct pmm_match_level *pmm_match_level_at(const struct pmm_ladder *ladder, uint32_t slot) {
    return (struct pmm_match_level *)pmm_ladder_payload(ladder, slot);
}

/* Where the probe for an id begins. */
static inline uint32_t pmm_match_home(const struct pmm_match *match, uint64_t order_id) {
    return pmm_index_home(match->index_shift, order_id);
}

/* Index and pool. */

/* Where the id's entry is, or the free entry where it would go. Holds until the next allocate or release. */
static inline uint32_t pmm_match_seek(const struct pmm_match *match, uint64_t order_id) {
    return pmm_index_seek(pmm_match_index(match), match->index_shift, pmm_match_order(match, 0),
                          sizeof(struct pmm_match_order), order_id);
}

/* The slot of an open order, or 0. */
static inline uint32_t pmm_match_find(const struct pmm_match *match, uint64_t order_id) {
    return pmm_match_index(match)[pmm_match_seek(match, order_id)].slot;
}

static inline int pmm_match_pool_empty(const struct pmm_match *match) {
    return match->free_head == 0 && match->unused > match->capacity;
}

/* A slot of a pool that is not empty, its order_id set and in the index at the free entry `at`. */
static inline uint32_t pmm_match_allocate(struct pmm_match *match, uint64_t order_id, uint32_t at) {
    uint32_t slot = match->free_head;
    if (slot != 0) {
        match->free_head = pmm_match_order(match, slot)->next;
    } else {
        slot = match->unused++;
    }
    pmm_index_put(pmm_match_index(match), at, slot, order_id);
    pmm_match_order(match, slot)->order_id = order_id;
    return slot;
}

/* The order of entry `at` goes out of the index and back to the pool: last out is first in, so hot lines stay hot. */
static inline void pmm_match_release_at(struct pmm_match *match, uint32_t at) {
    struct pmm_index_entry *index = pmm_match_index(match);
    uint32_t slot = index[at].slot;
    pmm_match_order(match, slot)->next = match->free_head;
    match->free_head = slot;
    pmm_index_take(index, match->index_shift, at);
}

static inline void pmm_match_release(struct pmm_match *match, uint32_t slot) {
    pmm_match_release_at(match, pmm_match_seek(match, pmm_match_order(match, slot)->order_id));
}

/* Queues. */

/* 1 if a level at price would find a place on side; leaving: levels that go before. */
static inline int pmm_match_has_room(const struct pmm_match *match, int side, int64_t price, uint32_t leaving) {
    const struct pmm_ladder *ladder = pmm_match_ladder(match, side);
    return pmm_ladder_levels(ladder) - leaving < ladder->far_capacity ||
           pmm_ladder_find(ladder, price) != PMM_LADDER_NONE;
}

/* To the back of the order's level: the level, or NULL if there is no place for it. */
static inline const struct pmm_match_level *pmm_match_link(struct pmm_match *match, uint32_t slot) {
    struct pmm_match_order *order = pmm_match_order(match, slot);
    struct pmm_ladder *ladder = pmm_match_ladder(match, order->side);
    uint32_t at = pmm_ladder_find(ladder, order->price);
    if (at == PMM_LADDER_NONE) {
        if (!pmm_ladder_room(ladder)) return NULL;
        at = pmm_ladder_put(ladder, order->price);
        if (at == PMM_LADDER_NONE) return NULL;
    }
    struct pmm_match_level *level = pmm_match_level_at(ladder, at);
    order->next = 0;
    order->prev = level->tail;
    order->arrival = ++match->arrivals;
    if (level->tail != 0) {
        pmm_match_order(match, level->tail)->next = slot;
    } else {
        level->head = slot;
    }
    level->tail = slot;
    level->quantity += order->leaves;
    match->open[order->side - 1]++;
    return level;
}

/* Out of its queue, at a level known to the caller; an empty level is the caller's to remove. */
static inline void pmm_match_unlink_at(struct pmm_match *match, struct pmm_match_level *level, uint32_t slot) {
    struct pmm_match_order *order = pmm_match_order(match, slot);
    if (order->prev != 0) {
        pmm_match_order(match, order->prev)->next = order->next;
    } else {
        level->head = order->next;
    }
    if (order->next != 0) {
        pmm_match_order(match, order->next)->prev = order->prev;
    } else {
        level->tail = order->prev;
    }
    level->quantity -= order->leaves;
    match->open[order->side - 1]--;
}

/* Out of its queue, and its level with it if it was alone there; returns what is left at the level. */
static inline int64_t pmm_match_unlink(struct pmm_match *match, uint32_t slot) {
    struct pmm_match_order *order = pmm_match_order(match, slot);
    struct pmm_ladder *ladder = pmm_match_ladder(match, order->side);
    struct pmm_match_level *level = pmm_match_level_at(ladder, pmm_ladder_find(ladder, order->price));
    pmm_match_unlink_at(match, level, slot);
    int64_t left = level->quantity;
    if (level->head == 0) pmm_ladder_remove(ladder, order->price);
    return left;
}

#endif
