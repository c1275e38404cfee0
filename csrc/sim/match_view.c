/* match_view.c: what may be asked of a matching engine, and whether it agrees with itself. */
#include "sim/match.h"

#include "base/error.h"
#include "sim/match_orders.h"
#include "book/snapshot.h"

uint32_t pmm_match_order_count(const struct pmm_match *match) { return match->pool.resting; }

void pmm_match_top(const struct pmm_match *match, struct pmm_top *top) {
    *top = (struct pmm_top){.recv_ns = match->recv_ns, .version = (uint64_t)match->market_data, .valid = 1};
    top->bid_quantity = pmm_pool_best(&match->pool, PMM_SIDE_BID, &top->bid_price);
    top->ask_quantity = pmm_pool_best(&match->pool, PMM_SIDE_ASK, &top->ask_price);
}

int64_t pmm_match_depth(const struct pmm_match *match, int side, struct pmm_level *out, size_t max) {
    if (!match || !pmm_is_side(side) || (!out && max != 0)) return PMM_ERR_ARGUMENT;
    return (int64_t)pmm_pool_depth(&match->pool, side, out, max);
}

static struct pmm_event book_record(const struct pmm_match *match, int64_t recv_ns, enum pmm_kind kind) {
    return (struct pmm_event){.recv_ns = recv_ns,
                              .venue_ns = recv_ns,
                              .aux = match->market_data,
                              .instrument_id = match->instrument_id,
                              .kind = (uint8_t)kind,
                              .flags = PMM_FLAG_SNAPSHOT,
                              .venue_id = PMM_VENUE_SIMULATED,
                              .source = PMM_SOURCE_EXCHANGE};
}

int64_t pmm_match_part(const struct pmm_match *match, int64_t recv_ns, struct pmm_place *place, struct pmm_event *out,
                       size_t max) {
    const struct pmm_event level = book_record(match, recv_ns, PMM_KIND_DEPTH);
    size_t n = 0;
    if (max == 0) return 0;
    if (place->part == PMM_PLACE_BEGIN) {
        out[n++] = book_record(match, recv_ns, PMM_KIND_BOOK_BEGIN);
        *place = (struct pmm_place){.part = PMM_PLACE_BIDS};
    }
    n += pmm_snapshot_levels(pmm_pool_ladder(&match->pool, PMM_SIDE_BID), pmm_pool_ladder(&match->pool, PMM_SIDE_ASK),
                             place, &level, out + n, max - n);
    if (place->part != PMM_PLACE_END || n == max) return (int64_t)n;
    out[n] = book_record(match, recv_ns, PMM_KIND_BOOK_END);
    out[n++].flags |= PMM_FLAG_LAST;
    place->part = PMM_PLACE_DONE;
    return (int64_t)n;
}

int64_t pmm_match_snapshot(const struct pmm_match *match, int64_t recv_ns, struct pmm_event *out, size_t max) {
    if (!match || (!out && max != 0)) return PMM_ERR_ARGUMENT;
    uint64_t levels = pmm_ladder_levels(pmm_pool_ladder(&match->pool, PMM_SIDE_BID)) +
                      pmm_ladder_levels(pmm_pool_ladder(&match->pool, PMM_SIDE_ASK));
    struct pmm_place place = {0};
    return levels + 2 > max ? PMM_ERR_FULL : pmm_match_part(match, recv_ns, &place, out, max);
}

int64_t pmm_match_orders(const struct pmm_match *match, uint16_t source, struct pmm_event *out, size_t max) {
    if (!match || (!out && max != 0)) return PMM_ERR_ARGUMENT;
    struct pmm_pool_walk walk = {0};
    size_t n = 0;
    for (uint32_t slot; (slot = pmm_pool_walk(&match->pool, PMM_MATCH_STRIDE, &walk)) != 0;) {
        const struct pmm_match_order *order = pmm_match_order(match, slot);
        if (source != 0 && order->source != source) continue;
        if (n == max) return PMM_ERR_FULL;
        out[n++] = (struct pmm_event){.recv_ns = match->recv_ns,
                                      .venue_ns = match->recv_ns,
                                      .price = order->queued.price,
                                      .quantity = order->queued.leaves,
                                      .order_id = order->queued.order_id,
                                      .aux = match->executions,
                                      .instrument_id = match->instrument_id,
                                      .kind = PMM_KIND_ORDER_STATUS,
                                      .side = (uint8_t)pmm_queued_side(&order->queued),
                                      .venue_id = PMM_VENUE_SIMULATED,
                                      .source = order->source};
    }
    return (int64_t)n;
}

static uint32_t find(const struct pmm_order_pool *pool, uint64_t order_id) {
    return pmm_pool_index(pool)[pmm_pool_seek(pool, PMM_MATCH_STRIDE, order_id)].slot;
}

int64_t pmm_match_queue_ahead(const struct pmm_match *match, uint64_t order_id) {
    uint32_t slot = find(&match->pool, order_id);
    return slot == 0 ? PMM_ERR_NOT_FOUND : pmm_pool_ahead(&match->pool, PMM_MATCH_STRIDE, slot);
}

/* What a pool does not know of orders: none is more than it was, and queues are in order of arrival. */
static int check_orders(const struct pmm_match *match) {
    struct pmm_pool_walk walk = {0};
    for (uint32_t slot; (slot = pmm_pool_walk(&match->pool, PMM_MATCH_STRIDE, &walk)) != 0;) {
        const struct pmm_match_order *order = pmm_match_order(match, slot);
        uint32_t prev = pmm_queued_prev(&order->queued);
        if (order->queued.leaves > order->total) return PMM_ERR_CORRUPT;
        if (order->arrival <= (prev == 0 ? 0 : pmm_match_order(match, prev)->arrival)) return PMM_ERR_CORRUPT;
    }
    return PMM_OK;
}

int pmm_match_check(const struct pmm_match *match) {
    int64_t bid, ask;
    int64_t bids = pmm_pool_best(&match->pool, PMM_SIDE_BID, &bid);
    int64_t asks = pmm_pool_best(&match->pool, PMM_SIDE_ASK, &ask);
    if (pmm_pool_check(&match->pool, PMM_MATCH_STRIDE, match->pool.resting, find) < 0) return PMM_ERR_CORRUPT;
    if (bids != 0 && asks != 0 && bid >= ask) return PMM_ERR_CORRUPT;
    return match->touched == 0 ? check_orders(match) : PMM_ERR_CORRUPT;
}
