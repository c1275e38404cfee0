/* paper_queue.c: what stands before our orders at a price, as trades and changes tell. */
#include "sim/paper_queue.h"

#include <string.h>

#include "base/money.h"

void paper_report(struct paper_turn *turn, const struct paper_order *order, int side, int kind, int64_t price,
                  int64_t quantity, int reason) {
    struct pmm_event *report = &turn->out[turn->count++];
    *report = (struct pmm_event){
        .recv_ns = turn->cause->recv_ns,
        .venue_ns = turn->cause->recv_ns,
        .price = price,
        .quantity = quantity,
        .order_id = order->order_id,
        .aux = turn->market ? ++turn->market->sequence : ++turn->paper->sequence,
        .instrument_id = turn->market ? turn->market->instrument_id : turn->cause->instrument_id,
        .reason = (uint16_t)reason,
        .kind = (uint8_t)kind,
        .side = (uint8_t)side,
        .venue_id = order->venue_id,
        .source = order->source,
    };
}

void paper_remove(struct paper_side *side, uint32_t position) {
    side->orders--;
    memmove(&paper_orders(side)[position], &paper_orders(side)[position + 1],
            (side->orders - position) * sizeof paper_orders(side)[0]);
}

/* Whether a price with nothing displayed may hold a queue all the same: behind all that is, what is known ends. */
static int is_hidden(struct paper_turn *turn, int side, int64_t price) {
    const struct pmm_book *book = paper_book(turn->market);
    int64_t count = pmm_book_depth(book, side, turn->paper->level, PMM_PAPER_LEVELS);
    return count < 1 || paper_rank(side, price) < paper_rank(side, turn->paper->level[count - 1].price);
}

/* Its level is out of sight: what was ahead stays the most that can be, and who is first stays first. */
static void lose_sight(struct paper_order *order) {
    order->unseen = order->ahead > 0;
    order->credit = 0;
}

/* What is displayed at the price is known: of the orders that waited for that no more can be ahead. */
static void see_level(struct paper_side *own, int64_t price, int64_t displayed) {
    for (uint32_t i = 0; i < own->orders; i++) {
        struct paper_order *order = &paper_orders(own)[i];
        if (order->price != price || !order->unseen) continue;
        order->unseen = 0;
        order->ahead = paper_min(order->ahead, displayed);
    }
}

void paper_rest(struct paper_turn *turn, int side, struct paper_order *order) {
    struct paper_side *own = &turn->market->side[side - 1];
    order->credit = 0;
    order->since_ns = turn->market->depth_ns;
    order->ahead = pmm_book_quantity(paper_book(turn->market), side, order->price);
    order->unseen = order->ahead == 0 && is_hidden(turn, side, order->price);
    if (order->unseen) order->ahead = INT64_MAX;
    uint32_t at = own->orders++;
    for (; at > 0 && paper_rank(side, paper_orders(own)[at - 1].price) < paper_rank(side, order->price); at--)
        paper_orders(own)[at] = paper_orders(own)[at - 1];
    paper_orders(own)[at] = *order;
    if (!order->unseen) see_level(own, order->price, order->ahead);
}

/* How much of `cancelled` stood ahead, of a level that held `level` with `ahead` in front of us. */
static int64_t cancelled_ahead(uint32_t rule, int64_t cancelled, int64_t ahead, int64_t level) {
    int64_t behind = level > ahead ? level - ahead : 0;
    if (cancelled <= 0 || ahead <= 0 || rule == PMM_PAPER_CANCEL_BEHIND) return 0;
    if (rule == PMM_PAPER_CANCEL_AHEAD) return paper_min(cancelled, ahead);
    pmm_wide front = ahead, back = behind;
    if (rule == PMM_PAPER_CANCEL_SQUARE) {
        /* 31 bits each: front x front x cancelled stays within 125. */
        while (front >> 31 || back >> 31) {
            front >>= 1;
            back >>= 1;
        }
        front *= front;
        back *= back;
    }
    return paper_min((int64_t)(front * cancelled / (front + back)), ahead);
}

static void decrease_ahead(const struct pmm_paper *paper, struct paper_side *own, int64_t price, int64_t before,
                           int64_t cancelled, int64_t now) {
    int64_t earlier = 0; /* nobody gets past an order of ours that came first, whatever the rule rounds to */
    for (uint32_t i = 0; i < own->orders; i++) {
        struct paper_order *order = &paper_orders(own)[i];
        if (order->price != price || order->unseen) continue;
        int64_t was = order->ahead;
        order->ahead -= cancelled_ahead(paper->config.cancel, cancelled, order->ahead, before);
        order->ahead = paper_min(order->ahead < earlier ? earlier : order->ahead, now);
        earlier = order->ahead;
        order->credit = paper_add(order->credit, paper_min(was - order->ahead, cancelled));
    }
    if (now) see_level(own, price, now);
}

static int has_order(const struct paper_side *own, int64_t price) {
    for (uint32_t i = 0; i < own->orders; i++)
        if (paper_orders(own)[i].price == price) return 1;
    return 0;
}

static int64_t time_of(const struct pmm_event *event) { return event->venue_ns ? event->venue_ns : event->recv_ns; }

/* A level went from `before` to `now`. */
static void change_level(struct paper_turn *turn, int64_t before, int64_t now) {
    const struct pmm_event *depth = turn->cause;
    struct paper_side *own = &turn->market->side[depth->side - 1];
    struct paper_account *account = paper_find_account(own, depth->price);
    int64_t decrease = before > now ? before - now : 0, explained = 0;
    if (account) {
        explained = paper_min(decrease, account->traded);
        account->traded = time_of(depth) >= account->traded_ns ? 0 : account->traded - explained;
        account->taken = 0;
    }
    if (!has_order(own, depth->price)) return;
    int64_t cancelled = decrease - explained;
    if (cancelled) account = paper_make_account(own, depth->price);
    decrease_ahead(turn->paper, own, depth->price, before - explained, cancelled, now);
    if (cancelled && account) {
        account->unexplained = paper_add(account->unexplained, cancelled);
        account->depth_ns = time_of(depth);
    } else if (cancelled) {
        paper_clear_credit(own, depth->price);
    }
}

static void fill(struct paper_turn *turn, struct paper_order *order, int side, int64_t quantity) {
    if (quantity == 0) return;
    order->leaves -= quantity;
    paper_report(turn, order, side, PMM_KIND_FILL, order->price, quantity, PMM_REASON_NONE);
    turn->out[turn->count - 1].flags = PMM_FLAG_MAKER;
}

static void remove_filled(struct paper_side *own) {
    for (uint32_t i = own->orders; i-- > 0;)
        if (paper_orders(own)[i].leaves == 0) paper_remove(own, i);
}

/* A late trade that the book at the order's arrival already held. */
static int was_before(const struct pmm_event *trade, const struct paper_order *order) {
    return trade->venue_ns && trade->venue_ns < order->since_ns;
}

/* Of a late trade, what depth showed before as a decrease that nothing explained. */
struct late_part {
    int64_t quantity, unexplained;
};

static struct late_part find_late_part(struct paper_side *own, const struct pmm_event *trade) {
    struct paper_account *account = paper_find_account(own, trade->price);
    if (!account || trade->venue_ns > account->depth_ns) return (struct late_part){0};
    struct late_part part = {paper_min(trade->quantity, account->unexplained), account->unexplained};
    account->unexplained -= part.quantity;
    return part;
}

/* What the order gained by that decrease goes back to the queue that the trade eats. */
static int64_t take_back(struct paper_order *order, const struct late_part *part) {
    if (part->quantity == 0) return 0;
    pmm_wide credit = paper_min(order->credit, part->unexplained);
    /* Rounded up, towards a longer queue. */
    int64_t back = (int64_t)((credit * part->quantity + part->unexplained - 1) / part->unexplained);
    order->credit -= back;
    return back;
}

/* The trade goes through our side from the best price: the queue ahead, then us, order by order. */
static void eat_and_fill(struct paper_turn *turn, struct paper_side *own, int side, const struct late_part *late) {
    const struct pmm_event *trade = turn->cause;
    int64_t left = trade->quantity, earlier = 0;
    for (uint32_t i = 0; i < own->orders && left > 0; i++) {
        struct paper_order *order = &paper_orders(own)[i];
        if (!paper_crosses(trade->side, trade->price, order->price)) break;
        if (was_before(trade, order)) continue;
        int64_t eaten = 0;
        if (order->price != trade->price) {
            order->unseen = 0;
            order->ahead = order->credit = 0;
        } else if (!order->unseen) {
            int64_t queue = paper_add(order->ahead, take_back(order, late));
            eaten = paper_min(queue, left);
            queue = queue - eaten < earlier ? earlier : queue - eaten;
            /* Never longer than it was: our better orders may have had the trade that would eat it. */
            order->ahead = earlier = paper_min(order->ahead, queue);
        }
        /* Who is unseen has something ahead. */
        int64_t filled = order->ahead ? 0 : paper_min(order->leaves, left - eaten);
        fill(turn, order, side, filled);
        left -= filled;
    }
}

static void on_trade(struct paper_turn *turn) {
    const struct pmm_event *trade = turn->cause;
    struct late_part late = {0};
    if (!pmm_is_side(trade->side)) return;
    if (!turn->market->valid || trade->quantity < 1) return;
    int side = pmm_opposite(trade->side);
    struct paper_side *own = &turn->market->side[side - 1];
    if (trade->venue_ns && trade->venue_ns < turn->market->depth_ns) {
        late = find_late_part(own, trade);
    } else {
        struct paper_account *account = paper_make_account(own, trade->price);
        if (account) {
            account->traded = paper_add(account->traded, trade->quantity);
            account->traded_ns = time_of(trade);
        }
    }
    eat_and_fill(turn, own, side, &late);
    remove_filled(own);
}

/* The market came to our price: what it displays there would have hit us. */
static void cross(struct paper_turn *turn, int side) {
    struct paper_side *own = &turn->market->side[side - 1];
    int opposite = pmm_opposite(side);
    size_t levels = paper_load(turn, opposite), at = 0;
    struct pmm_level *level = turn->paper->level;
    for (uint32_t i = 0; i < own->orders; i++) {
        struct paper_order *order = &paper_orders(own)[i];
        int64_t filled = 0;
        while (at < levels && paper_crosses(side, order->price, level[at].price)) {
            int64_t part = paper_min(order->leaves - filled, level[at].quantity);
            if (part && !paper_take(turn, opposite, level[at].price, part)) part = 0;
            filled += part;
            level[at].quantity -= part;
            if (filled == order->leaves) break;
            at++;
        }
        fill(turn, order, side, filled);
    }
    remove_filled(own);
}

/* Where an order stands to what is known of its side: nobody is ahead of one that is better than the best level. */
static void look(struct paper_turn *turn, int side, int64_t best, int64_t quantity) {
    struct paper_side *own = &turn->market->side[side - 1];
    for (uint32_t i = 0; i < own->orders; i++) {
        struct paper_order *order = &paper_orders(own)[i];
        if (!pmm_book_knows(paper_book(turn->market), side, order->price)) {
            lose_sight(order);
        } else if (quantity && paper_rank(side, order->price) > paper_rank(side, best)) {
            order->unseen = 0;
            order->ahead = 0;
        }
    }
}

/* The end of a venue's message. */
static void on_consistent(struct paper_turn *turn) {
    struct paper_market *market = turn->market;
    struct pmm_top top;
    pmm_book_top(paper_book(market), &top);
    market->valid = top.valid;
    if (!market->valid) return;
    if (turn->cause->venue_ns > market->depth_ns) market->depth_ns = turn->cause->venue_ns;
    struct paper_side *bids = &market->side[0], *asks = &market->side[1];
    paper_settle_accounts(bids, time_of(turn->cause), turn->paper->config.settle_ns);
    paper_settle_accounts(asks, time_of(turn->cause), turn->paper->config.settle_ns);
    look(turn, PMM_SIDE_BID, top.bid_price, top.bid_quantity);
    look(turn, PMM_SIDE_ASK, top.ask_price, top.ask_quantity);
    if (bids->orders && top.ask_quantity && top.ask_price <= paper_orders(bids)[0].price) cross(turn, PMM_SIDE_BID);
    if (asks->orders && top.bid_quantity && top.bid_price >= paper_orders(asks)[0].price) cross(turn, PMM_SIDE_ASK);
}

/* A snapshot is whole: nothing is known but what it displays and the places that were held. */
static void on_snapshot(struct paper_turn *turn) {
    struct paper_market *market = turn->market;
    struct pmm_top top;
    pmm_book_top(paper_book(market), &top);
    if (!top.valid) return;
    market->depth_ns = turn->cause->venue_ns;
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        struct paper_side *own = &market->side[side - 1];
        own->accounts = 0;
        for (uint32_t i = 0; i < own->orders; i++) {
            struct paper_order *order = &paper_orders(own)[i];
            int64_t displayed = pmm_book_quantity(paper_book(market), side, order->price);
            order->credit = 0;
            order->since_ns = market->depth_ns;
            if (displayed == 0 && is_hidden(turn, side, order->price)) {
                lose_sight(order);
            } else {
                order->unseen = 0;
                order->ahead = paper_min(order->ahead, displayed);
            }
        }
    }
}

/* A change beyond what the book knows: it says what is there now, and what comes of it is not followed. */
static void glimpse(struct paper_turn *turn) {
    const struct pmm_event *depth = turn->cause;
    struct paper_side *own = &turn->market->side[depth->side - 1];
    for (uint32_t i = 0; i < own->orders; i++) {
        struct paper_order *order = &paper_orders(own)[i];
        if (order->price != depth->price) continue;
        order->ahead = paper_min(order->ahead, depth->quantity);
        lose_sight(order);
    }
}

static void on_depth(struct paper_turn *turn) {
    const struct pmm_event *depth = turn->cause;
    struct pmm_book *book = paper_book(turn->market);
    int64_t before = pmm_book_quantity(book, depth->side, depth->price);
    /* What cannot be right is not taken, and ends the book at once. */
    if (pmm_book_apply(book, depth, 1) == 0) turn->market->valid = 0;
    if (!turn->market->valid) return;
    if (pmm_book_knows(book, depth->side, depth->price))
        change_level(turn, before, pmm_book_quantity(book, depth->side, depth->price));
    else
        glimpse(turn);
    if (depth->flags & PMM_FLAG_LAST) on_consistent(turn);
}

void paper_on_market(struct paper_turn *turn) {
    switch (turn->cause->kind) {
    case PMM_KIND_TRADE: on_trade(turn); break;
    case PMM_KIND_DEPTH: on_depth(turn); break;
    case PMM_KIND_BOOK_END:
        pmm_book_apply(paper_book(turn->market), turn->cause, 1);
        on_snapshot(turn);
        on_consistent(turn);
        break;
    case PMM_KIND_BOOK_BEGIN:
    case PMM_KIND_BOOK_INVALID:
        pmm_book_apply(paper_book(turn->market), turn->cause, 1);
        turn->market->valid = 0;
        break;
    default: break;
    }
}
