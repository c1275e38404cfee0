/* match.c: orders to what is done with them: replace, cancel, query, and whether there is room for what follows. */
#include "sim/match.h"

#include "base/error.h"
#include "base/kinds.h"
#include "sim/match_turn.h"

/* Of a level that is there. */
static int64_t level_quantity(const struct pmm_match *match, int side, int64_t price) {
    const struct pmm_ladder *ladder = pmm_match_ladder(match, side);
    return pmm_match_level_at(ladder, pmm_ladder_find(ladder, price))->quantity;
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

/* Orders that rest. */

/* The participant's open order, or NULL: nobody reaches another's. at: its entry in the index. */
static struct pmm_match_order *own_order(const struct pmm_match *match, const struct pmm_event *in, uint32_t *at) {
    *at = pmm_match_seek(match, in->order_id);
    uint32_t slot = pmm_match_index(match)[*at].slot;
    struct pmm_match_order *order = pmm_match_order(match, slot);
    return slot != 0 && order->source == in->source ? order : NULL;
}

static inline void cancel(struct turn *turn, uint32_t at, enum pmm_reason reason) {
    uint32_t slot = pmm_match_index(turn->match)[at].slot;
    struct pmm_match_order *order = pmm_match_order(turn->match, slot);
    report_order(turn, PMM_KIND_CANCELLED, order, order->leaves, reason);
    int64_t left = pmm_match_unlink(turn->match, slot);
    touch(turn->match, order->side, order->price, left);
    pmm_match_release_at(turn->match, at);
}

static void run_cancel(struct turn *turn, const struct pmm_event *in) {
    uint32_t at;
    if (own_order(turn->match, in, &at) == NULL) {
        refuse(turn, PMM_KIND_CANCEL_REJECTED, in, PMM_REASON_UNKNOWN_ORDER);
    } else {
        cancel(turn, at, PMM_REASON_REQUESTED);
    }
}

static void run_query(struct turn *turn, const struct pmm_event *in) {
    uint32_t at;
    const struct pmm_match_order *order = own_order(turn->match, in, &at);
    if (order == NULL) {
        refuse(turn, PMM_KIND_REJECTED, in, PMM_REASON_UNKNOWN_ORDER);
    } else {
        report_order(turn, PMM_KIND_ORDER_STATUS, order, order->leaves, PMM_REASON_NONE);
    }
}

/* Smaller at the same price: the place in the queue is kept. */
static void reduce(struct turn *turn, struct pmm_match_order *order, int64_t total) {
    int64_t cut = order->total - total;
    struct pmm_ladder *ladder = pmm_match_ladder(turn->match, order->side);
    struct pmm_match_level *level = pmm_match_level_at(ladder, pmm_ladder_find(ladder, order->price));
    level->quantity -= cut;
    order->total = total;
    order->leaves -= cut;
    report_order(turn, PMM_KIND_REPLACED, order, total, PMM_REASON_NONE);
    if (cut != 0) touch(turn->match, order->side, order->price, level->quantity);
}

/* To the back of the level at its new price, taking first what it crosses. */
static void move(struct turn *turn, uint32_t slot, int64_t price, int64_t total) {
    struct pmm_match *match = turn->match;
    struct pmm_match_order *order = pmm_match_order(match, slot);
    int64_t left = pmm_match_unlink(match, slot);
    touch(match, order->side, order->price, left);
    order->leaves += total - order->total;
    order->total = total;
    order->price = price;
    report_order(turn, PMM_KIND_REPLACED, order, total, PMM_REASON_NONE);
    struct taker taker = {.order_id = order->order_id,
                          .price = price,
                          .leaves = order->leaves,
                          .source = order->source,
                          .side = order->side,
                          .tif = order->tif,
                          .self_trade = order->self_trade};
    pmm_match_take(turn, &taker);
    order->leaves = taker.leaves;
    enum pmm_reason unable = taker.self_traded ? PMM_REASON_SELF_TRADE : PMM_REASON_NONE;
    if (taker.leaves != 0 && unable == PMM_REASON_NONE) {
        const struct pmm_match_level *level = pmm_match_link(match, slot);
        if (level != NULL) {
            touch(match, order->side, price, level->quantity);
            return;
        }
        unable = PMM_REASON_CAPACITY;
    }
    if (taker.leaves != 0) report_order(turn, PMM_KIND_CANCELLED, order, taker.leaves, unable);
    pmm_match_release(match, slot);
}

static enum pmm_reason replace_fault(const struct pmm_match *match, const struct pmm_match_order *order,
                                     const struct pmm_event *in) {
    if (in->quantity < 0 || in->quantity > PMM_MATCH_QUANTITY_MAX) return PMM_REASON_BAD_QUANTITY;
    if (in->price < 1 || in->price > PMM_MATCH_PRICE_MAX) return PMM_REASON_BAD_PRICE;
    if (in->quantity <= order->total - order->leaves) return PMM_REASON_NONE;
    if (in->price == order->price) return PMM_REASON_NONE;
    if (would_take(match, order->side, in->price)) return order->post_only ? PMM_REASON_WOULD_TAKE : PMM_REASON_NONE;
    uint32_t alone = level_quantity(match, order->side, order->price) == order->leaves;
    return pmm_match_has_room(match, order->side, in->price, alone) ? PMM_REASON_NONE : PMM_REASON_CAPACITY;
}

static void run_replace(struct turn *turn, const struct pmm_event *in) {
    uint32_t at;
    struct pmm_match_order *order = own_order(turn->match, in, &at);
    enum pmm_reason fault = order == NULL ? PMM_REASON_UNKNOWN_ORDER : replace_fault(turn->match, order, in);
    if (fault != PMM_REASON_NONE) {
        refuse(turn, PMM_KIND_REPLACE_REJECTED, in, fault);
    } else if (in->quantity <= order->total - order->leaves) {
        cancel(turn, at, PMM_REASON_REQUESTED);
    } else if (in->price == order->price && in->quantity <= order->total) {
        reduce(turn, order, in->quantity);
    } else {
        move(turn, pmm_match_index(turn->match)[at].slot, in->price, in->quantity);
    }
}

/* Many at once. */

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
    uint64_t count = 0;
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        const struct pmm_ladder *ladder = pmm_match_ladder(match, side);
        int64_t price = 0;
        uint32_t at = pmm_ladder_best(ladder, &price);
        for (; at != PMM_LADDER_NONE; at = pmm_ladder_next(ladder, &price)) {
            for (uint32_t slot = pmm_match_level_at(ladder, at)->head; slot != 0;) {
                const struct pmm_match_order *order = pmm_match_order(match, slot);
                count += (uint64_t)selected(selection, order);
                slot = order->next;
            }
        }
    }
    return count;
}

/* In price-time order, bids first. A level may go while it is walked: the next one is found by price. */
static void cancel_selected(struct turn *turn, const struct selection *selection, enum pmm_reason reason) {
    struct pmm_match *match = turn->match;
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        struct pmm_ladder *ladder = pmm_match_ladder(match, side);
        int64_t price = 0;
        uint32_t at = pmm_ladder_best(ladder, &price);
        for (; at != PMM_LADDER_NONE; at = pmm_ladder_next(ladder, &price)) {
            for (uint32_t slot = pmm_match_level_at(ladder, at)->head, next; slot != 0; slot = next) {
                next = pmm_match_order(match, slot)->next;
                const struct pmm_match_order *order = pmm_match_order(match, slot);
                if (selected(selection, order)) cancel(turn, pmm_match_seek(match, order->order_id), reason);
            }
        }
    }
}

static int fits_selected(const struct pmm_match *match, const struct selection *selection, size_t room) {
    return 2 * count_selected(match, selection) <= room;
}

int64_t pmm_match_end_day(struct pmm_match *match, int64_t recv_ns, struct pmm_event *out, size_t max) {
    if (match == NULL || (out == NULL && max != 0)) return PMM_ERR_ARGUMENT;
    const struct selection day = {.every_source = 1, .day_only = 1};
    if (!fits_selected(match, &day, max)) return PMM_ERR_AGAIN;
    struct turn turn = {match, out, recv_ns};
    cancel_selected(&turn, &day, PMM_REASON_DAY_END);
    finish(&turn);
    return turn.out - out;
}

/* The run. */

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
    if (order == NULL || order->post_only || !would_take(match, order->side, in->price)) return 1;
    struct taker taker = {.price = in->price,
                          .leaves = in->quantity,
                          .source = order->source,
                          .side = order->side,
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
    if (in->side != PMM_SIDE_BID && in->side != PMM_SIDE_ASK) return 1;
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

/*
 * Far enough ahead for a line to come from memory: the index entry first, then the order that it names. Always
 * inline, for gcc takes a function that only fetches for one without effect, and leaves its calls out.
 */
#define AHEAD_INDEX 8
#define AHEAD_ORDER 4

static inline __attribute__((always_inline)) void look_ahead(const struct pmm_match *match, const struct pmm_event *in,
                                                             size_t left) {
    const struct pmm_index_entry *index = pmm_match_index(match);
    if (left > AHEAD_INDEX) __builtin_prefetch(index + pmm_match_home(match, in[AHEAD_INDEX].order_id));
    if (left > AHEAD_ORDER) {
        uint32_t slot = index[pmm_match_home(match, in[AHEAD_ORDER].order_id)].slot;
        __builtin_prefetch(pmm_match_order(match, slot));
    }
}

int64_t pmm_match_run(struct pmm_match *match, const struct pmm_event *in, size_t n, struct pmm_event *out, size_t max,
                      size_t *consumed) {
    if (match == NULL || consumed == NULL || (in == NULL && n != 0) || (out == NULL && max != 0))
        return PMM_ERR_ARGUMENT;
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
