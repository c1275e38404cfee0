/* paper.c: records of a real market and of our orders, each to whom it concerns. */
#include "sim/paper.h"

#include <string.h>

#include "base/error.h"
#include "base/kinds.h"
#include "sim/paper_queue.h"

#define ORDERS_MAX 65536

static size_t market_bytes(const struct pmm_paper_config *config) {
    size_t book = pmm_book_memsize(config->window, config->far_capacity);
    if (book == 0) return 0;
    return pmm_lines(book) + 2 * pmm_lines(config->orders * sizeof(struct paper_order));
}

size_t pmm_paper_memsize(uint32_t instruments, const struct pmm_paper_config *config) {
    if (!config || instruments < 1 || instruments > PMM_INSTRUMENTS_MAX) return 0;
    if (config->orders < 1 || config->orders > ORDERS_MAX || config->settle_ns < 0) return 0;
    if (config->cancel > PMM_PAPER_CANCEL_SQUARE) return 0;
    size_t market = market_bytes(config);
    if (market == 0) return 0;
    size_t head = pmm_lines(sizeof(struct pmm_paper)) + pmm_lines(instruments * sizeof(struct paper_market));
    return head + instruments * market;
}

static int init_market(struct paper_market *market, uint8_t *at, uint32_t instrument_id,
                       const struct pmm_paper_config *config) {
    size_t book = pmm_book_memsize(config->window, config->far_capacity);
    size_t orders = pmm_lines(config->orders * sizeof(struct paper_order));
    market->instrument_id = instrument_id;
    market->side[0].orders_at = (uint64_t)(at - (uint8_t *)&market->side[0]);
    market->side[1].orders_at = (uint64_t)(at + orders - (uint8_t *)&market->side[1]);
    market->book_at = (uint64_t)(at + 2 * orders - (uint8_t *)market);
    return pmm_book_init(paper_book(market), book, instrument_id, config->window, config->far_capacity);
}

int pmm_paper_init(void *memory, size_t bytes, const uint32_t *instrument_ids, uint32_t instruments,
                   const struct pmm_paper_config *config) {
    size_t need = pmm_paper_memsize(instruments, config);
    if (!pmm_is_room(memory, bytes, need) || !instrument_ids) return PMM_ERR_ARGUMENT;
    memset(memory, 0, need);
    struct pmm_paper *paper = memory;
    paper->config = *config;
    paper->markets = instruments;
    for (uint32_t id = 0; id < PMM_INSTRUMENTS_MAX; id++)
        paper->index[id] = (uint16_t)instruments;
    uint8_t *at = (uint8_t *)paper_market(paper, 0) + pmm_lines(instruments * sizeof(struct paper_market));
    for (uint32_t i = 0; i < instruments; i++, at += market_bytes(config)) {
        uint32_t id = instrument_ids[i];
        if (id >= PMM_INSTRUMENTS_MAX || paper->index[id] != instruments) return PMM_ERR_ARGUMENT;
        paper->index[id] = (uint16_t)i;
        int code = init_market(paper_market(paper, i), at, id, config);
        if (code < 0) return code;
    }
    return PMM_OK;
}

static struct paper_market *market_of(const struct pmm_paper *paper, uint32_t instrument_id) {
    if (instrument_id >= PMM_INSTRUMENTS_MAX) return NULL;
    uint32_t index = paper->index[instrument_id];
    return index < paper->markets ? paper_market(paper, index) : NULL;
}

size_t pmm_paper_out_min(const struct pmm_paper *paper) { return PMM_PAPER_LEVELS + 2 + paper->config.orders; }

/* The most reports that a record can cause: levels taken, own orders hit or cancelled, two of its own. */
static size_t worst_case(const struct paper_turn *turn) {
    size_t own = turn->market ? turn->market->side[0].orders + turn->market->side[1].orders : 0;
    int kind = turn->cause->kind;
    return own + 2 + (kind == PMM_KIND_NEW || kind == PMM_KIND_REPLACE ? PMM_PAPER_LEVELS : 0);
}

static void run_one(struct paper_turn *turn) {
    if (pmm_class_of(turn->cause->kind) == PMM_CLASS_ORDER)
        paper_on_order(turn);
    else if (turn->market)
        paper_on_market(turn);
}

int64_t pmm_paper_run(struct pmm_paper *paper, const struct pmm_event *in, size_t n, struct pmm_event *out, size_t max,
                      size_t *consumed) {
    if (!paper || !consumed || !out || (n && !in)) return PMM_ERR_ARGUMENT;
    *consumed = 0;
    if (max < pmm_paper_out_min(paper)) return PMM_ERR_ARGUMENT;
    struct paper_turn turn = {.paper = paper, .out = out};
    for (size_t i = 0; i < n; i++, *consumed = i) {
        turn.cause = &in[i];
        turn.market = market_of(turn.paper, in[i].instrument_id);
        if (in[i].kind == PMM_KIND_CANCEL_ALL) {
            if (!paper_on_cancel_all(&turn, max)) break;
            continue;
        }
        if (turn.count + worst_case(&turn) > max) break;
        run_one(&turn);
    }
    return (int64_t)turn.count;
}

static int64_t ahead_of(const struct paper_order *order) { return order->unseen ? -1 : order->ahead; }

static struct pmm_event status_of(const struct paper_market *market, int side, const struct paper_order *order) {
    return (struct pmm_event){
        .price = order->price,
        .quantity = order->leaves,
        .order_id = order->order_id,
        .aux = ahead_of(order),
        .instrument_id = market->instrument_id,
        .kind = PMM_KIND_ORDER_STATUS,
        .side = (uint8_t)side,
        .venue_id = order->venue_id,
        .source = order->source,
    };
}

int64_t pmm_paper_orders(const struct pmm_paper *paper, uint16_t source, struct pmm_event *out, size_t max) {
    size_t count = 0;
    for (uint32_t i = 0; i < 2 * paper->markets; i++) {
        const struct paper_market *market = paper_market(paper, i / 2);
        const struct paper_side *own = &market->side[i % 2];
        for (uint32_t at = 0; at < own->orders; at++) {
            if (source && paper_orders(own)[at].source != source) continue;
            if (count == max) return PMM_ERR_FULL;
            out[count++] = status_of(market, (int)(i % 2) + 1, &paper_orders(own)[at]);
        }
    }
    return (int64_t)count;
}

int64_t pmm_paper_queue_ahead(const struct pmm_paper *paper, uint32_t instrument_id, uint64_t order_id) {
    const struct paper_market *market = market_of(paper, instrument_id);
    uint32_t at;
    int side = market ? paper_find(market, order_id, 0, &at) : 0;
    if (!side) return PMM_ERR_NOT_FOUND;
    int64_t ahead = ahead_of(&paper_orders(&market->side[side - 1])[at]);
    return ahead < 0 ? PMM_ERR_NOT_READY : ahead;
}

int pmm_paper_valid(const struct pmm_paper *paper, uint32_t instrument_id) {
    const struct paper_market *market = market_of(paper, instrument_id);
    return market && market->valid != 0;
}

uint32_t pmm_paper_order_count(const struct pmm_paper *paper) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < paper->markets; i++)
        count += paper_market(paper, i)->side[0].orders + paper_market(paper, i)->side[1].orders;
    return count;
}

static int order_is_sound(const struct paper_order *order) {
    return order->price > 0 && order->leaves > 0 && order->leaves <= order->total && order->ahead >= 0 &&
           order->credit >= 0 && !(order->unseen && order->ahead == 0);
}

static int side_is_sound(const struct pmm_paper *paper, const struct paper_market *market, int side) {
    const struct paper_side *own = &market->side[side - 1];
    if (own->orders > paper->config.orders || own->accounts > PMM_PAPER_LEVELS) return 0;
    for (uint32_t i = 0; i < own->orders; i++) {
        const struct paper_order *order = &paper_orders(own)[i];
        if (!order_is_sound(order)) return 0;
        if (i && paper_rank(side, order[-1].price) < paper_rank(side, order->price)) return 0;
        if (i && order[-1].price == order->price && order[-1].ahead > order->ahead && !order->unseen) return 0;
        int is_shown = market->valid && !order->unseen && pmm_book_knows(paper_book(market), side, order->price);
        if (is_shown && order->ahead > pmm_book_quantity(paper_book(market), side, order->price)) return 0;
    }
    for (uint32_t i = 0; i < own->accounts; i++) {
        const struct paper_account *account = &own->account[i];
        if (account->traded < 0 || account->unexplained < 0 || account->taken < 0) return 0;
        for (uint32_t j = 0; j < i; j++)
            if (own->account[j].price == account->price) return 0;
    }
    return 1;
}

int pmm_paper_check(const struct pmm_paper *paper) {
    for (uint32_t i = 0; i < paper->markets; i++)
        for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++)
            if (!side_is_sound(paper, paper_market(paper, i), side)) return PMM_ERR_CORRUPT;
    return PMM_OK;
}
