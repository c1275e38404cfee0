/*
 * market_params.h: the traders of every measured market. Whoever measures another size of engine, or a fair value that
 * moves at another pace, changes that alone.
 */
#ifndef BENCH_MARKET_PARAMS_H
#define BENCH_MARKET_PARAMS_H

#include "sim/market.h"

static inline struct pmm_market_params market_params(uint32_t instrument_id) {
    return (struct pmm_market_params){
        .instrument_id = instrument_id,
        .orders = 4000,
        .window = 4096,
        .far_levels = 2048,
        .fair_step_ns = 200000000,
        .fair_ticks = 60000,
        .volatility_per_sqrt_s = 1e-5,
        .jumps_per_s = 0.01,
        .jump_size = 1e-4,
        .limits_per_s = 120,
        .touch_fraction = 0.6,
        .touch_ticks = 1,
        .gap_ticks = 1,
        .distance_ticks = 5,
        .distance_exponent = 1.8,
        .distance_max_ticks = 400,
        .cancel_near_per_s = 0.5,
        .cancel_far_per_s = 0.05,
        .cancel_ticks = 10,
        .cancel_stale_per_s = 5,
        .size_lots = 1000,
        .size_sigma = 0.8,
        .size_ticks = 50,
        .takes_per_s = 4,
        .take_lots = 2000,
        .take_sigma = 0.8,
        .informed_per_s = 10,
        .informed_ticks = 2,
        .informed_lots = 2000,
        .informed_sigma = 0.8,
        .floor_orders = 10,
    };
}

#endif
