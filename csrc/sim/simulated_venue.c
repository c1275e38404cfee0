/* simulated_venue.c: an exchange's input log through a simulated market, turn by turn. */
#include "sim/simulated_venue.h"

#include <stdbool.h>

#include "base/align.h"
#include "base/error.h"
#include "sim/latency.h"
#include "sim/venue_log.h"

/* Then, in the same memory: the turn's orders, the market. */
struct pmm_simulated_venue {
    int64_t latency_out_ns;
    int64_t clock_ns;   /* the latest recv_ns; 0 before the first turn */
    int64_t until_ns;   /* how far the turn takes the market */
    int64_t skipped_ns;
    uint64_t orders_at;
    uint64_t market_at;
    uint32_t orders_max;
    uint32_t orders;    /* of the turn */
    uint32_t given;     /* of these: those that the market has taken over */
    bool has_begun;
    bool is_moving;     /* until_ns is not reached yet */
    uint8_t reserved[2];
};

static void *part(const struct pmm_simulated_venue *venue, uint64_t at) { return (void *)((uintptr_t)venue + at); }

static size_t head_bytes(const struct pmm_market_config *config) {
    return pmm_lines(sizeof(struct pmm_simulated_venue)) + config->pending * sizeof(struct pmm_event);
}

static struct pmm_market *market_of(const struct pmm_simulated_venue *venue) { return part(venue, venue->market_at); }

static struct pmm_market_config at_zero(const struct pmm_market_config *config) {
    struct pmm_market_config made = *config;
    made.start_ns = 0;
    return made;
}

size_t pmm_simulated_venue_memsize(const struct pmm_market_config *config, const struct pmm_market_params *params,
                                   int64_t latency_out_ns) {
    if (!config || latency_out_ns < 0 || latency_out_ns > PMM_LATENCY_NS_MAX) return 0;
    struct pmm_market_config made = at_zero(config);
    size_t market = pmm_market_memsize(&made, params);
    return market ? head_bytes(config) + market : 0;
}

int pmm_simulated_venue_init(void *memory, size_t bytes, const struct pmm_market_config *config,
                             const struct pmm_market_params *params, int64_t latency_out_ns) {
    size_t needed = pmm_simulated_venue_memsize(config, params, latency_out_ns);
    if (!pmm_is_room(memory, bytes, needed)) return PMM_ERR_ARGUMENT;
    struct pmm_simulated_venue *venue = memory;
    *venue = (struct pmm_simulated_venue){
        .latency_out_ns = latency_out_ns,
        .orders_at = pmm_lines(sizeof *venue),
        .market_at = head_bytes(config),
        .orders_max = config->pending,
    };
    struct pmm_market_config made = at_zero(config);
    return pmm_market_init(market_of(venue), pmm_market_memsize(&made, params), &made, params);
}

/* Behind those of the turn that were sent no later. */
static void put(struct pmm_simulated_venue *venue, const struct pmm_event *order) {
    struct pmm_event *orders = part(venue, venue->orders_at);
    uint32_t at = venue->orders++;
    for (; at > 0 && orders[at - 1].recv_ns > order->recv_ns; at--)
        orders[at] = orders[at - 1];
    orders[at] = *order;
}

/* now_ns: the latest of the turn's records. */
static void end_turn(struct pmm_simulated_venue *venue, int64_t now_ns) {
    int64_t gap_ns = now_ns - venue->clock_ns;
    int stood = venue->clock_ns && gap_ns > PMM_SIMULATED_VENUE_GAP_NS;
    if (stood) venue->skipped_ns += gap_ns - PMM_SIMULATED_VENUE_GAP_NS;
    if (gap_ns > 0) venue->clock_ns = now_ns;
    venue->until_ns = venue->clock_ns - venue->skipped_ns - venue->latency_out_ns;
    struct pmm_event *orders = part(venue, venue->orders_at);
    for (uint32_t i = 0; i < venue->orders; i++)
        if (__builtin_sub_overflow(orders[i].recv_ns, venue->skipped_ns, &orders[i].recv_ns))
            orders[i].recv_ns = INT64_MIN;
    venue->is_moving = true;
}

/* Reads records to the end of a turn. How many. */
static size_t read_turn(struct pmm_simulated_venue *venue, const struct pmm_event *in, size_t n) {
    struct pmm_event order;
    int64_t now_ns = 0;
    size_t i = 0;
    int is_over = 0;
    while (i < n && !is_over) {
        const struct pmm_event *record = &in[i++];
        if (record->recv_ns > now_ns) now_ns = record->recv_ns;
        if (pmm_venue_order(record, &order)) put(venue, &order);
        is_over = record->flags & PMM_FLAG_BATCH_END || venue->orders == venue->orders_max;
    }
    end_turn(venue, now_ns);
    return i;
}

/* Takes the market to the turn's end, with the turn's orders. The count; is_moving stays where `out` was full first. */
static size_t move(struct pmm_simulated_venue *venue, struct pmm_event *out, size_t max) {
    struct pmm_market *market = market_of(venue);
    const struct pmm_event *orders = part(venue, venue->orders_at);
    size_t count = 0;
    for (;;) {
        int64_t now_ns = pmm_market_now(market), until_ns = venue->until_ns > now_ns ? venue->until_ns : now_ns;
        size_t taken;
        count += (size_t)pmm_market_advance(market, until_ns, orders + venue->given, venue->orders - venue->given,
                                            &taken, out + count, max - count);
        venue->given += (uint32_t)taken;
        if (pmm_market_now(market) >= until_ns && venue->given == venue->orders) break;
        if (count == max) return count;
    }
    venue->orders = venue->given = 0;
    venue->is_moving = false;
    return count;
}

int64_t pmm_simulated_venue_run(struct pmm_simulated_venue *venue, const struct pmm_event *in, size_t n,
                                struct pmm_event *out, size_t max, size_t *consumed) {
    if (!venue || !consumed || (!in && n) || (!out && max)) return PMM_ERR_ARGUMENT;
    *consumed = 0;
    if (!venue->has_begun && n) {
        if (in->recv_ns < venue->latency_out_ns) return PMM_ERR_ARGUMENT;
        if (pmm_market_begin(market_of(venue), in->recv_ns - venue->latency_out_ns) < 0) return PMM_ERR_ARGUMENT;
        venue->has_begun = true;
    }
    size_t i = 0, count = 0;
    for (;;) {
        if (venue->is_moving) count += move(venue, out + count, max - count);
        if (venue->is_moving || i == n) break;
        i += read_turn(venue, in + i, n - i);
    }
    *consumed = i;
    return (int64_t)count;
}

int64_t pmm_simulated_venue_skipped_ns(const struct pmm_simulated_venue *venue) { return venue->skipped_ns; }

const struct pmm_market *pmm_simulated_venue_market(const struct pmm_simulated_venue *venue) {
    return venue->has_begun ? market_of(venue) : NULL;
}
