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
 * Index: open addressing, at most half full, linear probing, backward-shift delete. An entry is the
 * order's slot and the upper half of its id's hash, whose top bits are its home: neither probing
 * past an entry nor shifting it back needs to look at the order.
 */
#ifndef PMM_MATCH_ORDERS_H
#define PMM_MATCH_ORDERS_H

#include "ladder.h"
#include "match.h"

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

struct pmm_match_entry {
    uint32_t slot;
    uint32_t tag;
};

/* A level that the operation has changed: its DEPTH is written when the operation ends. */
struct pmm_match_touch {
    int64_t price;
    uint64_t side;
};

struct pmm_match {
    uint64_t ladder_at[2]; /* by side - 1 */
    uint64_t index_at;
    uint64_t orders_at;
    uint64_t touched_at;
    uint64_t bytes;
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

static inline struct pmm_match_entry *pmm_match_index(const struct pmm_match *match) {
    return (struct pmm_match_entry *)((uintptr_t)match + match->index_at);
}

static inline struct pmm_match_touch *pmm_match_touched(const struct pmm_match *match) {
    return (struct pmm_match_touch *)((uintptr_t)match + match->touched_at);
}

static inline struct pmm_match_level *pmm_match_level_at(const struct pmm_ladder *ladder, uint32_t slot) {
    return (struct pmm_match_level *)pmm_ladder_payload(ladder, slot);
}

/* Multiplying spreads dense ids over the top bits; the fold lets high bits of sparse ids take part. */
static inline uint32_t pmm_match_tag(uint64_t order_id) {
    return (uint32_t)(((order_id ^ (order_id >> 32)) * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

/* The slot of an open order, or 0. */
uint32_t pmm_match_find(const struct pmm_match *match, uint64_t order_id);
/* A free slot, its order_id set and in the index, or 0 if the pool is empty. */
uint32_t pmm_match_allocate(struct pmm_match *match, uint64_t order_id);
/* Out of the index and back to the pool: last out is first in, so hot lines stay hot. */
void pmm_match_release(struct pmm_match *match, uint32_t slot);

/* 1 if a level at price would find a place on side; leaving: levels that go before. */
int pmm_match_has_room(const struct pmm_match *match, int side, int64_t price, uint32_t leaving);
/* To the back of the order's level. 0, or FULL if the level has no place. */
int pmm_match_link(struct pmm_match *match, uint32_t slot);
/* Out of its queue, at a level known to the caller; an empty level is the caller's to remove. */
void pmm_match_unlink_at(struct pmm_match *match, struct pmm_match_level *level, uint32_t slot);
/* Out of its queue, and its level with it if it was alone there. */
void pmm_match_unlink(struct pmm_match *match, uint32_t slot);

#endif
