/* l3book.c: records of single orders into queues, levels and states. */
#include "book/l3book.h"

#include <string.h>

#include "base/align.h"
#include "base/error.h"
#include "base/kinds.h"
#include "book/l3book_layout.h"

/* Records ahead whose index entry, and whose order, are fetched: 12 and 4, or 24 and 12, make no difference. */
#define AHEAD_INDEX 16
#define AHEAD_ORDER 8

static int is_ring(uint32_t slots) {
    return slots == 0 || (slots >= PMM_L3_ID_RING_MIN && slots <= PMM_L3_ID_RING_MAX && (slots & (slots - 1)) == 0);
}

static size_t head_bytes(uint32_t id_ring) { return sizeof(struct pmm_l3book) + id_ring * sizeof(uint32_t); }

size_t pmm_l3book_memsize(uint32_t orders, uint32_t window, uint32_t level_capacity, uint32_t id_ring) {
    size_t pool = pmm_pool_bytes(orders, window, level_capacity, PMM_L3_STRIDE);
    return pool == 0 || !is_ring(id_ring) ? 0 : head_bytes(id_ring) + pool;
}

int pmm_l3book_init(void *memory, size_t bytes, uint32_t instrument_id, uint32_t orders, uint32_t window,
                    uint32_t level_capacity, uint32_t id_ring) {
    size_t needed = pmm_l3book_memsize(orders, window, level_capacity, id_ring);
    if (!pmm_is_room(memory, bytes, needed)) return PMM_ERR_ARGUMENT;
    struct pmm_l3book *book = memory;
    pmm_pool_init(&book->pool, head_bytes(id_ring), orders, window, level_capacity);
    book->ring_mask = id_ring == 0 ? 0 : id_ring - 1;
    book->instrument_id = instrument_id;
    pmm_state_set(&book->state, 0, 1, PMM_REASON_STARTING);
    return PMM_OK;
}

static void look_whether_crossed(struct pmm_l3book *book) {
    int64_t bid, ask;
    int64_t bids = pmm_pool_best(&book->pool, PMM_SIDE_BID, &bid);
    int64_t asks = pmm_pool_best(&book->pool, PMM_SIDE_ASK, &ask);
    if (bids != 0 && asks != 0 && bid >= ask) pmm_state_invalidate(&book->state, PMM_REASON_CROSSED);
}

static __attribute__((noinline)) int reject(struct pmm_l3book *book, uint32_t reason) {
    book->rejected++;
    pmm_state_invalidate(&book->state, reason);
    return 0;
}

static __attribute__((noinline)) int change_state(struct pmm_l3book *book, const struct pmm_event *event) {
    if (event->kind == PMM_KIND_BOOK_BEGIN) {
        pmm_pool_clear(&book->pool);
        if (book->ring_mask != 0) memset(pmm_l3_ring(book), 0, (book->ring_mask + 1) * sizeof(uint32_t));
        book->hashed = 0;
    } else if (event->kind == PMM_KIND_BOOK_END && book->state.loading) {
        look_whether_crossed(book);
    }
    pmm_state_apply(&book->state, event);
    return 1;
}

static void put_in_index(struct pmm_l3book *book, uint32_t at, uint32_t slot, uint64_t id) {
    pmm_index_put(pmm_pool_index(&book->pool), at, slot, id);
    book->hashed++;
}

/* The id's place in the ring is another's: that one, which is older, is to be found by its hash from now on. */
static __attribute__((noinline)) void displace(struct pmm_l3book *book, uint32_t slot) {
    uint64_t id = pmm_l3_order(book, slot)->order_id;
    put_in_index(book, pmm_pool_seek(&book->pool, PMM_L3_STRIDE, id), slot, id);
}

/* `at`: the free entry that seeking the id has found, if there is no ring. */
static inline void note_id(struct pmm_l3book *book, uint64_t id, uint32_t slot, uint32_t at) {
    if (book->ring_mask == 0) {
        put_in_index(book, at, slot, id);
        return;
    }
    uint32_t *place = pmm_l3_ring(book) + (id & book->ring_mask);
    if (*place != 0) displace(book, *place);
    *place = slot;
}

/* `at`: the entry that has the id, if the ring does not. */
static inline void forget_id(struct pmm_l3book *book, uint64_t id, uint32_t slot, uint32_t at) {
    uint32_t *place = pmm_l3_ring(book) + (id & book->ring_mask);
    if (book->ring_mask != 0 && *place == slot) {
        *place = 0;
        return;
    }
    pmm_index_take(pmm_pool_index(&book->pool), book->pool.index_shift, at);
    book->hashed--;
}

/* At the back of its level. An order for which there is no place is not kept, and the book is not whole any more. */
static inline int rest(struct pmm_l3book *book, uint64_t id, uint32_t at, int side, int64_t price, int64_t quantity) {
    struct pmm_ladder *ladder = pmm_pool_ladder(&book->pool, side);
    struct pmm_queue *queue = pmm_pool_find_queue(ladder, price);
    if (!queue) queue = pmm_pool_add_queue(ladder, price);
    uint32_t slot = queue ? pmm_pool_take(&book->pool, PMM_L3_STRIDE) : 0;
    if (slot == 0) {
        if (queue && queue->head == 0) (void)pmm_ladder_remove(ladder, price);
        book->dropped++;
        pmm_state_invalidate(&book->state, PMM_REASON_OVERFLOW);
        return 1;
    }
    struct pmm_queued *order = pmm_l3_order(book, slot);
    order->order_id = id;
    order->price = price;
    order->leaves = quantity;
    pmm_pool_join(&book->pool, PMM_L3_STRIDE, queue, side, slot);
    note_id(book, id, slot, at);
    return 1;
}

/* Out of its queue, its level with it if it was alone there, and back to the pool. */
static inline void leave(struct pmm_l3book *book, uint32_t slot, uint32_t at) {
    const struct pmm_queued *order = pmm_l3_order(book, slot);
    forget_id(book, order->order_id, slot, at);
    (void)pmm_pool_leave(&book->pool, PMM_L3_STRIDE, order);
    pmm_pool_free(&book->pool, PMM_L3_STRIDE, slot);
}

static uint32_t flaw(const struct pmm_event *event) {
    if (event->quantity < 1 || event->quantity > PMM_L3_QUANTITY_MAX) return PMM_REASON_BAD_QUANTITY;
    uint64_t biased = (uint64_t)event->price + (uint64_t)PMM_L3_PRICE_MAX;
    return biased > 2 * (uint64_t)PMM_L3_PRICE_MAX ? PMM_REASON_BAD_PRICE : PMM_REASON_NONE;
}

/* This and the others: 1 if the record was taken. */
static int add(struct pmm_l3book *book, const struct pmm_event *event) {
    uint32_t reason = flaw(event);
    if (!pmm_is_side(event->side)) reason = PMM_REASON_BAD_ORDER;
    if (reason != PMM_REASON_NONE) return reject(book, reason);
    uint32_t at;
    if (pmm_l3_find(book, event->order_id, &at) != 0) return reject(book, PMM_REASON_DUPLICATE_ORDER);
    return rest(book, event->order_id, at, event->side, event->price, event->quantity);
}

static int take(struct pmm_l3book *book, const struct pmm_event *event) {
    uint32_t at, slot = pmm_l3_find(book, event->order_id, &at);
    if (slot == 0) return reject(book, PMM_REASON_UNKNOWN_ORDER);
    struct pmm_queued *order = pmm_l3_order(book, slot);
    if (event->quantity < 1 || event->quantity > order->leaves) return reject(book, PMM_REASON_BAD_QUANTITY);
    if (event->quantity == order->leaves) {
        leave(book, slot, at);
        return 1;
    }
    order->leaves -= event->quantity;
    pmm_pool_queue_of(pmm_pool_ladder(&book->pool, pmm_queued_side(order)), order)->quantity -= event->quantity;
    return 1;
}

static int remove_order(struct pmm_l3book *book, const struct pmm_event *event) {
    uint32_t at, slot = pmm_l3_find(book, event->order_id, &at);
    if (slot == 0) return reject(book, PMM_REASON_UNKNOWN_ORDER);
    leave(book, slot, at);
    return 1;
}

static int replace(struct pmm_l3book *book, const struct pmm_event *event) {
    const uint64_t old_id = (uint64_t)event->aux, new_id = event->order_id;
    uint32_t reason = flaw(event);
    if (reason != PMM_REASON_NONE) return reject(book, reason);
    uint32_t at, free_at, slot = pmm_l3_find(book, old_id, &at);
    if (slot == 0) return reject(book, PMM_REASON_UNKNOWN_ORDER);
    if (new_id != old_id && pmm_l3_find(book, new_id, &free_at) != 0) return reject(book, PMM_REASON_DUPLICATE_ORDER);
    int side = pmm_queued_side(pmm_l3_order(book, slot));
    leave(book, slot, at);
    (void)pmm_l3_find(book, new_id, &free_at); /* entries may have moved */
    return rest(book, new_id, free_at, side, event->price, event->quantity);
}

static inline int apply_order(struct pmm_l3book *book, const struct pmm_event *event) {
    switch (event->kind) {
    case PMM_KIND_ORDER_ADD: return add(book, event);
    case PMM_KIND_ORDER_REMOVE: return remove_order(book, event);
    case PMM_KIND_ORDER_REPLACE: return replace(book, event);
    default: return take(book, event);
    }
}

static inline int apply_one(struct pmm_l3book *book, const struct pmm_event *event) {
    int taken = 0;
    if (event->instrument_id != book->instrument_id) return 0;
    if (pmm_is_of_orders(event->kind)) {
        taken = apply_order(book, event);
        book->applied += (uint64_t)taken;
    } else if (pmm_is_book_state(event->kind)) {
        taken = change_state(book, event);
    }
    if (taken) book->recv_ns = event->recv_ns;
    const int ends = (event->flags & PMM_FLAG_LAST) && pmm_class_of(event->kind) == PMM_CLASS_MARKET;
    if (ends && book->state.valid) look_whether_crossed(book);
    return taken;
}

/* A miss in the ring or the index, then one in the orders: each is asked for before it is needed. */
static inline __attribute__((always_inline)) void look_ahead(const struct pmm_l3book *book,
                                                             const struct pmm_event *events, size_t left) {
    if (left <= AHEAD_INDEX) return;
    uint64_t far = events[AHEAD_INDEX].order_id, near = events[AHEAD_ORDER].order_id;
    if (book->ring_mask == 0) {
        pmm_pool_fetch_entry(&book->pool, far);
        pmm_pool_fetch_order(&book->pool, PMM_L3_STRIDE, near);
        return;
    }
    const uint32_t *ring = pmm_l3_ring(book);
    __builtin_prefetch(ring + (far & book->ring_mask));
    __builtin_prefetch(pmm_l3_order(book, ring[near & book->ring_mask]));
}

int64_t pmm_l3book_apply(struct pmm_l3book *book, const struct pmm_event *events, size_t n) {
    int64_t taken = 0;
    for (size_t i = 0; i < n; i++) {
        look_ahead(book, events + i, n - i);
        taken += apply_one(book, events + i);
    }
    return taken;
}

int64_t pmm_l3book_apply_tops(struct pmm_l3book *book, const struct pmm_event *events, size_t n, struct pmm_top *tops) {
    int64_t taken = 0;
    for (size_t i = 0; i < n; i++) {
        look_ahead(book, events + i, n - i);
        taken += apply_one(book, events + i);
        pmm_l3_read_top(book, tops + i);
    }
    return taken;
}
