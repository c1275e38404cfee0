/*
 * The quoting arithmetic at the ends of every range, under the sanitizers: each parameter at its least, its most or
 * in between, markets from one tick to beyond what a double holds, and any position. Whatever comes out
 * takes nothing, crosses nothing and keeps the inventory's limit; what is out of its range is not taken at all.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "check.h"
#include "trade/quote.h"

#define MAKERS 4000
#define LOOKS  40

#define MEMBER(name) offsetof(struct pmm_maker_params, name)

static const struct range {
    size_t at;
    double low, usual, high;
} RANGES[] = {
    {MEMBER(risk_aversion), 1e-12, 0.02, 1e6}, {MEMBER(fill_decay_per_tick), 1e-12, 0.4, 1e3},
    {MEMBER(fill_rate_per_s), 1e-9, 2, 1e9},   {MEMBER(volatility_halflife_s), 1e-3, 30, 1e9},
    {MEMBER(volatility_floor), 1e-9, 3, 1e9},  {MEMBER(imbalance_lean_ticks), -1e9, 1, 1e9},
    {MEMBER(spread_min_ticks), 1, 2, 1e9},     {MEMBER(spread_max_ticks), 1e9, 1e9, 1e9},
    {MEMBER(edge_min_bps), -1e4, 1, 1e4},      {MEMBER(level_spacing_ticks), 1, 2, 1e9},
};

#define DOUBLES (sizeof RANGES / sizeof RANGES[0])

static double *member(struct pmm_maker_params *p, size_t i) { return (double *)((char *)p + RANGES[i].at); }

static struct pmm_maker_params usual(void) {
    struct pmm_maker_params p = {.quote_quantity = 2000,
                                 .inventory_max = 40000,
                                 .maker_fee_e8 = -2000,
                                 .levels = 3,
                                 .fair_value = PMM_FAIR_MICROPRICE,
                                 .imbalance_levels = 3};
    for (size_t i = 0; i < DOUBLES; i++)
        *member(&p, i) = RANGES[i].usual;
    return p;
}

static int is_taken(const struct pmm_maker_params *p) {
    struct pmm_maker maker;
    return pmm_maker_init(&maker, p) == 0;
}

static void what_is_out_of_range_is_not_taken(void) {
    const double never[] = {NAN, -NAN, INFINITY, -INFINITY, 1e25, -1e25, 1e300, -1e300};
    for (size_t i = 0; i < DOUBLES; i++) {
        struct pmm_maker_params p = usual();
        for (size_t j = 0; j < sizeof never / sizeof never[0]; j++) {
            *member(&p, i) = never[j];
            CHECK(!is_taken(&p));
        }
        *member(&p, i) = nextafter(RANGES[i].low, -INFINITY);
        CHECK(RANGES[i].at == MEMBER(spread_max_ticks) || !is_taken(&p));
        *member(&p, i) = nextafter(RANGES[i].high, INFINITY);
        CHECK(!is_taken(&p));
    }
    struct pmm_maker_params p = usual();
#define REFUSE(name, value) \
    do { \
        p = usual(); \
        p.name = (value); \
        CHECK(!is_taken(&p)); \
    } while (0)
    REFUSE(spread_max_ticks, 1.5); /* below spread_min_ticks */
    REFUSE(quote_quantity, 0);
    REFUSE(quote_quantity, INT64_MAX);
    REFUSE(inventory_max, 0);
    REFUSE(inventory_max, INT64_MAX);
    REFUSE(maker_fee_e8, INT64_MIN);
    REFUSE(maker_fee_e8, INT64_MAX);
    REFUSE(levels, 0);
    REFUSE(levels, 9);
    REFUSE(imbalance_levels, 0);
    REFUSE(imbalance_levels, 9);
    REFUSE(fair_value, -1);
    REFUSE(fair_value, 2);
}

static struct pmm_maker_params any_params(void) {
    struct pmm_maker_params p = usual();
    for (size_t i = 0; i < DOUBLES; i++) {
        uint64_t which = draw(4);
        *member(&p, i) = which == 0 ? RANGES[i].low : which == 1 ? RANGES[i].high : RANGES[i].usual;
    }
    const int64_t lots[] = {1, 2, 2000, PMM_QUOTE_LOTS_MAX};
    const int64_t fees[] = {-100000000, -2000, 0, 100000000};
    p.quote_quantity = lots[draw(4)];
    p.inventory_max = lots[draw(4)];
    p.maker_fee_e8 = fees[draw(4)];
    p.levels = (int32_t)draw(8) + 1;
    p.imbalance_levels = (int32_t)draw(8) + 1;
    p.fair_value = (int32_t)draw(2);
    return p;
}

static struct pmm_book *make_book(void) {
    size_t size = pmm_book_memsize(4096, 64);
    struct pmm_book *book = aligned_alloc(64, (size + 63) / 64 * 64);
    memset(book, 0, size);
    CHECK(pmm_book_init(book, size, 0, 4096, 64) == 0);
    return book;
}

static void fill_book(struct pmm_book *book, int64_t bid, int64_t ask) {
    const int64_t lots[] = {1, 1000, INT64_C(1) << 40};
    struct pmm_event events[4];
    memset(events, 0, sizeof events);
    events[0].kind = PMM_KIND_BOOK_BEGIN;
    events[3].kind = PMM_KIND_BOOK_END;
    for (int side = 0; side < 2; side++) {
        events[1 + side].kind = PMM_KIND_DEPTH;
        events[1 + side].side = side == 0 ? PMM_SIDE_BID : PMM_SIDE_ASK;
        events[1 + side].price = side == 0 ? bid : ask;
        events[1 + side].quantity = lots[draw(3)];
    }
    pmm_book_apply(book, events, 4);
}

static void check_side(const struct pmm_level *levels, int32_t count, int sign, int64_t most) {
    int64_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        CHECK(levels[i].price > 0 && levels[i].quantity > 0);
        CHECK(i == 0 || (levels[i].price - levels[i - 1].price) * sign > 0);
        CHECK(!__builtin_add_overflow(sum, levels[i].quantity, &sum));
    }
    CHECK(count == 0 || sum <= most);
}

static void check(const struct pmm_quotes *q, const struct pmm_maker *maker, int64_t bid, int64_t ask,
                  int64_t position) {
    const int64_t most = maker->params.inventory_max;
    CHECK(q->bid_count == 0 || q->bids[0].price < ask);
    CHECK(q->ask_count == 0 || q->asks[0].price > bid);
    CHECK(q->bid_count == 0 || q->ask_count == 0 || q->bids[0].price < q->asks[0].price);
    CHECK(q->bid_count == 0 || position < most);
    CHECK(q->ask_count == 0 || position > -most);
    int far = position > INT64_C(1) << 60 || position < -(INT64_C(1) << 60);
    check_side(q->bids, q->bid_count, -1, far ? INT64_MAX : most - position);
    check_side(q->asks, q->ask_count, +1, far ? INT64_MAX : most + position);
    CHECK(isfinite(maker->fair) && isfinite(maker->skew) && isfinite(maker->variance_per_s));
}

static void look(struct pmm_maker *maker, struct pmm_book *book, int64_t *clock_ns) {
    const int64_t mids[] = {2, 100, 60000, 600000000, INT64_C(1) << 50, PMM_QUOTE_TICKS_MAX - 4, INT64_C(1) << 59};
    const int64_t steps[] = {0, 1, 1000000, 1000000000, INT64_C(1) << 55};
    const int64_t positions[] = {INT64_MIN, -PMM_QUOTE_LOTS_MAX, -2000, 0, 1, PMM_QUOTE_LOTS_MAX, INT64_MAX};
    struct pmm_quotes quotes;
    int64_t bid = mids[draw(7)], ask = bid + 1 + (int64_t)draw(3);
    int64_t position = positions[draw(7)];
    fill_book(book, bid, ask);
    *clock_ns += steps[draw(5)];
    int code = pmm_maker_quote(maker, book, position, *clock_ns, &quotes);
    if (ask > PMM_QUOTE_TICKS_MAX)
        CHECK(code != 0 && quotes.bid_count == 0 && quotes.ask_count == 0);
    else
        CHECK(code == 0);
    if (code == 0) check(&quotes, maker, bid, ask, position);
}

int main(void) {
    what_is_out_of_range_is_not_taken();
    struct pmm_book *book = make_book();
    for (int i = 0; i < MAKERS; i++) {
        struct pmm_maker maker;
        struct pmm_maker_params params = any_params();
        CHECK(pmm_maker_init(&maker, &params) == 0);
        int64_t clock_ns = 1;
        for (int j = 0; j < LOOKS; j++)
            look(&maker, book, &clock_ns);
    }
    free(book);
    return 0;
}
