/* match_take.c: a new order against the book: what it takes, what is left of it. */
#include "sim/match_turn.h"

int64_t pmm_match_scan(const struct pmm_match *match, const struct taker *taker, uint32_t orders_max,
                       uint32_t *orders) {
    const struct pmm_ladder *book = pmm_pool_ladder(&match->pool, pmm_opposite(taker->side));
    int64_t got = 0, price = 0;
    *orders = 0;
    uint32_t at = pmm_ladder_best(book, &price);
    for (; at != PMM_LADDER_NONE && reaches(taker->side, taker->price, price); at = pmm_ladder_next(book, &price)) {
        for (uint32_t slot = pmm_pool_queue(book, at)->head; slot != 0;) {
            const struct pmm_match_order *maker = pmm_match_order(match, slot);
            if (++*orders > orders_max) return got;
            slot = maker->queued.next;
            if (taker->self_trade != PMM_STP_NONE && maker->source == taker->source) {
                if (taker->self_trade != PMM_STP_CANCEL_OLDEST) return got;
                continue;
            }
            if (maker->queued.leaves >= taker->leaves - got) return taker->leaves;
            got += maker->queued.leaves;
        }
    }
    return got;
}

static inline void trade(struct turn *turn, const struct taker *taker, const struct pmm_match_order *maker,
                         int64_t quantity) {
    const struct pmm_queued *met = &maker->queued;
    report(turn, PMM_KIND_FILL, met->order_id, maker->source, (uint8_t)pmm_opposite(taker->side), met->price, quantity,
           0, PMM_FLAG_MAKER);
    report(turn, PMM_KIND_FILL, taker->order_id, taker->source, taker->side, met->price, quantity, 0, 0);
    publish(turn, PMM_KIND_TRADE, ++turn->match->trades, taker->side, met->price, quantity);
}

/* The maker goes out of the book; its level, if it is empty then, is the caller's to remove. */
static void leave(struct pmm_match *match, struct pmm_queue *level, uint32_t slot) {
    const struct pmm_queued *maker = &pmm_match_order(match, slot)->queued;
    pmm_pool_part(&match->pool, PMM_MATCH_STRIDE, level, maker);
    pmm_match_release(match, slot, pmm_match_seek(match, maker->order_id));
}

static void take_level(struct turn *turn, struct taker *taker, struct pmm_queue *level) {
    struct pmm_match *match = turn->match;
    const int side = pmm_opposite(taker->side);
    while (level->head != 0 && taker->leaves > 0) {
        uint32_t slot = level->head;
        struct pmm_match_order *maker = pmm_match_order(match, slot);
        if (taker->self_trade != PMM_STP_NONE && maker->source == taker->source) {
            taker->self_traded = taker->self_trade != PMM_STP_CANCEL_OLDEST;
            if (taker->self_trade == PMM_STP_CANCEL_NEWEST) return;
            report_order(turn, PMM_KIND_CANCELLED, maker, maker->queued.leaves, PMM_REASON_SELF_TRADE);
            touch(match, side, maker->queued.price, level->quantity - maker->queued.leaves);
            leave(match, level, slot);
            if (taker->self_traded) return;
            continue;
        }
        int64_t quantity = maker->queued.leaves < taker->leaves ? maker->queued.leaves : taker->leaves;
        trade(turn, taker, maker, quantity);
        touch(match, side, maker->queued.price, level->quantity - quantity);
        taker->leaves -= quantity;
        if (quantity == maker->queued.leaves) {
            leave(match, level, slot);
        } else {
            maker->queued.leaves -= quantity;
            level->quantity -= quantity;
        }
    }
}

void pmm_match_take(struct turn *turn, struct taker *taker) {
    struct pmm_ladder *book = pmm_pool_ladder(&turn->match->pool, pmm_opposite(taker->side));
    int64_t price;
    while (taker->leaves > 0 && !taker->self_traded) {
        uint32_t at = pmm_ladder_best(book, &price);
        if (at == PMM_LADDER_NONE || !reaches(taker->side, taker->price, price)) return;
        struct pmm_queue *level = pmm_pool_queue(book, at);
        take_level(turn, taker, level);
        if (level->head == 0) pmm_ladder_remove(book, price);
    }
}

/* Why what is left of a taker may not rest, or 0. */
static enum pmm_reason remainder_reason(const struct taker *taker, int is_market) {
    if (taker->self_traded) return PMM_REASON_SELF_TRADE;
    int rests = pmm_may_rest(is_market ? PMM_TYPE_MARKET : PMM_TYPE_LIMIT, taker->tif);
    return rests ? PMM_REASON_NONE : PMM_REASON_NO_LIQUIDITY;
}

static enum pmm_reason new_fault(const struct pmm_event *in) {
    int tif = pmm_tif_of(in), type = pmm_type_of(in);
    if (!pmm_is_side(in->side) || !pmm_are_terms(in)) return PMM_REASON_BAD_ORDER;
    if (in->flags & PMM_FLAG_POST_ONLY && !pmm_may_rest(type, tif)) return PMM_REASON_BAD_ORDER;
    if (in->quantity < 1 || in->quantity > PMM_MATCH_QUANTITY_MAX) return PMM_REASON_BAD_QUANTITY;
    if (type == PMM_TYPE_LIMIT && (in->price < 1 || in->price > PMM_MATCH_PRICE_MAX)) return PMM_REASON_BAD_PRICE;
    return PMM_REASON_NONE;
}

/* Whether another order could rest at this price. */
static int has_place(const struct pmm_match *match, const struct taker *taker) {
    return !pmm_pool_full(&match->pool) && pmm_match_has_room(match, taker->side, taker->price, 0);
}

/* Puts what is left of a new order, which has a place, into the book; at: the free entry for its id. */
static void rest(struct turn *turn, const struct taker *taker, const struct pmm_event *in, uint32_t at) {
    struct pmm_match *match = turn->match;
    uint32_t slot = pmm_pool_take(&match->pool, PMM_MATCH_STRIDE);
    pmm_index_put(pmm_pool_index(&match->pool), at, slot, taker->order_id);
    struct pmm_match_order *order = pmm_match_order(match, slot);
    order->queued.order_id = taker->order_id;
    order->queued.price = taker->price;
    order->queued.leaves = taker->leaves;
    order->total = in->quantity;
    order->source = taker->source;
    order->tif = taker->tif;
    order->self_trade = taker->self_trade;
    order->post_only = (in->flags & PMM_FLAG_POST_ONLY) != 0;
    const struct pmm_queue *level = pmm_match_join(match, slot, taker->side);
    if (!level) __builtin_unreachable();
    touch(match, taker->side, taker->price, level->quantity);
}

/* Why a new order has no effect, or 0. takes: it would meet something; at: where its id's entry would be. */
static enum pmm_reason refusal(const struct pmm_match *match, const struct pmm_event *in, const struct taker *taker,
                               int takes, uint32_t at) {
    if (pmm_match_slot(match, at) != 0) return PMM_REASON_DUPLICATE_ORDER;
    if (takes) return in->flags & PMM_FLAG_POST_ONLY ? PMM_REASON_WOULD_TAKE : PMM_REASON_NONE;
    if (remainder_reason(taker, is_market_order(in)) != PMM_REASON_NONE) return PMM_REASON_NONE;
    return has_place(match, taker) ? PMM_REASON_NONE : PMM_REASON_CAPACITY;
}

void pmm_match_new(struct turn *turn, const struct pmm_event *in) {
    struct pmm_match *match = turn->match;
    enum pmm_reason fault = new_fault(in);
    if (fault != PMM_REASON_NONE) {
        answer(turn, PMM_KIND_REJECTED, in, fault);
        return;
    }
    struct taker taker = taker_of(in);
    int takes = would_take(match, taker.side, taker.price);
    uint32_t at = pmm_match_seek(match, in->order_id);
    fault = refusal(match, in, &taker, takes, at);
    if (fault != PMM_REASON_NONE) {
        answer(turn, PMM_KIND_REJECTED, in, fault);
        return;
    }
    answer(turn, PMM_KIND_ACK, in, PMM_REASON_NONE);
    uint32_t met;
    if (taker.tif == PMM_TIF_FOK && pmm_match_scan(match, &taker, UINT32_MAX, &met) < taker.leaves) {
        answer(turn, PMM_KIND_CANCELLED, in, PMM_REASON_FOK);
        return;
    }
    if (takes) {
        pmm_match_take(turn, &taker);
        at = pmm_match_seek(match, in->order_id); /* makers that went have moved entries */
    }
    if (taker.leaves == 0) return;
    enum pmm_reason unable = remainder_reason(&taker, is_market_order(in));
    if (unable == PMM_REASON_NONE && takes && !has_place(match, &taker)) unable = PMM_REASON_CAPACITY;
    if (unable == PMM_REASON_NONE) {
        rest(turn, &taker, in, at);
    } else {
        report(turn, PMM_KIND_CANCELLED, in->order_id, in->source, in->side, in->price, taker.leaves, unable, 0);
    }
}
