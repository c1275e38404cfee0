/* l3book_read.c: what may be asked of a book of single orders, and whether it agrees with itself. */
#include "book/l3book.h"

#include "book/l3book_layout.h"

void pmm_l3book_top(const struct pmm_l3book *book, struct pmm_top *top) { pmm_l3_read_top(book, top); }

static int is_side(int side) { return side == PMM_SIDE_BID || side == PMM_SIDE_ASK; }

int64_t pmm_l3book_depth(const struct pmm_l3book *book, int side, struct pmm_level *out, size_t max) {
    if (!is_side(side) || (out == NULL && max != 0)) return PMM_ERR_ARGUMENT;
    const struct pmm_ladder *ladder = pmm_l3_ladder(book, side);
    int64_t price = 0;
    size_t n = 0;
    uint32_t at = pmm_ladder_best(ladder, &price);
    for (; at != PMM_LADDER_NONE && n < max; at = pmm_ladder_next(ladder, &price))
        out[n++] = (struct pmm_level){price, pmm_l3_queue(ladder, at)->quantity};
    return (int64_t)n;
}

int64_t pmm_l3book_quantity(const struct pmm_l3book *book, int side, int64_t price) {
    const struct pmm_l3_queue *queue = is_side(side) ? pmm_l3_find_queue(pmm_l3_ladder(book, side), price) : NULL;
    return queue == NULL ? 0 : queue->quantity;
}

static struct pmm_l3_order public_order(const struct pmm_l3_node *node) {
    return (struct pmm_l3_order){node->id, pmm_l3_price(node), node->quantity, (uint64_t)pmm_l3_side(node)};
}

int64_t pmm_l3book_queue(const struct pmm_l3book *book, int side, int64_t price, struct pmm_l3_order *out, size_t max) {
    if (!is_side(side) || (out == NULL && max != 0)) return PMM_ERR_ARGUMENT;
    const struct pmm_l3_queue *queue = pmm_l3_find_queue(pmm_l3_ladder(book, side), price);
    size_t n = 0;
    uint32_t slot = queue == NULL ? 0 : queue->head;
    for (; slot != 0 && n < max; slot = pmm_l3_node(book, slot)->next)
        out[n++] = public_order(pmm_l3_node(book, slot));
    return (int64_t)n;
}

int pmm_l3book_order(const struct pmm_l3book *book, uint64_t order_id, struct pmm_l3_order *out) {
    uint32_t at, slot = pmm_l3_find(book, order_id, &at);
    if (slot == 0) return PMM_ERR_NOT_FOUND;
    *out = public_order(pmm_l3_node(book, slot));
    return PMM_OK;
}

int64_t pmm_l3book_queue_ahead(const struct pmm_l3book *book, uint64_t order_id) {
    uint32_t at, slot = pmm_l3_find(book, order_id, &at);
    if (slot == 0) return PMM_ERR_NOT_FOUND;
    int64_t ahead = 0;
    while ((slot = pmm_l3_node(book, slot)->prev) != 0)
        ahead += pmm_l3_node(book, slot)->quantity;
    return ahead;
}

void pmm_l3book_get_stats(const struct pmm_l3book *book, struct pmm_l3book_stats *stats) {
    const struct pmm_ladder *bids = pmm_l3_ladder(book, PMM_SIDE_BID), *asks = pmm_l3_ladder(book, PMM_SIDE_ASK);
    *stats = (struct pmm_l3book_stats){
        .applied = book->applied,
        .rejected = book->rejected,
        .dropped = book->dropped,
        .invalidated = book->invalidated,
        .recentred = bids->recentred + asks->recentred,
        .orders = book->orders,
        .hashed = book->hashed,
        .bid_levels = pmm_ladder_levels(bids),
        .ask_levels = pmm_ladder_levels(asks),
    };
}

static struct pmm_event record(const struct pmm_l3book *book, int64_t recv_ns, uint8_t kind, uint8_t flags) {
    return (struct pmm_event){.recv_ns = recv_ns, .instrument_id = book->instrument_id, .kind = kind, .flags = flags};
}

/* The orders of one level as ORDER_ADD; returns how many. */
static size_t snapshot_level(const struct pmm_l3book *book, int64_t recv_ns, uint32_t slot, struct pmm_event *out) {
    size_t n = 0;
    for (; slot != 0; slot = pmm_l3_node(book, slot)->next) {
        const struct pmm_l3_node *node = pmm_l3_node(book, slot);
        out[n] = record(book, recv_ns, PMM_KIND_ORDER_ADD, PMM_FLAG_SNAPSHOT);
        out[n].side = (uint8_t)pmm_l3_side(node);
        out[n].price = pmm_l3_price(node);
        out[n].quantity = node->quantity;
        out[n++].order_id = node->id;
    }
    return n;
}

int64_t pmm_l3book_snapshot(const struct pmm_l3book *book, int64_t recv_ns, struct pmm_event *out, size_t max) {
    size_t n = 0;
    if (max < (size_t)book->orders + 2) return PMM_ERR_FULL;
    out[n] = record(book, recv_ns, PMM_KIND_BOOK_BEGIN, PMM_FLAG_SNAPSHOT);
    out[n++].reason = book->loading ? (uint16_t)book->reason : 0;
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        const struct pmm_ladder *ladder = pmm_l3_ladder(book, side);
        int64_t price = 0;
        uint32_t at = pmm_ladder_best(ladder, &price);
        for (; at != PMM_LADDER_NONE; at = pmm_ladder_next(ladder, &price))
            n += snapshot_level(book, recv_ns, pmm_l3_queue(ladder, at)->head, out + n);
    }
    if (book->loading) return (int64_t)n;
    out[n] = record(book, recv_ns, book->valid ? PMM_KIND_BOOK_END : PMM_KIND_BOOK_INVALID,
                    PMM_FLAG_SNAPSHOT | PMM_FLAG_LAST);
    out[n++].reason = (uint16_t)book->reason;
    return (int64_t)n;
}

/* Invariants. */

/* A level's queue: linked both ways and summing to the level's quantity; returns its length or -1. */
static int64_t check_queue(const struct pmm_l3book *book, int side, int64_t price, const struct pmm_l3_queue *queue) {
    int64_t sum = 0, length = 0;
    uint32_t prev = 0, at;
    for (uint32_t slot = queue->head; slot != 0; slot = pmm_l3_node(book, slot)->next) {
        if (slot > book->capacity || ++length > book->orders) return -1;
        const struct pmm_l3_node *node = pmm_l3_node(book, slot);
        if (node->prev != prev || pmm_l3_side(node) != side || pmm_l3_price(node) != price) return -1;
        if (node->quantity < 1 || pmm_l3_find(book, node->id, &at) != slot) return -1;
        sum += node->quantity;
        prev = slot;
    }
    return length > 0 && queue->tail == prev && queue->quantity == sum ? length : -1;
}

/* Returns the orders of a side or -1. */
static int64_t check_side(const struct pmm_l3book *book, int side) {
    const struct pmm_ladder *ladder = pmm_l3_ladder(book, side);
    if (pmm_ladder_check(ladder) < 0 || ladder->dropped != 0) return -1;
    int64_t price = 0, orders = 0;
    uint32_t at = pmm_ladder_best(ladder, &price);
    for (; at != PMM_LADDER_NONE; at = pmm_ladder_next(ladder, &price)) {
        int64_t length = check_queue(book, side, price, pmm_l3_queue(ladder, at));
        if (length < 0) return -1;
        orders += length;
    }
    return orders;
}

/* Every slot rests, is free or was never used; ring and index hold the resting ones and nothing else. */
static int check_pool(const struct pmm_l3book *book) {
    uint64_t free_slots = 0, in_ring = 0, in_index = 0;
    for (uint32_t slot = book->free_head; slot != 0; slot = pmm_l3_node(book, slot)->next)
        if (slot > book->capacity || ++free_slots > book->capacity) return PMM_ERR_CORRUPT;
    for (uint64_t i = 0; book->ring_mask != 0 && i <= book->ring_mask; i++)
        in_ring += pmm_l3_ring(book)[i] != 0;
    for (uint64_t i = 0; i < pmm_index_entries(book->index_shift); i++)
        in_index += pmm_l3_index(book)[i].slot != 0;
    int right =
        in_index == book->hashed && in_ring + in_index == book->orders && book->orders + free_slots == book->unused - 1;
    return right ? PMM_OK : PMM_ERR_CORRUPT;
}

int pmm_l3book_check(const struct pmm_l3book *book) {
    int64_t bids = check_side(book, PMM_SIDE_BID), asks = check_side(book, PMM_SIDE_ASK);
    if (bids < 0 || asks < 0 || bids + asks != book->orders || check_pool(book) < 0) return PMM_ERR_CORRUPT;
    return book->valid && book->loading ? PMM_ERR_CORRUPT : PMM_OK;
}
