/*
 * The venues that an exchange process can be: the simulated market with few and with all instruments, each of its
 * market records a unit; and paper trading's, which follows a market with a few orders of ours in it.
 */
#include "market_params.h"
#include "measure.h"

#include "sim/paper_venue.h"
#include "sim/simulated_venue.h"

#define SECOND  INT64_C(1000000000)
#define FEW     2
#define MANY    PMM_INSTRUMENTS_MAX
#define OUT_MAX 65536
#define FLOW    400000

static struct pmm_event out[OUT_MAX];

static struct pmm_market *make_market(uint32_t instruments) {
    static struct pmm_market_params params[MANY];
    for (uint32_t i = 0; i < instruments; i++)
        params[i] = market_params(i);
    struct pmm_market_config config = {.seed = 7, .instruments = instruments, .pending = 1024};
    size_t bytes = pmm_market_memsize(&config, params);
    need(bytes > 0, "market parameters");
    struct pmm_market *market = pages(bytes);
    need(pmm_market_init(market, bytes, &config, params) == 0, "market");
    return market;
}

/* Goes on until so many records are out, and says how many. */
static size_t advance(struct pmm_market *market, size_t records) {
    size_t consumed, done = 0;
    while (done < records) {
        int64_t until = pmm_market_next(market) + SECOND / 10;
        done += (size_t)pmm_market_advance(market, until, NULL, 0, &consumed, out, OUT_MAX);
    }
    return done;
}

static void fill(struct pmm_market *market, uint32_t instruments) { advance(market, 2000 * (size_t)instruments); }

static double time_market(struct pmm_market *market, size_t records) {
    uint64_t t0 = ticks();
    size_t done = advance(market, records);
    return ticks_to_ns(ticks() - t0) / (double)done;
}

/* A market's records as a feed hands them on, and every 200th an order of ours at the touch, or its cancel. */
static size_t paper_log(struct pmm_event *log, size_t max) {
    struct pmm_market *market = make_market(1);
    uint64_t id = 1;
    fill(market, 1);
    size_t n = (size_t)pmm_market_snapshot(market, 0, pmm_market_now(market), log, max);
    while (n + 2 * OUT_MAX < max) { /* an order of ours with every 200 */
        size_t consumed;
        int64_t until = pmm_market_next(market) + SECOND / 10;
        int64_t count = pmm_market_advance(market, until, NULL, 0, &consumed, out, OUT_MAX);
        struct pmm_top top;
        pmm_match_top(pmm_market_engine(market, 0), &top);
        for (int64_t i = 0; i < count; i++) {
            out[i].source = PMM_SOURCE_FEED;
            log[n++] = out[i];
            if (n % 200) continue;
            log[n++] = (struct pmm_event){.recv_ns = out[i].recv_ns,
                                          .kind = n % 400 ? PMM_KIND_NEW : PMM_KIND_CANCEL_ALL,
                                          .side = id & 1 ? PMM_SIDE_BID : PMM_SIDE_ASK,
                                          .price = id & 1 ? top.bid_price : top.ask_price,
                                          .quantity = 10,
                                          .order_id = id,
                                          .flags = PMM_FLAG_POST_ONLY,
                                          .source = PMM_SOURCE_GATEWAY};
            id++;
        }
        log[n - 1].flags |= PMM_FLAG_BATCH_END;
    }
    return n;
}

static struct pmm_paper_venue *make_paper(void) {
    static const uint32_t ids[1] = {0};
    struct pmm_paper_venue_config config = {
        .paper = {.settle_ns = PMM_PAPER_SETTLE_NS, .orders = 256, .window = 65536, .far_capacity = 8192},
        .latency_in_ns = 200000,
        .latency_out_ns = 200000,
        .orders = 4096,
        .reports = 16384};
    size_t bytes = pmm_paper_venue_memsize(1, &config);
    struct pmm_paper_venue *venue = pages(bytes);
    need(pmm_paper_venue_init(venue, bytes, ids, 1, &config) == 0, "paper venue");
    return venue;
}

static void time_paper(const struct pmm_event *log, size_t n) {
    struct pmm_paper_venue *venue = make_paper();
    size_t done = 0, consumed;
    int64_t reports = 0;
    uint64_t t0 = ticks();
    while (done < n) {
        size_t some = n - done < 4096 ? n - done : 4096;
        reports += pmm_paper_venue_run(venue, log + done, some, out, OUT_MAX, &consumed);
        done += consumed;
    }
    emit("paper", ticks_to_ns(ticks() - t0) / (double)n);
    need(reports > (int64_t)n / 400, "reports");
    emit("paper_reports", (double)reports / (double)n);
}

int main(int argc, char **argv) {
    struct arguments args = begin(argc, argv);
    if (counting(&args)) {
        uint32_t instruments = args.more_count ? (uint32_t)atoi(args.more[0]) : FEW;
        struct pmm_market *market = make_market(instruments);
        emit("units.pmm_market_advance", (double)advance(market, 600 * (size_t)instruments));
        return 0;
    }
    struct pmm_market *few = make_market(FEW), *many = make_market(MANY);
    fill(few, FEW);
    fill(many, MANY);
    struct pmm_event *log = pages(FLOW * sizeof *log);
    size_t flow = paper_log(log, FLOW);
    emit("instruments", MANY);
    for (int round = 0; round < args.rounds; round++) {
        emit("few", time_market(few, amount(&args, 400000)));
        emit("many", time_market(many, amount(&args, 400000)));
        time_paper(log, flow);
    }
    return 0;
}
