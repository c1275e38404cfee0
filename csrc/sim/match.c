/* match.c: orders to what is done with them: replace, cancel, query, and whether there is room for what follows. */
#include "sim/match.h"

#include "base/error.h"
#include "base/kinds.h"
#include "sim/match_turn.h"

/* The level that an order stands at. */
static struct pmm_queue *level_of(const struct pmm_match *match, const struct pmm_queued *order) {
    return pmm_pool_queue_of(pmm_pool_ladder(&match->pool, pmm_queued_side(order)), order);
}

static void finish(struct turn *turn) {
    struct pmm_match *match = turn->match;
    if (match->touched == 0) return;
    const struct pmm_match_touch *list = pmm_match_touched(match);
    for (uint32_t i = 0; i < match->touched; i++)
        publish(turn, PMM_KIND_DEPTH, 0, (uint8_t)list[i].side, list[i].price, list[i].quantity);
    turn->out[-1].flags |= PMM_FLAG_LAST;
    match->touched = 0;
    match->recv_ns = turn->recv_ns;
}

/* The participant's open order, or NULL: nobody reaches another's. at: its entry in the index. */
static struct pmm_match_order *own_order(const struct pmm_match *match, const struct pmm_event *in, uint32_t *at) {
    *at = pmm_match_seek(match, in->order_id);
    uint32_t slot = pmm_match_slot(match, *at);
    struct pmm_match_order *order = pmm_match_order(match, slot);
    return slot != 0 && order->source == in->source ? order : NULL;
}

static inline void cancel(struct turn *turn, uint32_t at, enum pmm_reason reason) {
    struct pmm_match *match = turn->match;
    uint32_t slot = pmm_match_slot(match, at);
    const struct pmm_match_order *order = pmm_match_order(match, slot);
    report_order(turn, PMM_KIND_CANCELLED, order, order->queued.leaves, reason);
    int64_t left = pmm_pool_leave(&match->pool, PMM_MATCH_STRIDE, &order->queued);
    touch(match, pmm_queued_side(&order->queued), order->queued.price, left);
    pmm_match_release(match, slot, at);
}

static void run_cancel(struct turn *turn, const struct pmm_event *in) {
    uint32_t at;
    if (!own_order(turn->match, in, &at)) {
        answer(turn, PMM_KIND_CANCEL_REJECTED, in, PMM_REASON_UNKNOWN_ORDER);
    } else {
        cancel(turn, at, PMM_REASON_REQUESTED);
    }
}

static void run_query(struct turn *turn, const struct pmm_event *in) {
    uint32_t at;
    const struct pmm_match_order *order = own_order(turn->match, in, &at);
    if (!order) {
        answer(turn, PMM_KIND_REJECTED, in, PMM_REASON_UNKNOWN_ORDER);
    } else {
        report_order(turn, PMM_KIND_ORDER_STATUS, order, order->queued.leaves, PMM_REASON_NONE);
    }
}

/* Smaller at the same price: the place in the queue is kept. */
static void reduce(struct turn *turn, struct pmm_match_order *order, int64_t total) {
    int64_t cut = order->total - total;
    struct pmm_queued *queued = &order->queued;
    struct pmm_queue *level = level_of(turn->match, queued);
    level->quantity -= cut;
    order->total = total;
    queued->leaves -= cut;
    report_order(turn, PMM_KIND_REPLACED, order, total, PMM_REASON_NONE);
    if (cut != 0) touch(turn->match, pmm_queued_side(queued), queued->price, level->quantity);
}

/* Entry `at` of the index to the back of the level at its new price, taking first what it crosses. */
static void move(struct turn *turn, uint32_t at, int64_t price, int64_t total) {
    struct pmm_match *match = turn->match;
    uint32_t slot = pmm_match_slot(match, at);
    struct pmm_match_order *order = pmm_match_order(match, slot);
    struct pmm_queued *queued = &order->queued;
    int side = pmm_queued_side(queued);
    int64_t left = pmm_pool_leave(&match->pool, PMM_MATCH_STRIDE, queued);
    touch(match, side, queued->price, left);
    queued->leaves += total - order->total;
    queued->price = price;
    order->total = total;
    report_order(turn, PMM_KIND_REPLACED, order, total, PMM_REASON_NONE);
    struct taker taker = {.order_id = queued->order_id,
                          .price = price,
                          .leaves = queued->leaves,
                          .source = order->source,
                          .side = (uint8_t)side,
                          .tif = order->tif,
                          .self_trade = order->self_trade};
    pmm_match_take(turn, &taker);
    queued->leaves = taker.leaves;
    enum pmm_reason unable = taker.self_traded ? PMM_REASON_SELF_TRADE : PMM_REASON_NONE;
    if (taker.leaves != 0 && unable == PMM_REASON_NONE) {
        const struct pmm_queue *level = pmm_match_join(match, slot, side);
        if (level) {
            touch(match, side, price, level->quantity);
            return;
        }
        unable = PMM_REASON_CAPACITY;
    }
    if (taker.leaves != 0) report_order(turn, PMM_KIND_CANCELLED, order, taker.leaves, unable);
    pmm_match_release(match, slot, pmm_match_seek(match, queued->order_id));
}

static enum pmm_reason replace_fault(const struct pmm_match *match, const struct pmm_match_order *order,
                                     const struct pmm_event *in) {
    if (in->quantity < 0 || in->quantity > PMM_MATCH_QUANTITY_MAX) return PMM_REASON_BAD_QUANTITY;
    if (in->price < 1 || in->price > PMM_MATCH_PRICE_MAX) return PMM_REASON_BAD_PRICE;
    if (in->quantity <= order->total - order->queued.leaves) return PMM_REASON_NONE;
    if (in->price == order->queued.price) return PMM_REASON_NONE;
    int side = pmm_queued_side(&order->queued);
    if (would_take(match, side, in->price)) return order->post_only ? PMM_REASON_WOULD_TAKE : PMM_REASON_NONE;
    uint32_t alone = level_of(match, &order->queued)->quantity == order->queued.leaves;
    return pmm_match_has_room(match, side, in->price, alone) ? PMM_REASON_NONE : PMM_REASON_CAPACITY;
}

static void run_replace(struct turn *turn, const struct pmm_event *in) {
    uint32_t at;
    struct pmm_match_order *order = own_order(turn->match, in, &at);
    enum pmm_reason fault = order ? replace_fault(turn->match, order, in) : PMM_REASON_UNKNOWN_ORDER;
    if (fault != PMM_REASON_NONE) {
        answer(turn, PMM_KIND_REPLACE_REJECTED, in, fault);
    } else if (in->quantity <= order->total - order->queued.leaves) {
        cancel(turn, at, PMM_REASON_REQUESTED);
    } else if (in->price == order->queued.price && in->quantity <= order->total) {
        reduce(turn, order, in->quantity);
    } else {
        move(turn, at, in->price, in->quantity);
    }
}

/* Which orders: of one participant or of all, of any time in force or DAY alone. */
struct selection {
    uint16_t source;
    uint8_t every_source;
    uint8_t day_only;
};

static int selected(const struct selection *selection, const struct pmm_match_order *order) {
    return (selection->every_source || order->source == selection->source) &&
           (!selection->day_only || order->tif == PMM_TIF_DAY);
}

static uint64_t count_selected(const struct pmm_match *match, const struct selection *selection) {
    struct pmm_pool_walk walk = {0};
    uint64_t count = 0;
    for (uint32_t slot; (slot = pmm_pool_walk(&match->pool, PMM_MATCH_STRIDE, &walk)) != 0;)
        count += (uint64_t)selected(selection, pmm_match_order(match, slot));
    return count;
}

/* In price-time order, bids first. */
static void cancel_selected(struct turn *turn, const struct selection *selection, enum pmm_reason reason) {
    struct pmm_match *match = turn->match;
    struct pmm_pool_walk walk = {0};
    for (uint32_t slot; (slot = pmm_pool_walk(&match->pool, PMM_MATCH_STRIDE, &walk)) != 0;) {
        const struct pmm_match_order *order = pmm_match_order(match, slot);
        if (selected(selection, order)) cancel(turn, pmm_match_seek(match, order->queued.order_id), reason);
    }
}

static int fits_selected(const struct pmm_match *match, const struct selection *selection, size_t room) {
    return 2 * count_selected(match, selection) <= room;
}

int64_t pmm_match_end_day(struct pmm_match *match, int64_t recv_ns, struct pmm_event *out, size_t max) {
    if (!match || (!out && max != 0)) return PMM_ERR_ARGUMENT;
    const struct selection day = {.every_source = 1, .day_only = 1};
    if (!fits_selected(match, &day, max)) return PMM_ERR_AGAIN;
    struct turn turn = {match, out, recv_ns};
    cancel_selected(&turn, &day, PMM_REASON_DAY_END);
    finish(&turn);
    return turn.out - out;
}

/* A taking record's own ends: its ACK or REPLACED, and what becomes of its remainder and of the level it left. */
#define TAKER_RECORDS 3
/* A resting order that it meets: two fills, a trade, its level. */
#define MAKER_RECORDS 4

static int fits_taker(const struct pmm_match *match, const struct taker *taker, size_t room) {
    size_t affordable = (room - TAKER_RECORDS) / MAKER_RECORDS;
    uint32_t met;
    pmm_match_scan(match, taker, (uint32_t)affordable, &met);
    return met <= affordable;
}

static int fits_replace(const struct pmm_match *match, const struct pmm_event *in, size_t room) {
    uint32_t at;
    const struct pmm_match_order *order = own_order(match, in, &at);
    if (!order || order->post_only || !would_take(match, pmm_queued_side(&order->queued), in->price)) return 1;
    struct taker taker = {.price = in->price,
                          .leaves = in->quantity,
                          .source = order->source,
                          .side = (uint8_t)pmm_queued_side(&order->queued),
                          .self_trade = order->self_trade};
    return fits_taker(match, &taker, room);
}

/* 1 if whatever the record causes has room. The first line is what a caller with a fair sized out passes by. */
static int fits(const struct pmm_match *match, const struct pmm_event *in, size_t room) {
    if (room >= TAKER_RECORDS + MAKER_RECORDS * (size_t)pmm_match_order_count(match)) return 1;
    if (in->kind == PMM_KIND_CANCEL_ALL) return fits_selected(match, &(struct selection){.source = in->source}, room);
    if (room < TAKER_RECORDS) return 0;
    if (in->kind == PMM_KIND_REPLACE) return fits_replace(match, in, room);
    if (in->kind != PMM_KIND_NEW || in->flags & PMM_FLAG_POST_ONLY) return 1;
    if (!pmm_is_side(in->side)) return 1;
    struct taker taker = taker_of(in);
    return !would_take(match, taker.side, taker.price) || fits_taker(match, &taker, room);
}

static void run_one(struct turn *turn, const struct pmm_event *in) {
    switch (in->kind) {
    case PMM_KIND_NEW: pmm_match_new(turn, in); break;
    case PMM_KIND_REPLACE: run_replace(turn, in); break;
    case PMM_KIND_CANCEL: run_cancel(turn, in); break;
    case PMM_KIND_CANCEL_ALL:
        cancel_selected(turn, &(struct selection){.source = in->source},
                        in->reason == PMM_REASON_NONE ? PMM_REASON_REQUESTED : (enum pmm_reason)in->reason);
        break;
    case PMM_KIND_QUERY: run_query(turn, in); break;
    }
    finish(turn);
}

static int concerns(const struct pmm_match *match, const struct pmm_event *in) {
    if (pmm_class_of(in->kind) != PMM_CLASS_ORDER) return 0;
    return in->instrument_id == match->instrument_id ||
           (in->instrument_id == PMM_INSTRUMENT_ALL && in->kind == PMM_KIND_CANCEL_ALL);
}

/* Far enough ahead for a line to come from memory: the index entry first, then the order that it names. */
#define AHEAD_INDEX 8
#define AHEAD_ORDER 4

static inline __attribute__((always_inline)) void look_ahead(const struct pmm_match *match, const struct pmm_event *in,
                                                             size_t left) {
    if (left > AHEAD_INDEX) pmm_pool_fetch_entry(&match->pool, in[AHEAD_INDEX].order_id);
    if (left > AHEAD_ORDER) pmm_pool_fetch_order(&match->pool, PMM_MATCH_STRIDE, in[AHEAD_ORDER].order_id);
}

int64_t pmm_match_run(struct pmm_match *match, const struct pmm_event *in, size_t n, struct pmm_event *out, size_t max,
                      size_t *consumed) {
    if (!match || !consumed || (!in && n != 0) || (!out && max != 0)) return PMM_ERR_ARGUMENT;
    struct turn turn = {.match = match, .out = out};
    size_t i = 0;
    for (; i < n; i++) {
        look_ahead(match, in + i, n - i);
        if (!concerns(match, in + i)) continue;
        if (!fits(match, in + i, max - (size_t)(turn.out - out))) break;
        turn.recv_ns = in[i].recv_ns;
        run_one(&turn, in + i);
    }
    *consumed = i;
    return turn.out - out;
}
