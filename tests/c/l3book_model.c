/*
 * Random flow of orders through a book in each index mode against a plain array of orders. Every record is
 * in memory of its own size, so that a fetch ahead or a read beside it would be found. Exit 0 if all agree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "check.h"
#include "book/l3book.h"

#define ORDERS 200
#define LEVELS 60
#define WINDOW 4096
#define IDS    400
struct order {
    uint64_t id;
    int64_t price, quantity;
    int side;
};

static struct order model[ORDERS]; /* in the order of their arrival */
static int resting;
static int find(uint64_t id) {
    for (int i = 0; i < resting; i++)
        if (model[i].id == id) return i;
    return -1;
}

static int levels(int side, int64_t with) {
    int n = 0, there = 0;
    for (int i = 0; i < resting; i++) {
        if (model[i].side != side) continue;
        int first = 1;
        for (int j = 0; j < i; j++)
            first &= model[j].side != side || model[j].price != model[i].price;
        n += first;
        there |= model[i].price == with;
    }
    return n + !there;
}

static void append(uint64_t id, int side, int64_t price, int64_t quantity) {
    if (resting < ORDERS && levels(side, price) <= LEVELS) model[resting++] = (struct order){id, price, quantity, side};
}

static void erase(int at) { memmove(model + at, model + at + 1, (size_t)(--resting - at) * sizeof *model); }

/* What the record does to the model; 1 if it can be right. */
static int expect(const struct pmm_event *e) {
    int adds = e->kind == PMM_KIND_ORDER_ADD, replaces = e->kind == PMM_KIND_ORDER_REPLACE;
    int at = find(replaces ? (uint64_t)e->aux : e->order_id);
    if (adds || replaces) {
        if (e->quantity < 1 || e->price > PMM_L3_PRICE_MAX) return 0;
        if (adds ? at >= 0 : at < 0 || ((uint64_t)e->aux != e->order_id && find(e->order_id) >= 0)) return 0;
        int side = adds ? e->side : model[at].side;
        if (replaces) erase(at);
        append(e->order_id, side, e->price, e->quantity);
        return 1;
    }
    if (at < 0) return 0;
    int64_t by = e->kind == PMM_KIND_ORDER_REMOVE ? model[at].quantity : e->quantity;
    if (by < 1 || by > model[at].quantity) return 0;
    model[at].quantity -= by;
    if (model[at].quantity == 0) erase(at);
    return 1;
}

static struct pmm_event any_event(int64_t centre, uint64_t stride) {
    static const uint8_t kinds[] = {PMM_KIND_ORDER_ADD,    PMM_KIND_ORDER_ADD,     PMM_KIND_ORDER_ADD,
                                    PMM_KIND_ORDER_REDUCE, PMM_KIND_ORDER_EXECUTE, PMM_KIND_ORDER_REMOVE,
                                    PMM_KIND_ORDER_REPLACE};
    struct pmm_event e = {.kind = kinds[draw(7)], .order_id = draw(IDS) * stride, .side = (uint8_t)(1 + draw(2))};
    if (e.kind != PMM_KIND_ORDER_ADD && resting > 0 && draw(8) != 0) e.order_id = model[draw((uint64_t)resting)].id;
    if (e.kind == PMM_KIND_ORDER_REPLACE) {
        e.aux = (int64_t)e.order_id;
        if (draw(4) != 0) e.order_id = draw(IDS) * stride;
    }
    e.price = centre + (int64_t)draw(draw(10) == 0 ? 20000 : 80);
    if (draw(200) == 0) e.price = PMM_L3_PRICE_MAX + 1;
    e.quantity = (int64_t)draw(12);
    return e;
}

static void compare(const struct pmm_l3book *book) {
    for (int i = 0; i < resting; i++) {
        struct pmm_l3_order order, queue[ORDERS];
        int64_t ahead = 0, sum = 0;
        for (int j = 0; j < resting; j++) {
            if (model[j].side != model[i].side || model[j].price != model[i].price) continue;
            ahead += j < i ? model[j].quantity : 0;
            sum += model[j].quantity;
        }
        CHECK(pmm_l3book_order(book, model[i].id, &order) == 0);
        CHECK(order.price == model[i].price && order.quantity == model[i].quantity);
        CHECK((int)order.side == model[i].side);
        CHECK(pmm_l3book_queue_ahead(book, model[i].id) == ahead);
        CHECK(pmm_l3book_quantity(book, model[i].side, model[i].price) == sum);
        CHECK(pmm_l3book_queue(book, model[i].side, model[i].price, queue, ORDERS) > 0);
        if (ahead == 0) CHECK(queue[0].order_id == model[i].id);
    }
    CHECK(pmm_l3book_check(book) == 0);
}

static void best(const struct pmm_l3book *book, const struct pmm_top *top) {
    struct pmm_level levels_out[2 * LEVELS];
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        int64_t price = 0, quantity = 0;
        for (int i = 0; i < resting; i++) {
            if (model[i].side != side) continue;
            int better = side == PMM_SIDE_BID ? model[i].price > price : model[i].price < price;
            if (quantity == 0 || better) price = model[i].price, quantity = 0;
            if (model[i].price == price) quantity += model[i].quantity;
        }
        CHECK((side == PMM_SIDE_BID ? top->bid_quantity : top->ask_quantity) == quantity);
        if (quantity == 0) continue;
        CHECK((side == PMM_SIDE_BID ? top->bid_price : top->ask_price) == price);
        CHECK(pmm_l3book_depth(book, side, levels_out, 2 * LEVELS) > 0);
        CHECK(levels_out[0].price == price && levels_out[0].quantity == quantity);
    }
}

static void play(uint32_t id_ring, uint64_t stride, int steps) {
    size_t bytes = pmm_l3book_memsize(ORDERS, WINDOW, LEVELS, id_ring);
    struct pmm_l3book *book = memset(aligned_alloc(64, bytes), 0, bytes);
    int64_t centre = 0;
    uint64_t wrong = 0;
    CHECK(pmm_l3book_init(book, bytes, 0, ORDERS, WINDOW, LEVELS, id_ring) == 0);
    resting = 0;
    for (int step = 0; step < steps;) {
        size_t n = 1 + draw(40);
        struct pmm_event *events = malloc(n * sizeof *events);
        struct pmm_top *tops = malloc(n * sizeof *tops), top;
        int64_t right = 0;
        if (draw(30) == 0) centre = (int64_t)draw(2000000) - 1000000;
        /* The model goes first, so that records can name orders that will rest when they come. */
        for (size_t i = 0; i < n; i++) {
            events[i] = any_event(centre, stride);
            if (draw(900) == 0) {
                events[i].kind = PMM_KIND_BOOK_BEGIN;
                resting = 0;
                right++;
            } else {
                int taken = expect(&events[i]);
                right += taken;
                wrong += (uint64_t)!taken;
            }
        }
        CHECK((draw(2) ? pmm_l3book_apply(book, events, n) : pmm_l3book_apply_tops(book, events, n, tops)) == right);
        pmm_l3book_top(book, &top);
        best(book, &top);
        if (draw(8) == 0) compare(book);
        step += (int)n;
        free(events);
        free(tops);
    }
    struct pmm_l3book_stats stats;
    pmm_l3book_get_stats(book, &stats);
    CHECK(stats.rejected == wrong && wrong > 100 && stats.recentred > 10 && stats.dropped > 10);
    free(book);
}

static void snapshot(void) {
    size_t bytes = pmm_l3book_memsize(ORDERS, WINDOW, LEVELS, 64);
    struct pmm_l3book *book = memset(aligned_alloc(64, bytes), 0, bytes);
    CHECK(pmm_l3book_init(book, bytes, 0, ORDERS, WINDOW, LEVELS, 64) == 0);
    resting = 0;
    for (int i = 0; i < 150; i++) {
        struct pmm_event e = any_event(0, 1);
        expect(&e);
        pmm_l3book_apply(book, &e, 1);
    }
    struct pmm_event *out = malloc(((size_t)resting + 2) * sizeof *out);
    int64_t n = pmm_l3book_snapshot(book, 1, out, (size_t)resting + 2);
    CHECK(n >= resting + 1 && n <= resting + 2);
    CHECK(pmm_l3book_apply(book, out, (size_t)n) == n);
    compare(book);
    free(out);
    free(book);
}

int main(void) {
    play(0, 1, 60000);
    play(64, 1, 60000); /* a ring far too small: most ids have to be displaced */
    play(1024, 1, 60000);
    play(0, UINT64_C(0x9E3779B97F4A7C15), 60000);
    play(1024, UINT64_C(0x9E3779B97F4A7C15), 60000);
    play(64, 64, 60000); /* every id has the same place */
    snapshot();
    return 0;
}
