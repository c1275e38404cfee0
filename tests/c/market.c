/* A simulated market with a guest who does anything; run under sanitizers. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "chance.h"
#include "sim/market.h"

#define SECOND INT64_C(1000000000)
#define OUT    97
#define TURNS  20000

static struct pmm_market_params params_of(uint32_t instrument_id) {
    return (struct pmm_market_params){.instrument_id = instrument_id,
                                      .orders = 400,
                                      .window = 4096,
                                      .far_levels = 300,
                                      .fair_step_ns = 20000000,
                                      .fair_ticks = 300,
                                      .volatility_per_sqrt_s = 2e-3,
                                      .jumps_per_s = 0.5,
                                      .jump_size = 0.2,
                                      .limits_per_s = 200,
                                      .touch_fraction = 0.4,
                                      .touch_ticks = 1,
                                      .gap_ticks = 1,
                                      .distance_ticks = 20,
                                      .distance_exponent = 2,
                                      .distance_max_ticks = 5000,
                                      .cancel_near_per_s = 1,
                                      .cancel_far_per_s = 0.02,
                                      .cancel_ticks = 5,
                                      .cancel_stale_per_s = 5,
                                      .size_lots = 10,
                                      .size_sigma = 2,
                                      .size_ticks = 10,
                                      .takes_per_s = 20,
                                      .take_lots = 50,
                                      .take_sigma = 3,
                                      .informed_per_s = 20,
                                      .informed_ticks = 1,
                                      .informed_lots = 100,
                                      .informed_sigma = 1,
                                      .floor_orders = 20};
}

static struct pmm_event guest(int64_t now) {
    static const uint8_t kinds[] = {PMM_KIND_NEW,     PMM_KIND_NEW,   PMM_KIND_NEW,        PMM_KIND_CANCEL,
                                    PMM_KIND_REPLACE, PMM_KIND_QUERY, PMM_KIND_CANCEL_ALL, PMM_KIND_TIMER};
    return (struct pmm_event){.recv_ns = now - between(0, 1000),
                              .kind = kinds[between(0, 7)],
                              .instrument_id = (uint32_t)between(0, 2),
                              .side = (uint8_t)between(0, 2),
                              .price = between(-1, 900),
                              .quantity = between(-1, 5000),
                              .order_id = (uint64_t)between(1, 50) | (uint64_t)(between(0, 50) == 0) << 63,
                              .aux = between(0, 3) | between(0, 1) << 8 | between(0, 3) << 16,
                              .source = (uint16_t)between(4, 8)};
}

/* As many instruments as there can be, for a moment. */
static int crowd(void) {
    static struct pmm_market_params params[PMM_INSTRUMENTS_MAX];
    static struct pmm_event out[OUT];
    for (uint32_t i = 0; i < PMM_INSTRUMENTS_MAX; i++) {
        params[i] = params_of(PMM_INSTRUMENTS_MAX - 1 - i);
        params[i].orders = params[i].far_levels = 40;
        params[i].floor_orders = 2;
    }
    struct pmm_market_config config = {.seed = 5, .instruments = PMM_INSTRUMENTS_MAX, .pending = 1};
    params[0].instrument_id = PMM_INSTRUMENTS_MAX;
    if (pmm_market_memsize(&config, params) != 0) return 0;
    params[0].instrument_id = PMM_INSTRUMENTS_MAX - 1;
    size_t bytes = pmm_market_memsize(&config, params);
    struct pmm_market *market = aligned_alloc(64, bytes);
    if (bytes == 0 || pmm_market_init(market, bytes, &config, params) != 0) return 0;
    int64_t records = 0;
    size_t consumed;
    while (pmm_market_now(market) < SECOND / 10)
        records += pmm_market_advance(market, SECOND / 10, NULL, 0, &consumed, out, OUT);
    free(market);
    return records > 2 * PMM_INSTRUMENTS_MAX;
}

int main(void) {
    if (!crowd()) return 1;
    struct pmm_market_params params[2] = {params_of(0), params_of(1)};
    struct pmm_market_config config = {.seed = 5, .latency_in_ns = 700, .instruments = 2, .pending = 3};
    size_t bytes = pmm_market_memsize(&config, params);
    void *memory = aligned_alloc(64, bytes);
    struct pmm_market *market = memory;
    if (bytes == 0 || pmm_market_init(memory, bytes, &config, params) != 0) return 2;
    struct pmm_event *out = malloc(OUT * sizeof *out);
    int64_t records = 0;
    for (int turn = 1; turn <= TURNS; turn++) {
        int64_t now = turn * (SECOND / 200);
        struct pmm_event in[5];
        size_t n = (size_t)between(0, 5), done = 0;
        for (size_t i = 0; i < n; i++)
            in[i] = guest(now);
        while (pmm_market_now(market) < now || done < n) {
            size_t consumed;
            int64_t written = pmm_market_advance(market, now, in + done, n - done, &consumed, out, OUT);
            if (written < 0 || written > OUT) return 3;
            for (int64_t i = 0; i < written; i++)
                if (out[i].source == PMM_SOURCE_TRADERS && out[i].reason != PMM_REASON_BAD_ORDER) return 4;
            done += consumed;
            records += written;
        }
        for (uint32_t k = 0; k < 2 && turn % 20 == 0; k++)
            if (pmm_match_check(pmm_market_engine(market, k)) != 0) return 5;
    }
    struct pmm_market_stats stats;
    if (pmm_market_get_stats(market, 1, &stats) != 0 || stats.external == 0 || stats.informed_takes == 0) return 6;
    if (pmm_market_engine(market, 2) != NULL || pmm_market_get_stats(market, 2, &stats) == 0) return 7;
    printf("%lld records\n", (long long)records);
    free(out);
    free(memory);
    return 0;
}
