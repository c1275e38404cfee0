/* paper_order.c: our orders: new, replaced, cancelled, asked for, and what they take at once. */
#include "base/terms.h"
#include "sim/match.h"
#include "sim/paper_queue.h"

int paper_find(const struct paper_market *market, uint64_t order_id, uint16_t source, uint32_t *at) {
    for (int side = PMM_SIDE_BID; market && side <= PMM_SIDE_ASK; side++) {
        const struct paper_side *own = &market->side[side - 1];
        for (*at = 0; *at < own->orders; ++*at)
            if (paper_orders(own)[*at].order_id == order_id && (!source || paper_orders(own)[*at].source == source))
                return side;
    }
    return 0;
}

/* An answer to a record that names no order of ours: built from the record itself. */
static void refuse(struct paper_turn *turn, int kind, int reason) {
    const struct pmm_event *cause = turn->cause;
    struct paper_order asked = {.order_id = cause->order_id, .source = cause->source, .venue_id = cause->venue_id};
    paper_report(turn, &asked, cause->side, kind, cause->price, cause->quantity, reason);
}

static int would_take(struct paper_turn *turn, int side, int64_t price) {
    struct pmm_top top;
    pmm_book_top(paper_book(turn->market), &top);
    int is_bid = side == PMM_SIDE_BID;
    const struct paper_side *other = &turn->market->side[pmm_opposite(side) - 1];
    if (other->orders && paper_crosses(side, price, paper_orders(other)[0].price)) return 1;
    if ((is_bid ? top.ask_quantity : top.bid_quantity) == 0) return 0;
    return paper_crosses(side, price, is_bid ? top.ask_price : top.bid_price);
}

struct terms {
    int time_in_force, type, self_trade, post_only;
};

static struct terms terms_of(const struct pmm_event *order) {
    return (struct terms){
        .time_in_force = pmm_tif_of(order),
        .type = pmm_type_of(order),
        .self_trade = pmm_self_trade_of(order),
        .post_only = order->flags & PMM_FLAG_POST_ONLY,
    };
}

static int rests(const struct terms *terms) { return pmm_may_rest(terms->type, terms->time_in_force); }

static int bad_terms(const struct pmm_event *order, const struct terms *terms) {
    return !pmm_is_side(order->side) || !pmm_are_terms(order) || (terms->post_only && !rests(terms));
}

static int bad_price(int64_t price) { return price < 1 || price > PMM_MATCH_PRICE_MAX; }

static int has_room(const struct paper_turn *turn) {
    const struct paper_side *side = turn->market->side;
    return side[0].orders + side[1].orders < turn->paper->config.orders;
}

/* Why a NEW has no effect, or NONE. */
static int refusal(struct paper_turn *turn, const struct terms *terms) {
    const struct pmm_event *order = turn->cause;
    struct paper_market *market = turn->market;
    uint32_t at;
    if (!market) return PMM_REASON_BAD_INSTRUMENT;
    if (bad_terms(order, terms)) return PMM_REASON_BAD_ORDER;
    if (order->quantity < 1 || order->quantity > PMM_MATCH_QUANTITY_MAX) return PMM_REASON_BAD_QUANTITY;
    if (terms->type == PMM_TYPE_LIMIT && bad_price(order->price)) return PMM_REASON_BAD_PRICE;
    if (paper_find(market, order->order_id, 0, &at)) return PMM_REASON_DUPLICATE_ORDER;
    if (!market->valid) return PMM_REASON_NO_REFERENCE;
    if (!rests(terms)) return PMM_REASON_NONE;
    if (would_take(turn, order->side, order->price)) return terms->post_only ? PMM_REASON_WOULD_TAKE : PMM_REASON_NONE;
    return has_room(turn) ? PMM_REASON_NONE : PMM_REASON_CAPACITY;
}

/* The best order of the same source that one of `side` gets to at price `reached`, or NULL. */
static struct paper_order *met_own(struct paper_side *other, int side, uint16_t source, int64_t reached) {
    for (uint32_t i = 0; i < other->orders; i++) {
        if (!paper_crosses(side, reached, paper_orders(other)[i].price)) return NULL;
        if (paper_orders(other)[i].source == source) return &paper_orders(other)[i];
    }
    return NULL;
}

/* The self-trade rule for all that is met so far. 1 if the incoming order goes on; 0 if it was cancelled. */
static int meet_own(struct paper_turn *turn, int side, struct paper_order *order, int64_t reached) {
    int opposite = pmm_opposite(side);
    struct paper_side *other = &turn->market->side[opposite - 1];
    struct paper_order *own;
    while (order->self_trade && (own = met_own(other, side, order->source, reached))) {
        if (order->self_trade != PMM_STP_CANCEL_NEWEST) {
            paper_report(turn, own, opposite, PMM_KIND_CANCELLED, own->price, own->leaves, PMM_REASON_SELF_TRADE);
            paper_remove(other, (uint32_t)(own - paper_orders(other)));
        }
        if (order->self_trade != PMM_STP_CANCEL_OLDEST) {
            paper_report(turn, order, side, PMM_KIND_CANCELLED, order->price, order->leaves, PMM_REASON_SELF_TRADE);
            return 0;
        }
    }
    return 1;
}

/* Takes the displayed book up to limit. 1 if what is left may go on; 0 if a self-trade rule ended it. */
static int take(struct paper_turn *turn, int side, struct paper_order *order, int64_t limit) {
    int opposite = pmm_opposite(side);
    size_t levels = paper_load(turn, opposite);
    const struct pmm_level *level = turn->paper->level;
    for (size_t i = 0; i < levels && order->leaves && paper_crosses(side, limit, level[i].price); i++) {
        int64_t part = paper_min(order->leaves, level[i].quantity);
        if (part == 0) continue;
        if (!meet_own(turn, side, order, level[i].price)) return 0;
        if (!paper_take(turn, opposite, level[i].price, part)) break;
        order->leaves -= part;
        paper_report(turn, order, side, PMM_KIND_FILL, level[i].price, part, PMM_REASON_NONE);
    }
    return order->leaves == 0 || meet_own(turn, side, order, limit);
}

/* 1 if taking from a level needs no new place to remember it. */
static int is_taken(struct paper_side *side, int64_t price) {
    const struct paper_account *account = paper_find_account(side, price);
    return account && account->taken != 0;
}

/* What `take` could fill at once, at most the order's leaves. */
static int64_t takeable(struct paper_turn *turn, int side, const struct paper_order *order, int64_t limit) {
    size_t levels = paper_load(turn, pmm_opposite(side));
    const struct pmm_level *level = turn->paper->level;
    struct paper_side *other = &turn->market->side[pmm_opposite(side) - 1];
    int blocks = order->self_trade == PMM_STP_CANCEL_NEWEST || order->self_trade == PMM_STP_CANCEL_BOTH;
    uint32_t places = paper_places(other);
    int64_t sum = 0;
    for (size_t i = 0; i < levels && sum < order->leaves; i++) {
        if (!paper_crosses(side, limit, level[i].price)) break;
        if (blocks && met_own(other, side, order->source, level[i].price)) break;
        int64_t part = paper_min(level[i].quantity, order->leaves - sum);
        if (part && !is_taken(other, level[i].price) && places-- == 0) break;
        sum += part;
    }
    return sum;
}

static void on_new(struct paper_turn *turn) {
    const struct pmm_event *asked = turn->cause;
    struct terms terms = terms_of(asked);
    int reason = refusal(turn, &terms), side = asked->side;
    if (reason) {
        refuse(turn, PMM_KIND_REJECTED, reason);
        return;
    }
    struct paper_order order = {
        .order_id = asked->order_id,
        .price = asked->price,
        .total = asked->quantity,
        .leaves = asked->quantity,
        .source = asked->source,
        .venue_id = asked->venue_id,
        .flags = (uint8_t)terms.post_only,
        .self_trade = (uint8_t)terms.self_trade,
    };
    int64_t limit = asked->price;
    if (terms.type == PMM_TYPE_MARKET) limit = side == PMM_SIDE_BID ? INT64_MAX : INT64_MIN;
    paper_report(turn, &order, side, PMM_KIND_ACK, order.price, order.total, PMM_REASON_NONE);
    if (terms.time_in_force == PMM_TIF_FOK && takeable(turn, side, &order, limit) < order.total) {
        paper_report(turn, &order, side, PMM_KIND_CANCELLED, order.price, order.total, PMM_REASON_FOK);
        return;
    }
    if (!take(turn, side, &order, limit) || order.leaves == 0) return;
    if (rests(&terms) && has_room(turn))
        paper_rest(turn, side, &order);
    else
        paper_report(turn, &order, side, PMM_KIND_CANCELLED, order.price, order.leaves,
                     rests(&terms) ? PMM_REASON_CAPACITY : PMM_REASON_NO_LIQUIDITY);
}

static void cancel_at(struct paper_turn *turn, int side, uint32_t at, int reason) {
    struct paper_side *own = &turn->market->side[side - 1];
    const struct paper_order *order = &paper_orders(own)[at];
    paper_report(turn, order, side, PMM_KIND_CANCELLED, order->price, order->leaves, reason);
    paper_remove(own, at);
}

/* Keeps the place in the queue: the same price and no more than before. */
static void reduce(struct paper_turn *turn, int side, struct paper_order *order) {
    int64_t total = turn->cause->quantity;
    order->leaves -= order->total - total;
    order->total = total;
    paper_report(turn, order, side, PMM_KIND_REPLACED, order->price, total, PMM_REASON_NONE);
}

/* Gives the place up: out of the queue, perhaps into the book, and to the back of the new level. */
static void requeue(struct paper_turn *turn, int side, uint32_t at) {
    const struct pmm_event *asked = turn->cause;
    struct paper_side *own = &turn->market->side[side - 1];
    struct paper_order order = paper_orders(own)[at];
    paper_remove(own, at);
    order.leaves += asked->quantity - order.total;
    order.total = asked->quantity;
    order.price = asked->price;
    paper_report(turn, &order, side, PMM_KIND_REPLACED, order.price, order.total, PMM_REASON_NONE);
    if (take(turn, side, &order, order.price) && order.leaves) paper_rest(turn, side, &order);
}

static void on_replace(struct paper_turn *turn) {
    const struct pmm_event *asked = turn->cause;
    uint32_t at;
    int side = paper_find(turn->market, asked->order_id, asked->source, &at);
    if (!side) {
        refuse(turn, PMM_KIND_REPLACE_REJECTED, PMM_REASON_UNKNOWN_ORDER);
        return;
    }
    struct paper_order *order = &paper_orders(&turn->market->side[side - 1])[at];
    int reason = PMM_REASON_NONE;
    if (asked->quantity < 0 || asked->quantity > PMM_MATCH_QUANTITY_MAX)
        reason = PMM_REASON_BAD_QUANTITY;
    else if (bad_price(asked->price))
        reason = PMM_REASON_BAD_PRICE;
    else if (asked->quantity <= order->total - order->leaves) {
        cancel_at(turn, side, at, PMM_REASON_REQUESTED);
        return;
    } else if (asked->price == order->price && asked->quantity <= order->total) {
        reduce(turn, side, order);
        return;
    } else if (!turn->market->valid)
        reason = PMM_REASON_NO_REFERENCE;
    else if (order->flags && would_take(turn, side, asked->price))
        reason = PMM_REASON_WOULD_TAKE;
    if (reason)
        refuse(turn, PMM_KIND_REPLACE_REJECTED, reason);
    else
        requeue(turn, side, at);
}

static void on_cancel(struct paper_turn *turn) {
    uint32_t at;
    int side = paper_find(turn->market, turn->cause->order_id, turn->cause->source, &at);
    if (side)
        cancel_at(turn, side, at, PMM_REASON_REQUESTED);
    else
        refuse(turn, PMM_KIND_CANCEL_REJECTED, PMM_REASON_UNKNOWN_ORDER);
}

static void on_query(struct paper_turn *turn) {
    uint32_t at;
    int side = paper_find(turn->market, turn->cause->order_id, turn->cause->source, &at);
    if (!side) {
        refuse(turn, PMM_KIND_REJECTED, PMM_REASON_UNKNOWN_ORDER);
        return;
    }
    const struct paper_order *order = &paper_orders(&turn->market->side[side - 1])[at];
    paper_report(turn, order, side, PMM_KIND_ORDER_STATUS, order->price, order->leaves, PMM_REASON_NONE);
}

int paper_on_cancel_all(struct paper_turn *turn, size_t max) {
    uint32_t wanted = turn->cause->instrument_id;
    int reason = turn->cause->reason ? turn->cause->reason : PMM_REASON_REQUESTED;
    for (uint32_t i = 0; i < turn->paper->markets; i++) {
        turn->market = paper_market(turn->paper, i);
        if (wanted != PMM_INSTRUMENT_ALL && wanted != turn->market->instrument_id) continue;
        for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
            struct paper_side *own = &turn->market->side[side - 1];
            for (uint32_t at = 0; at < own->orders;) {
                if (paper_orders(own)[at].source != turn->cause->source)
                    at++;
                else if (turn->count == max)
                    return 0;
                else
                    cancel_at(turn, side, at, reason);
            }
        }
    }
    return 1;
}

void paper_on_order(struct paper_turn *turn) {
    switch (turn->cause->kind) {
    case PMM_KIND_NEW: on_new(turn); break;
    case PMM_KIND_REPLACE: on_replace(turn); break;
    case PMM_KIND_CANCEL: on_cancel(turn); break;
    case PMM_KIND_QUERY: on_query(turn); break;
    }
}
