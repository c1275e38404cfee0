/*
 * Random flows through what decides: desk, quoting and risk, under the sanitizers. Each step also
 * checks what must hold whatever comes, numbers and stamps at their ends too: the sum of cash and inventory, exposures
 * that are never negative, and no more decisions than there is room for. Everything begins anew now and then: a clock
 * at its end stays there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "check.h"
#include "base/error.h"
#include "trade/desk.h"
#include "trade/quote.h"
#include "risk/risk.h"

#define STEPS  60000
#define LIFE   500 /* steps */
#define ORDERS 64
#define BATCH  8
#define ROOM   4096

/* Mostly the number, and at times what no sane peer would send. */
static int64_t or_extreme(int64_t number) {
    static const int64_t ends[] = {INT64_MIN,        INT64_MIN + 1, -1,       0, 31, 32, 63, 64,
                                   INT64_C(1) << 40, INT64_MAX - 1, INT64_MAX};
    return draw(40) ? number : ends[draw(sizeof ends / sizeof *ends)];
}

/* The ends of the numbers more rarely than those below, which move no clock. */
static int64_t any_stamp(void) {
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, INT64_MIN / 2, -1,
                                   0,         INT64_MAX / 2, INT64_MAX - 1, INT64_MAX};
    if (draw(30)) return (int64_t)draw(1000000000000);
    return ends[draw(draw(100) ? 5 : sizeof ends / sizeof *ends)];
}

static struct pmm_event any_event(uint64_t ids) {
    static const uint8_t kinds[] = {1,  1,  1,  2,  3,  4,  5,  6,  16, 17, 18, 19, 20, 32, 33,
                                    34, 35, 35, 36, 37, 38, 39, 48, 49, 50, 51, 52, 53, 54, 55};
    struct pmm_event e;
    memset(&e, 0, sizeof e);
    e.kind = kinds[draw(sizeof kinds)];
    e.recv_ns = any_stamp();
    e.price = or_extreme((int64_t)draw(2000) - 10);
    e.quantity = or_extreme((int64_t)draw(60) - 2);
    e.order_id = e.kind == PMM_KIND_TOP ? 900 + draw(300) : draw(ids);
    e.aux = or_extreme((int64_t)draw(e.kind >= PMM_KIND_START ? 9 : 50));
    e.instrument_id = draw(40) == 0 ? 0xFFFFFFFF : (uint32_t)draw(3);
    e.side = (uint8_t)draw(3);
    e.flags = (uint8_t)(draw(2) | (draw(2) << 4));
    e.source = (uint16_t)draw(9);
    return e;
}

static struct pmm_risk *make_risk(void) {
    struct pmm_instrument terms[2];
    struct pmm_risk_limits limits[2];
    memset(terms, 0, sizeof terms);
    for (int i = 0; i < 2; i++) {
        terms[i].quantity_min = 1;
        terms[i].maker_fee_e8 = -5000;
        terms[i].taker_fee_e8 = 40000;
        limits[i] = (struct pmm_risk_limits){50, 400, 2000, 12, 0};
    }
    struct pmm_risk_session session = {1000000000000, 100000, 100000};
    size_t size = pmm_risk_memsize(ORDERS, 2);
    struct pmm_risk *risk = malloc(size);
    CHECK(pmm_risk_init(risk, size, ORDERS, terms, limits, 2, &session) == 0);
    return risk;
}

static void check_risk(const struct pmm_risk *risk) {
    for (uint32_t i = 0; i < 2; i++) {
        struct pmm_position p;
        pmm_risk_position(risk, i, &p);
        const int64_t sum = PMM_BEYOND_CASH | PMM_BEYOND_REALISED | PMM_BEYOND_COST;
        CHECK(p.beyond & sum || p.cash == p.realised - p.cost);
        CHECK(p.open_bid >= 0 && p.open_ask >= 0 && p.open_orders >= 0);
    }
    CHECK(pmm_risk_open_orders(risk) <= ORDERS);
}

static struct pmm_book *make_book(uint32_t instrument) {
    size_t size = pmm_book_memsize(4096, 64);
    struct pmm_book *book = aligned_alloc(64, (size + 63) / 64 * 64);
    memset(book, 0, size);
    CHECK(pmm_book_init(book, size, instrument, 4096, 64) == 0);
    return book;
}

struct world {
    struct pmm_risk *risk;
    struct pmm_book *books[2];
    struct pmm_desk *desk;
    struct pmm_maker maker;
};

static void make(struct world *world) {
    static const struct pmm_instrument terms[2] = {{.instrument_id = 0}, {.instrument_id = 1, .venue_number = 1}};
    static const struct pmm_maker_params params = {
        .risk_aversion = 0.01,
        .fill_decay_per_tick = 0.2,
        .fill_rate_per_s = 1,
        .volatility_halflife_s = 5,
        .volatility_floor = 1,
        .imbalance_lean_ticks = 2,
        .spread_min_ticks = 2,
        .spread_max_ticks = 100,
        .level_spacing_ticks = 2,
        .quote_quantity = 5,
        .inventory_max = 40,
        .levels = 3,
        .imbalance_levels = 5,
    };
    static const int64_t stale_ns[] = {0, 1, 100000000000, INT64_MAX}, rest_ns[] = {0, 1000000000, INT64_MAX};
    world->risk = make_risk();
    for (uint32_t i = 0; i < 2; i++)
        world->books[i] = make_book(i);
    world->desk = malloc(sizeof *world->desk);
    CHECK(pmm_maker_init(&world->maker, &params) == 0);
    CHECK(pmm_desk_init(world->desk, world->books, terms, 2, 0) == 0);
    world->desk->requote_ticks = 1;
    world->desk->stale_ns = stale_ns[draw(4)];
    world->desk->reject_rest_ns = rest_ns[draw(3)];
}

static void unmake(struct world *world) {
    free(world->risk);
    free(world->books[0]);
    free(world->books[1]);
    free(world->desk);
}

/* Room of exactly the size that is asked for: what is written past it is seen. */
static void step_risk(struct pmm_risk *risk, const struct pmm_event *batch, size_t n) {
    size_t room = 2 * n + ORDERS;
    for (size_t i = 1; i < n; i++)
        room += batch[i].kind == PMM_KIND_START ? ORDERS : 0;
    struct pmm_event *out = malloc(room * sizeof *out);
    CHECK(pmm_risk_run(risk, batch, n, out, 2 * n + ORDERS - 1) == PMM_ERR_ARGUMENT);
    int64_t decided = pmm_risk_run(risk, batch, n, out, room);
    CHECK(decided >= 0 && (size_t)decided <= room);
    free(out);
    check_risk(risk);
}

static void step_desk(struct world *world, const struct pmm_event *batch, size_t n, struct pmm_event *out) {
    struct pmm_desk *desk = world->desk;
    pmm_desk_apply(desk, batch, n);
    for (uint32_t i = 0; i < 2; i++) {
        struct pmm_desk_instrument *in = &desk->instruments[i];
        pmm_maker_quote(&world->maker, world->books[i], in->position, desk->clock_ns, &in->wanted);
        pmm_desk_look(desk, i);
    }
    for (uint64_t i = draw(4); i > 0; i--)
        pmm_desk_send(desk, (uint32_t)draw(3), (uint32_t)draw(4), (int64_t)draw(12) - 1, (int64_t)draw(9),
                      (uint32_t)draw(3), (uint32_t)draw(5), (uint32_t)draw(2) * PMM_FLAG_POST_ONLY);
    pmm_desk_cancel(desk, draw(desk->next_order_id + 2));
    desk->replace = (uint32_t)draw(2);
    CHECK(pmm_desk_decide(desk, out, draw(40)) <= 40);
}

int main(void) {
    struct world world;
    struct pmm_event *out = malloc(ROOM * sizeof *out);
    int64_t working = 0, open = 0;
    for (int step = 0; step < STEPS; step++) {
        struct pmm_event batch[BATCH];
        size_t n = 1 + draw(BATCH);
        if (step % LIFE == 0) make(&world);
        for (size_t i = 0; i < n; i++)
            batch[i] = any_event(step % 2 ? 90 : world.desk->next_order_id + 4);
        step_risk(world.risk, batch, n);
        step_desk(&world, batch, n, out);
        if ((step + 1) % LIFE != 0) continue;
        working += pmm_desk_working(world.desk);
        open += pmm_risk_open_orders(world.risk);
        unmake(&world);
    }
    printf("%lld orders out, %lld open at risk\n", (long long)working, (long long)open);
    CHECK(working > 0 && open > 0);
    free(out);
    return 0;
}
