/*
 * A turn of desk and risk in which one of N instruments moves: its best bid comes and goes, its maker quotes three
 * levels a side, what is decided is judged and acknowledged. The others lie still: the row is about what they cost.
 */
#include "measure.h"

#include "risk/risk.h"
#include "trade/desk.h"

#define MOST   PMM_DESK_INSTRUMENTS_MAX
#define MID    60000
#define DEPTH  20
#define ORDERS 1024
#define OUT    (16 * ORDERS)

struct world {
    struct pmm_desk desk;
    struct pmm_book *books[MOST];
    struct pmm_maker makers[MOST], *maker_of[MOST];
    struct pmm_risk *risk;
    int64_t clock_ns;
    uint64_t sent;
};

static struct pmm_event decided[ORDERS], judged[OUT];
static const struct pmm_maker_params PARAMS = {
    .risk_aversion = 0.02,
    .fill_decay_per_tick = 0.4,
    .fill_rate_per_s = 2,
    .volatility_halflife_s = 30,
    .volatility_floor = 3,
    .spread_min_ticks = 2,
    .spread_max_ticks = 60,
    .level_spacing_ticks = 2,
    .quantity_min = 1,
    .quote_quantity = 20,
    .inventory_max = 40000,
    .levels = 3,
    .fair_value = PMM_FAIR_MID,
    .imbalance_levels = 3,
};
static const struct pmm_risk_limits LIMITS = {
    .order_quantity_max = 1000, .position_max = 1000000, .collar_e4 = 100, .open_orders_max = 16};
static const struct pmm_risk_session SESSION = {
    .intent_age_max_ns = 1000000000, .messages_per_s = 1000000000, .messages_burst = 1000000000};

/* What risk lets pass comes back as the venue would say it. */
static void answer(struct world *w, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        uint8_t kind = judged[i].kind;
        need(kind == PMM_KIND_NEW || kind == PMM_KIND_REPLACE || kind == PMM_KIND_CANCEL, "a check");
        judged[i].kind = kind == PMM_KIND_NEW       ? PMM_KIND_ACK
                         : kind == PMM_KIND_REPLACE ? PMM_KIND_REPLACED
                                                    : PMM_KIND_CANCELLED;
    }
    pmm_desk_apply(&w->desk, judged, (size_t)n);
    need(pmm_risk_run(w->risk, judged, (size_t)n, judged + OUT / 2, OUT / 2) == n, "reports");
}

static void turn(struct world *w, const struct pmm_event *market, size_t n) {
    pmm_desk_apply(&w->desk, market, n);
    pmm_desk_quote(&w->desk, w->maker_of);
    int64_t count = pmm_desk_decide(&w->desk, decided, ORDERS);
    if (count == 0) return;
    w->sent += (uint64_t)count;
    answer(w, pmm_risk_run(w->risk, decided, (size_t)count, judged, OUT / 2));
}

static struct pmm_event depth(const struct world *w, uint32_t id, uint8_t side, int64_t price, int64_t quantity) {
    return (struct pmm_event){.recv_ns = w->clock_ns,
                              .kind = PMM_KIND_DEPTH,
                              .side = side,
                              .price = price,
                              .quantity = quantity,
                              .instrument_id = id,
                              .flags = PMM_FLAG_LAST};
}

static void fill(struct world *w, uint32_t id) {
    struct pmm_event rows[2 * DEPTH + 3] = {{.kind = PMM_KIND_BOOK_BEGIN}};
    for (int i = 0; i < DEPTH; i++) {
        rows[1 + 2 * i] = depth(w, id, PMM_SIDE_BID, MID - 1 - i, 100 + i);
        rows[2 + 2 * i] = depth(w, id, PMM_SIDE_ASK, MID + 1 + i, 90 + i);
    }
    rows[2 * DEPTH + 1].kind = PMM_KIND_BOOK_END;
    rows[2 * DEPTH + 2] = (struct pmm_event){
        .kind = PMM_KIND_TOP, .price = MID - 1, .quantity = 5, .order_id = MID + 1, .aux = 5, .instrument_id = id};
    for (int i = 0; i < 2 * DEPTH + 3; i++) {
        rows[i].instrument_id = id;
        rows[i].recv_ns = w->clock_ns;
    }
    pmm_risk_run(w->risk, rows + 2 * DEPTH + 2, 1, judged, OUT);
    turn(w, rows, 2 * DEPTH + 2);
}

static void make(struct world *w, uint32_t count) {
    struct pmm_instrument terms[MOST];
    struct pmm_risk_limits limits[MOST];
    size_t bytes = pmm_book_memsize(4096, 64), room = pmm_risk_memsize(ORDERS * 2, count);
    memset(w, 0, sizeof *w);
    memset(terms, 0, sizeof terms);
    w->clock_ns = 1;
    for (uint32_t i = 0; i < count; i++) {
        w->books[i] = pages(bytes);
        need(pmm_book_init(w->books[i], bytes, i, 4096, 64) == 0, "book");
        need(pmm_maker_init(&w->makers[i], &PARAMS) == 0, "maker");
        w->maker_of[i] = &w->makers[i];
        terms[i].instrument_id = i;
        limits[i] = LIMITS;
    }
    w->risk = pages(room);
    need(pmm_risk_init(w->risk, room, ORDERS * 2, terms, limits, count, &SESSION) == 0, "risk");
    need(pmm_desk_init(&w->desk, w->books, terms, count, 0) == 0, "desk");
    w->desk.stale_ns = 3600000000000;
    for (uint32_t i = 0; i < count; i++)
        fill(w, i);
}

/* The best bid of instrument 0 goes, and comes back in the next turn. */
static void pass(struct world *w, size_t turns) {
    for (size_t i = 0; i < turns; i++) {
        w->clock_ns += 1000000;
        struct pmm_event e = depth(w, 0, PMM_SIDE_BID, MID - 1, i % 2 ? 100 : 0);
        turn(w, &e, 1);
    }
}

int main(int argc, char **argv) {
    static struct world worlds[2];
    static const char *names[2] = {"one", "many"};
    struct arguments args = begin(argc, argv);
    size_t turns = counting(&args) ? 10000 : amount(&args, 1000000);
    make(&worlds[0], 1);
    make(&worlds[1], MOST);
    for (int round = 0; round < args.rounds; round++)
        for (int i = 0; i < 2; i++) {
            pass(&worlds[i], turns / 10);
            uint64_t sent = worlds[i].sent, t0 = ticks();
            pass(&worlds[i], turns);
            emit(names[i], ticks_to_ns(ticks() - t0) / (double)turns);
            need(worlds[i].sent > sent, "orders");
        }
    return 0;
}
