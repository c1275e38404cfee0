/* Both venues of an exchange, with little room, on logs of anything: whatever room is given, the same comes out. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "sim/paper_venue.h"
#include "sim/simulated_venue.h"

#define MS    INT64_C(1000000)
#define TURNS 2500
#define MOST  40
#define OUT   4096

typedef int64_t (*run_fn)(void *, const struct pmm_event *, size_t, struct pmm_event *, size_t, size_t *);

static int64_t run_paper(void *venue, const struct pmm_event *in, size_t n, struct pmm_event *out, size_t max,
                         size_t *consumed) {
    return pmm_paper_venue_run(venue, in, n, out, max, consumed);
}

static int64_t run_simulated(void *venue, const struct pmm_event *in, size_t n, struct pmm_event *out, size_t max,
                             size_t *consumed) {
    return pmm_simulated_venue_run(venue, in, n, out, max, consumed);
}

/* Mostly of a moment ago, and at times of before all time: what no sane peer would send. */
static int64_t stamp(int64_t now) {
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, INT64_MIN + 1000 * MS, INT64_MIN / 2, -1, 0};
    return between(0, 300) ? now - between(0, MS) : ends[between(0, 5)];
}

static struct pmm_event record(int64_t now) {
    static const uint8_t kinds[] = {
        PMM_KIND_NEW,        PMM_KIND_NEW,   PMM_KIND_NEW,   PMM_KIND_CANCEL,    PMM_KIND_REPLACE, PMM_KIND_QUERY,
        PMM_KIND_CANCEL_ALL, PMM_KIND_DEPTH, PMM_KIND_DEPTH, PMM_KIND_DEPTH,     PMM_KIND_TRADE,   PMM_KIND_TRADE,
        PMM_KIND_BOOK_END,   PMM_KIND_TIMER, PMM_KIND_TIMER, PMM_KIND_PEER_LOST, PMM_KIND_TRADE};
    int64_t side = between(0, 2);
    return (struct pmm_event){.recv_ns = stamp(now),
                              .kind = kinds[between(0, 16)],
                              .instrument_id = between(0, 9) ? (uint32_t)between(0, 2) : PMM_INSTRUMENT_ALL,
                              .side = (uint8_t)side,
                              .price = 300 + (side == PMM_SIDE_BID ? -between(-2, 9) : between(-2, 9)),
                              .quantity = between(-1, 50),
                              .order_id = (uint64_t)between(1, 50),
                              .aux = between(0, 4) ? PMM_SOURCE_GATEWAY : between(-2, 1000),
                              .flags = between(0, 3) ? PMM_FLAG_LAST : 0,
                              .source = (uint16_t)(between(0, 5) ? PMM_SOURCE_GATEWAY | 3 << 8 : between(0, 2000))};
}

static size_t turn_of(struct pmm_event *turn, int64_t now) {
    size_t n = (size_t)between(1, MOST);
    for (size_t i = 0; i < n; i++) {
        turn[i] = record(now);
        if (turn[i].kind == PMM_KIND_BOOK_END && between(0, 1)) turn[i].kind = PMM_KIND_BOOK_BEGIN;
        if (turn[i].kind >= PMM_KIND_NEW && turn[i].kind <= PMM_KIND_QUERY && between(0, 1))
            turn[i].aux = between(0, 3) | between(0, 1) << 8 | between(0, 3) << 16;
        if (between(0, 20) == 0) turn[i].flags |= PMM_FLAG_BATCH_END;
    }
    return n;
}

/* All that a turn causes, through calls with so much room. */
static size_t all(run_fn run, void *venue, const struct pmm_event *in, size_t n, struct pmm_event *out, size_t room) {
    size_t count = 0, done = 0, consumed;
    int64_t written;
    do {
        written = run(venue, in + done, n - done, out + count, room, &consumed);
        if (written < 0 || (size_t)written > room) exit(3);
        done += consumed;
        count += (size_t)written;
        if (count + OUT / 2 > 64 * OUT) exit(4);
    } while ((size_t)written == room);
    if (done != n) exit(5);
    return count;
}

static size_t compare(run_fn run, void *one, void *other, size_t bytes) {
    static struct pmm_event wide[64 * OUT], narrow[64 * OUT];
    struct pmm_event turn[MOST];
    size_t records = 0;
    int64_t now = 1000 * MS;
    for (int i = 0; i < TURNS; i++) {
        now += between(0, 200) ? between(0, 3 * MS) : 3000 * MS;
        size_t n = turn_of(turn, now);
        size_t count = all(run, one, turn, n, wide, OUT);
        size_t same = all(run, other, turn, n, narrow, (size_t)between(1, 5));
        if (count != same || memcmp(wide, narrow, count * sizeof *wide) != 0) exit(6);
        records += count;
        /* The one goes on as a copy of the other: there is no pointer in it. */
        if (i % 1000 == 0) memcpy(one, other, bytes);
    }
    return records;
}

static size_t paper(void) {
    static const uint32_t ids[2] = {0, 2};
    struct pmm_paper_venue_config config = {
        .paper = {.settle_ns = 1000, .orders = 5, .window = 4096, .far_capacity = 64},
        .latency_in_ns = 2 * MS,
        .latency_out_ns = 9 * MS,
        .orders = 3,
        .reports = PMM_PAPER_LEVELS + 2 + 5 + 4};
    size_t bytes = pmm_paper_venue_memsize(2, &config);
    void *one = aligned_alloc(64, bytes), *other = aligned_alloc(64, bytes);
    if (bytes == 0 || pmm_paper_venue_init(one, bytes, ids, 2, &config) != 0) exit(2);
    if (pmm_paper_venue_init(other, bytes, ids, 2, &config) != 0) exit(2);
    size_t records = compare(run_paper, one, other, bytes);
    if (pmm_paper_check(pmm_paper_venue_paper(one)) != 0) exit(7);
    free(one);
    free(other);
    return records;
}

static struct pmm_market_params params_of(uint32_t instrument_id) {
    return (struct pmm_market_params){.instrument_id = instrument_id,
                                      .orders = 60,
                                      .window = 4096,
                                      .far_levels = 60,
                                      .fair_step_ns = 20 * MS,
                                      .fair_ticks = 300,
                                      .volatility_per_sqrt_s = 2e-3,
                                      .limits_per_s = 50,
                                      .touch_ticks = 1,
                                      .gap_ticks = 1,
                                      .distance_ticks = 20,
                                      .distance_exponent = 2,
                                      .distance_max_ticks = 500,
                                      .cancel_near_per_s = 1,
                                      .cancel_far_per_s = 0.02,
                                      .cancel_ticks = 5,
                                      .cancel_stale_per_s = 5,
                                      .size_lots = 10,
                                      .size_ticks = 10,
                                      .takes_per_s = 5,
                                      .take_lots = 50,
                                      .informed_per_s = 5,
                                      .informed_ticks = 1,
                                      .informed_lots = 100,
                                      .floor_orders = 5};
}

static size_t simulated(void) {
    struct pmm_market_params params[2] = {params_of(2), params_of(0)};
    struct pmm_market_config config = {
        .seed = 5, .latency_in_ns = 2 * MS, .instruments = 2, .pending = 3, .number = 31};
    size_t bytes = pmm_simulated_venue_memsize(&config, params, MS);
    void *one = aligned_alloc(64, bytes), *other = aligned_alloc(64, bytes);
    if (bytes == 0 || pmm_simulated_venue_init(one, bytes, &config, params, MS) != 0) exit(2);
    if (pmm_simulated_venue_init(other, bytes, &config, params, MS) != 0) exit(2);
    size_t records = compare(run_simulated, one, other, bytes);
    const struct pmm_market *market = pmm_simulated_venue_market(one);
    for (uint32_t i = 0; i < 2; i++)
        if (pmm_match_check(pmm_market_engine(market, i)) != 0) exit(7);
    if (pmm_simulated_venue_skipped_ns(one) == 0) exit(8);
    free(one);
    free(other);
    return records;
}

int main(void) {
    size_t reports = paper(), records = simulated();
    printf("%zu %zu\n", reports, records);
    return reports > 1000 && records > 1000 ? 0 : 1;
}
