/* l3book_read.c: what may be asked of a book of single orders, and whether it agrees with itself. */
#include "book/l3book.h"

#include "base/error.h"
#include "book/l3book_layout.h"
#include "book/snapshot.h"

void pmm_l3book_top(const struct pmm_l3book *book, struct pmm_top *top) { pmm_l3_read_top(book, top); }

int64_t pmm_l3book_depth(const struct pmm_l3book *book, int side, struct pmm_level *out, size_t max) {
    if (!pmm_is_side(side) || (!out && max != 0)) return PMM_ERR_ARGUMENT;
    return (int64_t)pmm_pool_depth(&book->pool, side, out, max);
}

static const struct pmm_queue *queue_at(const struct pmm_l3book *book, int side, int64_t price) {
    return pmm_is_side(side) ? pmm_pool_find_queue(pmm_pool_ladder(&book->pool, side), price) : NULL;
}

int64_t pmm_l3book_quantity(const struct pmm_l3book *book, int side, int64_t price) {
    const struct pmm_queue *queue = queue_at(book, side, price);
    return queue ? queue->quantity : 0;
}

static struct pmm_l3_order public_order(const struct pmm_queued *order) {
    return (struct pmm_l3_order){order->order_id, order->price, order->leaves, (uint64_t)pmm_queued_side(order)};
}

int64_t pmm_l3book_queue(const struct pmm_l3book *book, int side, int64_t price, struct pmm_l3_order *out, size_t max) {
    if (!pmm_is_side(side) || (!out && max != 0)) return PMM_ERR_ARGUMENT;
    const struct pmm_queue *queue = queue_at(book, side, price);
    size_t n = 0;
    for (uint32_t slot = queue ? queue->head : 0; slot != 0 && n < max; slot = pmm_l3_order(book, slot)->next)
        out[n++] = public_order(pmm_l3_order(book, slot));
    return (int64_t)n;
}

int pmm_l3book_order(const struct pmm_l3book *book, uint64_t order_id, struct pmm_l3_order *out) {
    uint32_t at, slot = pmm_l3_find(book, order_id, &at);
    if (slot == 0) return PMM_ERR_NOT_FOUND;
    *out = public_order(pmm_l3_order(book, slot));
    return PMM_OK;
}

int64_t pmm_l3book_queue_ahead(const struct pmm_l3book *book, uint64_t order_id) {
    uint32_t at, slot = pmm_l3_find(book, order_id, &at);
    return slot == 0 ? PMM_ERR_NOT_FOUND : pmm_pool_ahead(&book->pool, PMM_L3_STRIDE, slot);
}

void pmm_l3book_get_stats(const struct pmm_l3book *book, struct pmm_l3book_stats *stats) {
    const struct pmm_ladder *bids = pmm_pool_ladder(&book->pool, PMM_SIDE_BID);
    const struct pmm_ladder *asks = pmm_pool_ladder(&book->pool, PMM_SIDE_ASK);
    *stats = (struct pmm_l3book_stats){
        .applied = book->applied,
        .rejected = book->rejected,
        .dropped = book->dropped,
        .invalidated = book->state.invalidated,
        .recentred = bids->recentred + asks->recentred,
        .orders = book->pool.resting,
        .hashed = book->hashed,
        .bid_levels = pmm_ladder_levels(bids),
        .ask_levels = pmm_ladder_levels(asks),
    };
}

int64_t pmm_l3book_snapshot(const struct pmm_l3book *book, int64_t recv_ns, struct pmm_event *out, size_t max) {
    struct pmm_pool_walk walk = {0};
    size_t n = 0;
    if (max < (size_t)book->pool.resting + 2) return PMM_ERR_FULL;
    out[n++] = pmm_snapshot_begin(&book->state, book->instrument_id, recv_ns);
    for (uint32_t slot; (slot = pmm_pool_walk(&book->pool, PMM_L3_STRIDE, &walk)) != 0;) {
        const struct pmm_queued *order = pmm_l3_order(book, slot);
        out[n] = pmm_snapshot_record(book->instrument_id, recv_ns, PMM_KIND_ORDER_ADD);
        out[n].side = (uint8_t)pmm_queued_side(order);
        out[n].price = order->price;
        out[n].quantity = order->leaves;
        out[n++].order_id = order->order_id;
    }
    if (!book->state.loading) out[n++] = pmm_snapshot_end(&book->state, book->instrument_id, recv_ns);
    return (int64_t)n;
}

static uint32_t find(const struct pmm_order_pool *pool, uint64_t order_id) {
    uint32_t at;
    return pmm_l3_find((const struct pmm_l3book *)pool, order_id, &at);
}

int pmm_l3book_check(const struct pmm_l3book *book) {
    uint64_t in_ring = 0;
    for (uint64_t i = 0; book->ring_mask != 0 && i <= book->ring_mask; i++)
        in_ring += pmm_l3_ring(book)[i] != 0;
    if (in_ring + book->hashed != book->pool.resting) return PMM_ERR_CORRUPT;
    if (book->state.valid && book->state.loading) return PMM_ERR_CORRUPT;
    return pmm_pool_check(&book->pool, PMM_L3_STRIDE, book->hashed, find);
}
