/* match_view.c: what may be asked of a matching engine, and whether it agrees with itself. */
#include "sim/match.h"

#include "base/error.h"
#include "sim/match_orders.h"
#include "book/snapshot.h"

uint32_t pmm_match_order_count(const struct pmm_match *match) { return match->open[0] + match->open[1]; }

static int64_t best_of(const struct pmm_match *match, int side, int64_t *price) {
    const struct pmm_ladder *ladder = pmm_match_ladder(match, side);
    uint32_t at = pmm_ladder_best(ladder, price);
    return at == PMM_LADDER_NONE ? 0 : pmm_match_level_at(ladder, at)->quantity;
}

void pmm_match_top(const struct pmm_match *match, struct pmm_top *top) {
    *top = (struct pmm_top){.recv_ns = match->recv_ns, .version = (uint64_t)match->market_data, .valid = 1};
    top->bid_quantity = best_of(match, PMM_SIDE_BID, &top->bid_price);
    top->ask_quantity = best_of(match, PMM_SIDE_ASK, &top->ask_price);
}

int64_t pmm_match_depth(const struct pmm_match *match, int side, struct pmm_level *out, size_t max) {
    if (match == NULL || (side != PMM_SIDE_BID && side != PMM_SIDE_ASK) || (out == NULL && max != 0))
        return PMM_ERR_ARGUMENT;
    const struct pmm_ladder *ladder = pmm_match_ladder(match, side);
    int64_t price = 0;
    size_t n = 0;
    uint32_t at = pmm_ladder_best(ladder, &price);
    for (; at != PMM_LADDER_NONE && n < max; at = pmm_ladder_next(ladder, &price))
        out[n++] = (struct pmm_level){price, pmm_match_level_at(ladder, at)->quantity};
    return (int64_t)n;
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
    n += pmm_snapshot_levels(pmm_match_ladder(match, PMM_SIDE_BID), pmm_match_ladder(match, PMM_SIDE_ASK), place,
                             &level, out + n, max - n);
    if (place->part != PMM_PLACE_END || n == max) return (int64_t)n;
    out[n] = book_record(match, recv_ns, PMM_KIND_BOOK_END);
    out[n++].flags |= PMM_FLAG_LAST;
    place->part = PMM_PLACE_DONE;
    return (int64_t)n;
}

int64_t pmm_match_snapshot(const struct pmm_match *match, int64_t recv_ns, struct pmm_event *out, size_t max) {
    if (match == NULL || (out == NULL && max != 0)) return PMM_ERR_ARGUMENT;
    uint64_t levels = pmm_ladder_levels(pmm_match_ladder(match, PMM_SIDE_BID)) +
                      pmm_ladder_levels(pmm_match_ladder(match, PMM_SIDE_ASK));
    struct pmm_place place = {0};
    return levels + 2 > max ? PMM_ERR_FULL : pmm_match_part(match, recv_ns, &place, out, max);
}

int64_t pmm_match_orders(const struct pmm_match *match, uint16_t source, struct pmm_event *out, size_t max) {
    if (match == NULL || (out == NULL && max != 0)) return PMM_ERR_ARGUMENT;
    size_t n = 0;
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        const struct pmm_ladder *ladder = pmm_match_ladder(match, side);
        int64_t price = 0;
        uint32_t at = pmm_ladder_best(ladder, &price);
        for (; at != PMM_LADDER_NONE; at = pmm_ladder_next(ladder, &price)) {
            for (uint32_t slot = pmm_match_level_at(ladder, at)->head; slot != 0;) {
                const struct pmm_match_order *order = pmm_match_order(match, slot);
                slot = order->next;
                if (source != 0 && order->source != source) continue;
                if (n == max) return PMM_ERR_FULL;
                out[n++] = (struct pmm_event){.recv_ns = match->recv_ns,
                                              .venue_ns = match->recv_ns,
                                              .price = price,
                                              .quantity = order->leaves,
                                              .order_id = order->order_id,
                                              .aux = match->executions,
                                              .instrument_id = match->instrument_id,
                                              .kind = PMM_KIND_ORDER_STATUS,
                                              .side = (uint8_t)side,
                                              .venue_id = PMM_VENUE_SIMULATED,
                                              .source = order->source};
            }
        }
    }
    return (int64_t)n;
}

int64_t pmm_match_queue_ahead(const struct pmm_match *match, uint64_t order_id) {
    uint32_t slot = pmm_match_find(match, order_id);
    if (slot == 0) return PMM_ERR_NOT_FOUND;
    int64_t ahead = 0;
    for (uint32_t at = pmm_match_order(match, slot)->prev; at != 0; at = pmm_match_order(match, at)->prev)
        ahead += pmm_match_order(match, at)->leaves;
    return ahead;
}

/* Invariants. */

/* A level's queue: linked both ways, in order of arrival, summing to the level's quantity; returns its length or -1. */
static int64_t check_queue(const struct pmm_match *match, int side, int64_t price,
                           const struct pmm_match_level *level) {
    int64_t sum = 0, length = 0;
    uint64_t arrival = 0;
    uint32_t prev = 0;
    for (uint32_t slot = level->head; slot != 0; slot = pmm_match_order(match, slot)->next) {
        if (slot > match->capacity || ++length > match->capacity) return -1;
        const struct pmm_match_order *order = pmm_match_order(match, slot);
        if (order->prev != prev || order->side != side || order->price != price) return -1;
        if (order->leaves < 1 || order->leaves > order->total || order->arrival <= arrival) return -1;
        if (pmm_match_find(match, order->order_id) != slot) return -1;
        sum += order->leaves;
        arrival = order->arrival;
        prev = slot;
    }
    return length > 0 && level->tail == prev && level->quantity == sum ? length : -1;
}

static int check_side(const struct pmm_match *match, int side) {
    const struct pmm_ladder *ladder = pmm_match_ladder(match, side);
    if (pmm_ladder_check(ladder) < 0 || ladder->dropped != 0) return PMM_ERR_CORRUPT;
    int64_t price = 0, orders = 0;
    uint32_t at = pmm_ladder_best(ladder, &price);
    for (; at != PMM_LADDER_NONE; at = pmm_ladder_next(ladder, &price)) {
        int64_t length = check_queue(match, side, price, pmm_match_level_at(ladder, at));
        if (length < 0) return PMM_ERR_CORRUPT;
        orders += length;
    }
    return orders == match->open[side - 1] ? PMM_OK : PMM_ERR_CORRUPT;
}

/* Every slot is open, free or never used; the index holds the open ones and nothing else. */
static int check_pool(const struct pmm_match *match) {
    uint64_t free_slots = 0, entries = 0;
    for (uint32_t slot = match->free_head; slot != 0; slot = pmm_match_order(match, slot)->next) {
        if (slot > match->capacity || ++free_slots > match->capacity) return PMM_ERR_CORRUPT;
    }
    for (uint64_t i = 0; i < pmm_index_entries(match->index_shift); i++)
        entries += pmm_match_index(match)[i].slot != 0;
    uint32_t open = pmm_match_order_count(match);
    return entries == open && open + free_slots == match->unused - 1 ? PMM_OK : PMM_ERR_CORRUPT;
}

int pmm_match_check(const struct pmm_match *match) {
    int64_t bid, ask;
    if (check_side(match, PMM_SIDE_BID) < 0 || check_side(match, PMM_SIDE_ASK) < 0 || check_pool(match) < 0)
        return PMM_ERR_CORRUPT;
    if (best_of(match, PMM_SIDE_BID, &bid) != 0 && best_of(match, PMM_SIDE_ASK, &ask) != 0 && bid >= ask)
        return PMM_ERR_CORRUPT;
    return match->touched == 0 ? PMM_OK : PMM_ERR_CORRUPT;
}
