/*
 * l3book_layout.h: what an L3 book is in memory, for l3book.c and l3book_read.c. Private.
 * The head's table of offsets stands in l3book.h.
 *
 *   order, offset bytes field
 *   0      8     id
 *   8      8     price_side  price x 2, + 1 for an ask
 *   16     8     quantity    left, > 0 while it rests
 *   24     4     next        towards the back of the queue; in the free list the next free slot
 *   28     4     prev
 *
 * Two orders a cache line: a removal touches its own and its neighbours', the level's and the index's.
 */
#ifndef PMM_L3BOOK_LAYOUT_H
#define PMM_L3BOOK_LAYOUT_H

#include "base/error.h"
#include "book/l3book.h"
#include "book/ladder.h"
#include "base/layout.h"
#include "book/order_index.h"

#define PMM_L3_LEVEL_WORDS 2

struct pmm_l3_node {
    uint64_t id;
    int64_t price_side;
    int64_t quantity;
    uint32_t next;
    uint32_t prev;
};

/* A level's payload; a head of 0 where there is no level. */
struct pmm_l3_queue {
    uint32_t head;
    uint32_t tail;
    int64_t quantity;
};

struct pmm_l3book {
    uint64_t ladder_at[2]; /* by side - 1 */
    uint64_t ring_at;
    uint64_t index_at;
    uint64_t orders_at;
    uint64_t ring_mask;
    uint32_t index_shift;
    uint32_t free_head;
    uint32_t unused;
    uint32_t capacity;
    uint32_t orders;
    uint32_t hashed;
    uint32_t instrument_id;
    uint32_t valid;
    uint32_t loading;
    uint32_t reason;
    int64_t recv_ns;
    uint64_t applied;
    uint64_t rejected;
    uint64_t dropped;
    uint64_t invalidated;
};

static_assert(sizeof(struct pmm_l3book) == 128, "pmm_l3book's head is two cache lines");
static_assert(sizeof(struct pmm_l3_node) == 32, "two orders a cache line");
static_assert(sizeof(struct pmm_l3_queue) == 8 * PMM_L3_LEVEL_WORDS, "a level is two payload words");
PMM_OFFSET(pmm_l3_node, id, 0); /* order_index.h */
PMM_OFFSET(pmm_l3_node, next, 24);
PMM_OFFSET(pmm_l3book, ring_at, 16);
PMM_OFFSET(pmm_l3book, ring_mask, 40);
PMM_OFFSET(pmm_l3book, index_shift, 48);
PMM_OFFSET(pmm_l3book, orders, 64);
PMM_OFFSET(pmm_l3book, instrument_id, 72);
PMM_OFFSET(pmm_l3book, reason, 84);
PMM_OFFSET(pmm_l3book, recv_ns, 88);
PMM_OFFSET(pmm_l3book, invalidated, 120);

static inline void *pmm_l3_at(const struct pmm_l3book *book, uint64_t offset) {
    return (void *)((uintptr_t)book + offset);
}

static inline struct pmm_ladder *pmm_l3_ladder(const struct pmm_l3book *book, int side) {
    return pmm_l3_at(book, book->ladder_at[side - 1]);
}

static inline uint32_t *pmm_l3_ring(const struct pmm_l3book *book) { return pmm_l3_at(book, book->ring_at); }

static inline struct pmm_index_entry *pmm_l3_index(const struct pmm_l3book *book) {
    return pmm_l3_at(book, book->index_at);
}

static inline struct pmm_l3_node *pmm_l3_node(const struct pmm_l3book *book, uint32_t slot) {
    return (struct pmm_l3_node *)pmm_l3_at(book, book->orders_at) + slot;
}

static inline struct pmm_l3_queue *pmm_l3_queue(const struct pmm_ladder *ladder, uint32_t slot) {
    return (struct pmm_l3_queue *)pmm_ladder_at(ladder, ladder->payload_at) + slot;
}

static inline int pmm_l3_side(const struct pmm_l3_node *node) { return PMM_SIDE_BID + (int)(node->price_side & 1); }

static inline int64_t pmm_l3_price(const struct pmm_l3_node *node) { return node->price_side >> 1; }

/* The queue at a price, or NULL. */
static inline struct pmm_l3_queue *pmm_l3_find_queue(const struct pmm_ladder *ladder, int64_t price) {
    int64_t key = price ^ ladder->flip;
    if ((uint64_t)key - (uint64_t)ladder->base < ladder->window) {
        struct pmm_l3_queue *queue = pmm_l3_queue(ladder, (uint32_t)key & (ladder->window - 1));
        return queue->head != 0 ? queue : NULL;
    }
    uint32_t slot = pmm_ladder_find(ladder, price);
    return slot == PMM_LADDER_NONE ? NULL : pmm_l3_queue(ladder, slot);
}

/* The queue that an order of the book stands in: its level is there. */
static inline struct pmm_l3_queue *pmm_l3_queue_of(const struct pmm_ladder *ladder, const struct pmm_l3_node *node) {
    struct pmm_l3_queue *queue = pmm_l3_find_queue(ladder, pmm_l3_price(node));
    if (queue == NULL) __builtin_unreachable();
    return queue;
}

/* Where the hash table has the id, or the free entry where it would go. */
static inline uint32_t pmm_l3_seek(const struct pmm_l3book *book, uint64_t id) {
    return pmm_index_seek(pmm_l3_index(book), book->index_shift, pmm_l3_node(book, 0), sizeof(struct pmm_l3_node), id);
}

/* The slot of a resting order, or 0. Unless the ring has it, *at is its entry in the hash table, or the free one. */
static inline uint32_t pmm_l3_find(const struct pmm_l3book *book, uint64_t id, uint32_t *at) {
    *at = 0;
    if (book->ring_mask != 0) {
        uint32_t slot = pmm_l3_ring(book)[id & book->ring_mask];
        if (slot != 0 && pmm_l3_node(book, slot)->id == id) return slot;
        if (book->hashed == 0) return 0;
    }
    *at = pmm_l3_seek(book, id);
    return pmm_l3_index(book)[*at].slot;
}

/* Best price and quantity of a side; a quantity of 0 if it is empty. */
static inline int64_t pmm_l3_best(const struct pmm_ladder *ladder, int64_t *price) {
    *price = 0;
    uint32_t slot = pmm_ladder_best(ladder, price);
    return slot == PMM_LADDER_NONE ? 0 : pmm_l3_queue(ladder, slot)->quantity;
}

static inline void pmm_l3_read_top(const struct pmm_l3book *book, struct pmm_top *top) {
    top->bid_quantity = pmm_l3_best(pmm_l3_ladder(book, PMM_SIDE_BID), &top->bid_price);
    top->ask_quantity = pmm_l3_best(pmm_l3_ladder(book, PMM_SIDE_ASK), &top->ask_price);
    top->recv_ns = book->recv_ns;
    top->version = book->applied;
    top->valid = book->valid;
    top->reason = book->reason;
}

#endif
