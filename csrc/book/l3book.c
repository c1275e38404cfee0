/* l3book.c: records of single orders into queues, levels and states. */
#include "book/l3book.h"

#include <string.h>

#include "base/kinds.h"
#include "book/l3book_layout.h"

/* Records ahead whose index entry, and whose order, are fetched: 12 and 4, or 24 and 12, make no difference. */
#define AHEAD_INDEX 16
#define AHEAD_ORDER 8

static size_t aligned(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

static int is_ring(uint32_t slots) {
    return slots == 0 || (slots >= 64 && slots <= PMM_L3_ID_RING_MAX && (slots & (slots - 1)) == 0);
}

size_t pmm_l3book_memsize(uint32_t orders, uint32_t window, uint32_t level_capacity, uint32_t id_ring) {
    size_t ladder = pmm_ladder_memsize(window, level_capacity, PMM_L3_LEVEL_WORDS);
    if (ladder == 0 || orders == 0 || orders > PMM_L3_ORDERS_MAX || !is_ring(id_ring)) return 0;
    return sizeof(struct pmm_l3book) + 2 * ladder + id_ring * sizeof(uint32_t) + pmm_index_bytes(orders) +
           aligned(((size_t)orders + 1) * sizeof(struct pmm_l3_node));
}

int pmm_l3book_init(void *memory, size_t bytes, uint32_t instrument_id, uint32_t orders, uint32_t window,
                    uint32_t level_capacity, uint32_t id_ring) {
    size_t needed = pmm_l3book_memsize(orders, window, level_capacity, id_ring);
    if (memory == NULL || needed == 0 || bytes < needed || ((uintptr_t)memory & 63) != 0) return PMM_ERR_ARGUMENT;
    memset(memory, 0, needed);
    struct pmm_l3book *book = memory;
    size_t ladder = pmm_ladder_memsize(window, level_capacity, PMM_L3_LEVEL_WORDS);
    book->ladder_at[0] = sizeof *book;
    book->ladder_at[1] = book->ladder_at[0] + ladder;
    book->ring_at = book->ladder_at[1] + ladder;
    book->index_at = book->ring_at + id_ring * sizeof(uint32_t);
    book->orders_at = book->index_at + pmm_index_bytes(orders);
    book->ring_mask = id_ring == 0 ? 0 : id_ring - 1;
    book->index_shift = pmm_index_shift(orders);
    book->unused = 1;
    book->capacity = orders;
    book->instrument_id = instrument_id;
    book->loading = 1;
    book->reason = PMM_REASON_STARTING;
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++)
        (void)pmm_ladder_init(pmm_l3_ladder(book, side), ladder, side == PMM_SIDE_BID, window, level_capacity,
                              PMM_L3_LEVEL_WORDS);
    return PMM_OK;
}

/* States, as in book.c. */

static void set_state(struct pmm_l3book *book, uint32_t valid, uint32_t loading, uint32_t reason) {
    book->valid = valid;
    book->loading = loading;
    book->reason = reason;
}

/* The first reason stays: it is the one that explains. */
static void invalidate(struct pmm_l3book *book, uint32_t reason) {
    if (!book->valid && !book->loading) return;
    set_state(book, 0, 0, reason);
    book->invalidated++;
}

static void look_whether_crossed(struct pmm_l3book *book) {
    int64_t bid, ask;
    int64_t bids = pmm_l3_best(pmm_l3_ladder(book, PMM_SIDE_BID), &bid);
    int64_t asks = pmm_l3_best(pmm_l3_ladder(book, PMM_SIDE_ASK), &ask);
    if (bids != 0 && asks != 0 && bid >= ask) invalidate(book, PMM_REASON_CROSSED);
}

static __attribute__((noinline)) int reject(struct pmm_l3book *book, uint32_t reason) {
    book->rejected++;
    invalidate(book, reason);
    return 0;
}

static void empty(struct pmm_l3book *book) {
    pmm_ladder_clear(pmm_l3_ladder(book, PMM_SIDE_BID));
    pmm_ladder_clear(pmm_l3_ladder(book, PMM_SIDE_ASK));
    memset(pmm_l3_ring(book), 0, book->orders_at - book->ring_at);
    book->free_head = book->orders = book->hashed = 0;
    book->unused = 1;
}

static __attribute__((noinline)) int change_state(struct pmm_l3book *book, const struct pmm_event *event) {
    if (event->kind == PMM_KIND_BOOK_BEGIN) {
        empty(book);
        set_state(book, 0, 1, event->reason ? event->reason : PMM_REASON_RESYNC);
    } else if (event->kind == PMM_KIND_BOOK_INVALID) {
        invalidate(book, event->reason ? event->reason : PMM_REASON_RESYNC);
    } else if (book->loading) {
        look_whether_crossed(book);
        if (book->loading) set_state(book, 1, 0, PMM_REASON_NONE);
    }
    return 1;
}

/* Ids and slots. */

/* The id's place in the ring is another's: that one, which is older, is to be found by its hash from now on. */
static __attribute__((noinline)) void displace(struct pmm_l3book *book, uint32_t slot) {
    uint64_t id = pmm_l3_node(book, slot)->id;
    pmm_index_put(pmm_l3_index(book), pmm_l3_seek(book, id), slot, id);
    book->hashed++;
}

/* `at`: the free entry that seeking the id has found, if there is no ring. */
static inline void note_id(struct pmm_l3book *book, uint64_t id, uint32_t slot, uint32_t at) {
    if (book->ring_mask == 0) {
        pmm_index_put(pmm_l3_index(book), at, slot, id);
        book->hashed++;
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
    pmm_index_take(pmm_l3_index(book), book->index_shift, at);
    book->hashed--;
}

/* A slot, or 0 if all are taken. */
static uint32_t take_slot(struct pmm_l3book *book) {
    uint32_t slot = book->free_head;
    if (slot != 0)
        book->free_head = pmm_l3_node(book, slot)->next;
    else if (book->unused <= book->capacity)
        slot = book->unused++;
    return slot;
}

/* Queues. */

static __attribute__((noinline)) struct pmm_l3_queue *new_level(struct pmm_ladder *ladder, int64_t price) {
    if (!pmm_ladder_room(ladder)) return NULL;
    return pmm_l3_queue(ladder, pmm_ladder_put(ladder, price));
}

/* At the back of its level. An order for which there is no place is not kept, and the book is not whole any more. */
static inline int rest(struct pmm_l3book *book, uint64_t id, uint32_t at, int side, int64_t price, int64_t quantity) {
    struct pmm_ladder *ladder = pmm_l3_ladder(book, side);
    struct pmm_l3_queue *queue = pmm_l3_find_queue(ladder, price);
    if (queue == NULL) queue = new_level(ladder, price);
    uint32_t slot = queue == NULL ? 0 : take_slot(book);
    if (slot == 0) {
        if (queue != NULL && queue->head == 0) (void)pmm_ladder_remove(ladder, price);
        book->dropped++;
        invalidate(book, PMM_REASON_OVERFLOW);
        return 1;
    }
    struct pmm_l3_node *node = pmm_l3_node(book, slot);
    *node =
        (struct pmm_l3_node){id, (int64_t)((uint64_t)price << 1) | (side == PMM_SIDE_ASK), quantity, 0, queue->tail};
    if (queue->tail != 0)
        pmm_l3_node(book, queue->tail)->next = slot;
    else
        queue->head = slot;
    queue->tail = slot;
    queue->quantity += quantity;
    note_id(book, id, slot, at);
    book->orders++;
    return 1;
}

/* Out of its queue, its level with it if it was alone there, and back to the pool. */
static inline void leave(struct pmm_l3book *book, uint32_t slot, uint32_t at) {
    struct pmm_l3_node *node = pmm_l3_node(book, slot);
    struct pmm_ladder *ladder = pmm_l3_ladder(book, pmm_l3_side(node));
    struct pmm_l3_queue *queue = pmm_l3_queue_of(ladder, node);
    forget_id(book, node->id, slot, at);
    if ((node->prev | node->next) == 0) {
        (void)pmm_ladder_remove(ladder, pmm_l3_price(node));
    } else {
        *(node->prev != 0 ? &pmm_l3_node(book, node->prev)->next : &queue->head) = node->next;
        *(node->next != 0 ? &pmm_l3_node(book, node->next)->prev : &queue->tail) = node->prev;
        queue->quantity -= node->quantity;
    }
    node->next = book->free_head;
    book->free_head = slot;
    book->orders--;
}

/* Records. Each returns 1 if the record was taken. */

static uint32_t flaw(const struct pmm_event *event) {
    if (event->quantity < 1 || event->quantity > PMM_L3_QUANTITY_MAX) return PMM_REASON_BAD_QUANTITY;
    uint64_t biased = (uint64_t)event->price + (uint64_t)PMM_L3_PRICE_MAX;
    return biased > 2 * (uint64_t)PMM_L3_PRICE_MAX ? PMM_REASON_BAD_PRICE : PMM_REASON_NONE;
}

static int add(struct pmm_l3book *book, const struct pmm_event *event) {
    uint32_t reason = flaw(event);
    if ((unsigned)event->side - PMM_SIDE_BID > 1) reason = PMM_REASON_BAD_ORDER;
    if (reason != PMM_REASON_NONE) return reject(book, reason);
    uint32_t at;
    if (pmm_l3_find(book, event->order_id, &at) != 0) return reject(book, PMM_REASON_DUPLICATE_ORDER);
    return rest(book, event->order_id, at, event->side, event->price, event->quantity);
}

static int take(struct pmm_l3book *book, const struct pmm_event *event) {
    uint32_t at, slot = pmm_l3_find(book, event->order_id, &at);
    if (slot == 0) return reject(book, PMM_REASON_UNKNOWN_ORDER);
    struct pmm_l3_node *node = pmm_l3_node(book, slot);
    if (event->quantity < 1 || event->quantity > node->quantity) return reject(book, PMM_REASON_BAD_QUANTITY);
    if (event->quantity == node->quantity) {
        leave(book, slot, at);
        return 1;
    }
    node->quantity -= event->quantity;
    pmm_l3_queue_of(pmm_l3_ladder(book, pmm_l3_side(node)), node)->quantity -= event->quantity;
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
    int side = pmm_l3_side(pmm_l3_node(book, slot));
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

/* Whether the kind is market data, whose FLAG_LAST ends a message. */
static int is_market_data(unsigned kind) { return kind - PMM_KIND_DEPTH <= PMM_KIND_ORDER_EXECUTE - PMM_KIND_DEPTH; }

static inline int apply_one(struct pmm_l3book *book, const struct pmm_event *event) {
    int taken = 0;
    if (event->instrument_id != book->instrument_id) return 0;
    if ((unsigned)event->kind - PMM_KIND_ORDER_ADD <= PMM_KIND_ORDER_EXECUTE - PMM_KIND_ORDER_ADD) {
        taken = apply_order(book, event);
        book->applied += (uint64_t)taken;
    } else if (pmm_is_book_state(event->kind)) {
        taken = change_state(book, event);
    }
    if (taken) book->recv_ns = event->recv_ns;
    if ((event->flags & PMM_FLAG_LAST) && book->valid && is_market_data(event->kind)) look_whether_crossed(book);
    return taken;
}

/*
 * A miss in the ring or the index, then one in the orders: each is asked for before it is needed. What is read for
 * it may have changed until then: a slot is always one of the pool, and a fetch in vain costs nothing else. Always
 * inline: gcc leaves out the calls of a function that only fetches.
 */
static inline __attribute__((always_inline)) void look_ahead(const struct pmm_l3book *book,
                                                             const struct pmm_event *events, size_t left) {
    if (left <= AHEAD_INDEX) return;
    uint64_t far = events[AHEAD_INDEX].order_id, near = events[AHEAD_ORDER].order_id;
    uint32_t slot;
    if (book->ring_mask != 0) {
        const uint32_t *ring = pmm_l3_ring(book);
        __builtin_prefetch(ring + (far & book->ring_mask));
        slot = ring[near & book->ring_mask];
    } else {
        const struct pmm_index_entry *index = pmm_l3_index(book);
        __builtin_prefetch(index + pmm_index_home(book->index_shift, far));
        slot = index[pmm_index_home(book->index_shift, near)].slot;
    }
    __builtin_prefetch(pmm_l3_node(book, slot));
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
