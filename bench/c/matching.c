/*
 * The matching engine alone: an add and a cancel among 2,000 live orders; a market order that walks a deep book;
 * and the traders' mixed flow of the simulated market (market.h), each of its steps timed by itself.
 */
#include "market_params.h"
#include "measure.h"

#include "sim/market.h"
#include "sim/match.h"

#define LIVE        2000
#define PAIRS       200000
#define DEEP_LEVELS 100
#define DEEP_ORDERS 20 /* a level */
#define OUT_MAX     65536

static struct pmm_event out[OUT_MAX];
static uint32_t samples[4000000];
static uint32_t least;

static struct pmm_match *make(uint32_t orders) {
    size_t bytes = pmm_match_memsize(orders, 16384, 4096);
    struct pmm_match *match = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    memset(match, 0, bytes);
    need(pmm_match_init(match, bytes, 0, orders, 16384, 4096) == 0, "engine");
    return match;
}

static struct pmm_event order(uint64_t id, uint8_t kind, uint8_t side, int64_t price, int64_t quantity) {
    return (struct pmm_event){.recv_ns = 1,
                              .order_id = id,
                              .kind = kind,
                              .side = side,
                              .price = price,
                              .quantity = quantity,
                              .source = PMM_SOURCE_STRATEGY};
}

static int64_t run(struct pmm_match *match, const struct pmm_event *in, size_t n) {
    size_t consumed;
    int64_t written = pmm_match_run(match, in, n, out, OUT_MAX, &consumed);
    need(consumed == n, "room");
    return written;
}

static struct pmm_event random_order(uint64_t *state, uint64_t id) {
    uint64_t r = draw(state);
    int bid = r & 1;
    int64_t away = 1 + (int64_t)((r >> 8) % 200);
    return order(id, PMM_KIND_NEW, bid ? PMM_SIDE_BID : PMM_SIDE_ASK, bid ? 50000 - away : 50000 + away,
                 1 + (int64_t)((r >> 32) % 1000));
}

static void add_cancel(size_t pairs) {
    struct pmm_match *match = make(LIVE + 16);
    static uint64_t live[LIVE];
    uint64_t state = 7, id = 1, taken = 0;
    for (size_t i = 0; i < LIVE; i++) {
        struct pmm_event e = random_order(&state, live[i] = id++);
        run(match, &e, 1);
    }
    for (size_t i = 0; i < pairs; i++) {
        struct pmm_event add = random_order(&state, id);
        size_t victim = draw(&state) % LIVE;
        struct pmm_event cancel = order(live[victim], PMM_KIND_CANCEL, 0, 0, 0);
        live[victim] = id++;
        uint64_t t0 = ticks();
        run(match, &add, 1);
        run(match, &cancel, 1);
        uint64_t t = ticks() - t0;
        taken += above(t, least);
        samples[i] = above(t, least);
    }
    emit("add_cancel", ticks_to_ns(taken) / (double)pairs);
    emit_quantiles("add_cancel", samples, pairs);
    free(match);
}

/* The same, as a venue's process runs it: what has come since the last turn in one call. */
static void add_cancel_batched(size_t pairs) {
    enum {
        BATCH = 64
    };
    struct pmm_match *match = make(LIVE + BATCH + 16);
    static uint64_t live[LIVE];
    struct pmm_event in[2 * BATCH];
    uint64_t state = 7, id = 1, taken = 0;
    for (size_t i = 0; i < LIVE; i++) {
        in[0] = random_order(&state, live[i] = id++);
        run(match, in, 1);
    }
    for (size_t i = 0; i < pairs; i += BATCH) {
        for (size_t k = 0; k < BATCH; k++) {
            size_t victim = (draw(&state) % (LIVE / BATCH)) * BATCH + k;
            in[2 * k] = random_order(&state, id);
            in[2 * k + 1] = order(live[victim], PMM_KIND_CANCEL, 0, 0, 0);
            live[victim] = id++;
        }
        uint64_t t0 = ticks();
        run(match, in, 2 * BATCH);
        taken += ticks() - t0;
    }
    emit("add_cancel_batched", ticks_to_ns(taken) / (double)pairs);
    free(match);
}

static void market_order(size_t repeats) {
    struct pmm_match *match = make(DEEP_LEVELS * DEEP_ORDERS + 16);
    uint64_t id = 1, fills = 0, taken = 0;
    for (size_t r = 0; r < repeats; r++) {
        for (int level = 0; level < DEEP_LEVELS; level++)
            for (int k = 0; k < DEEP_ORDERS; k++) {
                struct pmm_event e = order(id++, PMM_KIND_NEW, PMM_SIDE_ASK, 50001 + level, 10);
                run(match, &e, 1);
            }
        int64_t each = DEEP_ORDERS * DEEP_LEVELS / 4; /* four orders of 500 fills empty it */
        for (int k = 0; k < 4; k++) {
            struct pmm_event take = order(id++, PMM_KIND_NEW, PMM_SIDE_BID, 0, 10 * each);
            take.aux = PMM_TIF_IOC | PMM_TYPE_MARKET << 8;
            take.source = PMM_SOURCE_TRADERS;
            uint64_t t0 = ticks();
            int64_t written = run(match, &take, 1);
            uint64_t t = ticks() - t0;
            need(written > 3 * each, "every fill's records");
            taken += t;
            fills += (uint64_t)each;
            samples[r * 4 + (size_t)k] = (uint32_t)(t / (uint64_t)each);
        }
    }
    emit("market_order", ticks_to_ns(taken) / (double)fills);
    emit_quantiles("market_order", samples, repeats * 4);
    free(match);
}

static void mixed(size_t orders) {
    struct pmm_market_config config = {.seed = 7, .instruments = 1, .pending = 1024};
    struct pmm_market_params params = market_params(0);
    params.orders = 20000;
    params.window = 16384;
    params.far_levels = 4096;
    params.fair_step_ns = 10000000;
    size_t bytes = pmm_market_memsize(&config, &params);
    need(bytes > 0, "market parameters");
    struct pmm_market *market = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    need(pmm_market_init(market, bytes, &config, &params) == 0, "market");
    size_t consumed;
    while (pmm_market_now(market) < 60000000000) /* a minute in: the book has its shape */
        pmm_market_advance(market, 60000000000, NULL, 0, &consumed, out, OUT_MAX);
    uint64_t taken = 0, records = 0;
    for (size_t i = 0; i < orders;) {
        int64_t until = pmm_market_next(market);
        uint64_t t0 = ticks();
        int64_t n = pmm_market_advance(market, until, NULL, 0, &consumed, out, OUT_MAX);
        uint64_t t = above(ticks() - t0, least);
        if (n == 0) continue; /* the fair value moved, or an order was thought about and left */
        taken += t;
        records += (uint64_t)n;
        samples[i++] = (uint32_t)t;
    }
    emit("mixed", ticks_to_ns(taken) / (double)orders);
    emit("mixed_records", (double)records / (double)orders);
    emit_quantiles("mixed", samples, orders);
    free(market);
}

int main(int argc, char **argv) {
    struct arguments args = begin(argc, argv);
    least = ticks_floor();
    if (counting(&args)) {
        add_cancel_batched(6400);
        emit("units.pmm_match_run", 6400 + LIVE / 2.0);
        return 0;
    }
    for (int round = 0; round < args.rounds; round++) {
        emit_yardstick();
        add_cancel(amount(&args, PAIRS));
        add_cancel_batched(amount(&args, PAIRS));
        market_order(amount(&args, 40));
        mixed(amount(&args, 100000));
    }
    return 0;
}
