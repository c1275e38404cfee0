/* market.c: matching engines and their traders in virtual time, one event after the other. */
#include "sim/market.h"

#include <assert.h>
#include <string.h>

#include "base/align.h"
#include "base/assert.h"
#include "base/error.h"
#include "base/kinds.h"
#include "base/source.h"
#include "sim/latency.h"
#include "sim/tournament.h"
#include "sim/traders.h"

struct place {
    uint64_t match_at;
    uint64_t traders_at;
    uint64_t external;
};

/* Then, in the same memory: for each instrument its engine and its traders, the pending inputs, the results. */
struct pmm_market {
    int64_t clock_ns;      /* of the last event */
    int64_t reached_ns;    /* how far everything has happened; nothing that is new may be before */
    uint32_t instruments;
    uint32_t swept;        /* instruments that the CANCEL_ALL in front of the pending has been through */
    struct pmm_latency pending;
    uint64_t results_at;   /* what one step caused and is not given out yet */
    uint64_t results_max;
    uint64_t results;
    uint64_t results_given;
    uint16_t source;
    uint16_t index[PMM_INSTRUMENTS_MAX]; /* by instrument id; instruments if there is none */
    struct pmm_tournament traders;       /* when those of an instrument do something next */
    struct place places[PMM_INSTRUMENTS_MAX];
};

static struct pmm_match *match_of(const struct pmm_market *market, uint32_t index) {
    return (struct pmm_match *)((uintptr_t)market + market->places[index].match_at);
}

static struct pmm_traders *traders_of(const struct pmm_market *market, uint32_t index) {
    return (struct pmm_traders *)((uintptr_t)market + market->places[index].traders_at);
}

static struct pmm_event *events_at(const struct pmm_market *market, uint64_t at) {
    return (struct pmm_event *)((uintptr_t)market + at);
}

static uint32_t index_of(const struct pmm_market *market, uint32_t instrument_id) {
    return instrument_id < PMM_INSTRUMENTS_MAX ? market->index[instrument_id] : market->instruments;
}

/* Room for whatever one input can cause: see pmm_match_run. */
static size_t results_for(const struct pmm_market_params *params) { return 4 * (size_t)params->orders + 3; }

static int params_valid(const struct pmm_market_config *config, const struct pmm_market_params *params) {
    uint8_t is_there[PMM_INSTRUMENTS_MAX] = {0};
    for (uint32_t i = 0; i < config->instruments; i++) {
        uint32_t id = params[i].instrument_id;
        if (id >= PMM_INSTRUMENTS_MAX || is_there[id]++) return 0;
        if (!pmm_traders_valid(params + i)) return 0;
        if (pmm_match_memsize(params[i].orders, params[i].window, params[i].far_levels) == 0) return 0;
    }
    return 1;
}

static_assert(PMM_MARKET_PENDING_MAX == PMM_LATENCY_RECORDS_MAX, "market.h says it where Python can read it");

static int start_valid(int64_t start_ns) { return start_ns >= 0 && start_ns <= PMM_LATENCY_NS_MAX; }

static int config_valid(const struct pmm_market_config *config) {
    return config->instruments > 0 && config->instruments <= PMM_INSTRUMENTS_MAX && config->number < PMM_NUMBERS_MAX &&
           pmm_latency_valid(config->latency_in_ns, config->pending) && start_valid(config->start_ns);
}

size_t pmm_market_memsize(const struct pmm_market_config *config, const struct pmm_market_params *params) {
    if (!config || !params || !config_valid(config) || !params_valid(config, params)) return 0;
    size_t bytes = pmm_lines(sizeof(struct pmm_market)) + config->pending * sizeof(struct pmm_event);
    size_t results = 0;
    for (uint32_t i = 0; i < config->instruments; i++) {
        const struct pmm_market_params *p = params + i;
        bytes += pmm_lines(pmm_match_memsize(p->orders, p->window, p->far_levels)) + pmm_traders_memsize(p);
        if (results < results_for(p)) results = results_for(p);
    }
    return bytes + results * sizeof(struct pmm_event);
}

int pmm_market_init(void *memory, size_t bytes, const struct pmm_market_config *config,
                    const struct pmm_market_params *params) {
    size_t needed = pmm_market_memsize(config, params);
    if (!pmm_is_room(memory, bytes, needed)) return PMM_ERR_ARGUMENT;
    struct pmm_market *market = memory;
    memset(market, 0, sizeof *market);
    market->clock_ns = config->start_ns;
    market->reached_ns = config->start_ns - 1;
    market->instruments = config->instruments;
    market->source = (uint16_t)(PMM_SOURCE_EXCHANGE | config->number << PMM_NUMBER_SHIFT);
    for (uint32_t id = 0; id < PMM_INSTRUMENTS_MAX; id++)
        market->index[id] = (uint16_t)config->instruments;
    pmm_tournament_init(&market->traders, config->instruments);
    size_t at = pmm_lines(sizeof *market);
    for (uint32_t i = 0; i < config->instruments; i++) {
        const struct pmm_market_params *p = params + i;
        size_t size = pmm_lines(pmm_match_memsize(p->orders, p->window, p->far_levels));
        market->places[i] = (struct place){at, at + size, 0};
        market->index[p->instrument_id] = (uint16_t)i;
        int code = pmm_match_init(match_of(market, i), size, p->instrument_id, p->orders, p->window, p->far_levels);
        if (code < 0) return code;
        pmm_traders_init(traders_of(market, i), p, config->seed, config->start_ns);
        pmm_tournament_set(&market->traders, i, pmm_traders_next_ns(traders_of(market, i)));
        at += size + pmm_traders_memsize(p);
        if (market->results_max < results_for(p)) market->results_max = results_for(p);
    }
    pmm_latency_init(&market->pending, events_at(market, at), config->pending, config->latency_in_ns);
    market->results_at = at + config->pending * sizeof(struct pmm_event);
    PMM_ASSERT(market->results_at + market->results_max * sizeof(struct pmm_event) == needed);
    return PMM_OK;
}

int pmm_market_begin(struct pmm_market *market, int64_t start_ns) {
    if (!market || !start_valid(start_ns)) return PMM_ERR_ARGUMENT;
    int64_t by_ns = start_ns - market->clock_ns;
    market->clock_ns += by_ns;
    market->reached_ns += by_ns;
    for (uint32_t i = 0; i < market->instruments; i++) {
        pmm_traders_put_off(traders_of(market, i), by_ns);
        pmm_tournament_set(&market->traders, i, pmm_traders_next_ns(traders_of(market, i)));
    }
    return PMM_OK;
}

/* Runs one record; the traders hear of what is theirs, the rest waits to be given out. Nothing waits before. */
static void run(struct pmm_market *market, uint32_t index, const struct pmm_event *event) {
    struct pmm_event *results = events_at(market, market->results_at);
    size_t consumed, kept = 0;
    int64_t n = pmm_match_run(match_of(market, index), event, 1, results, market->results_max, &consumed);
    for (int64_t i = 0; i < n; i++) {
        if (results[i].source == PMM_SOURCE_TRADERS) {
            pmm_traders_report(traders_of(market, index), results + i);
            continue;
        }
        results[kept] = results[i];
        if (results[kept].source == PMM_SOURCE_EXCHANGE) results[kept].source = market->source;
        kept++;
    }
    market->results = kept;
}

static void refuse(struct pmm_market *market, const struct pmm_event *in, enum pmm_reason reason) {
    struct pmm_event *out = events_at(market, market->results_at);
    market->results = 1;
    *out = *in;
    out->venue_ns = in->recv_ns;
    out->kind = pmm_refusal_of(in->kind);
    out->reason = (uint16_t)reason;
    out->aux = 0;
    out->flags = 0;
    out->venue_id = PMM_VENUE_SIMULATED;
    out->commit = 0;
}

/* 1 when nothing is left to do of it. A CANCEL_ALL of all goes through one instrument a step. */
static int run_external(struct pmm_market *market, const struct pmm_event *in) {
    if (pmm_class_of(in->kind) != PMM_CLASS_ORDER) return 1;
    uint32_t role = pmm_role_of(in->source);
    int reserved = role == PMM_SOURCE_TRADERS || role == PMM_SOURCE_EXCHANGE;
    if (reserved || (in->kind == PMM_KIND_NEW && in->order_id & PMM_TRADERS_ID_BIT)) {
        refuse(market, in, PMM_REASON_BAD_ORDER);
        return 1;
    }
    int sweeps = in->instrument_id == PMM_INSTRUMENT_ALL && in->kind == PMM_KIND_CANCEL_ALL;
    uint32_t i = sweeps ? market->swept : index_of(market, in->instrument_id);
    if (i < market->instruments) {
        run(market, i, in);
        market->places[i].external++;
    } else if (in->kind != PMM_KIND_CANCEL_ALL) {
        refuse(market, in, PMM_REASON_BAD_INSTRUMENT);
    }
    if (sweeps) market->swept = (market->swept + 1) % market->instruments;
    return market->swept == 0;
}

static int64_t latest(int64_t a, int64_t b) { return a > b ? a : b; }

static size_t take_over(struct pmm_market *market, const struct pmm_event *in, size_t n) {
    size_t i = 0;
    for (; i < n && pmm_latency_room(&market->pending); i++)
        pmm_latency_put(&market->pending, in + i);
    return i;
}

static size_t give_out(struct pmm_market *market, struct pmm_event *out, size_t max) {
    size_t waiting = market->results - market->results_given;
    size_t n = waiting < max ? waiting : max;
    if (n != 0) memcpy(out, events_at(market, market->results_at) + market->results_given, n * sizeof *out);
    market->results_given += n;
    if (n == waiting) market->results = market->results_given = 0;
    return n;
}

/* The earliest moment at which an input may still act. */
static int64_t earliest(const struct pmm_market *market) { return latest(market->reached_ns, market->clock_ns); }

/* Whose turn it is: an instrument's index, or instruments for the pending input; *at_ns when. */
static uint32_t next_of(const struct pmm_market *market, int64_t *at_ns) {
    uint32_t who = pmm_tournament_first(&market->traders);
    *at_ns = market->traders.at_ns[who];
    if (pmm_latency_is_empty(&market->pending)) return who;
    int64_t due = latest(pmm_latency_due_ns(&market->pending), earliest(market));
    if (due >= *at_ns) return who;
    *at_ns = due;
    return market->instruments;
}

static void step_traders(struct pmm_market *market, uint32_t who, int64_t at_ns) {
    struct pmm_event order;
    struct pmm_traders *traders = traders_of(market, who);
    if (pmm_traders_step(traders, match_of(market, who), &order)) run(market, who, &order);
    pmm_tournament_set(&market->traders, who, pmm_traders_next_ns(traders));
    market->clock_ns = at_ns;
}

static void step_pending(struct pmm_market *market, int64_t at_ns) {
    struct pmm_event in = *pmm_latency_first(&market->pending);
    in.recv_ns = at_ns;
    if (run_external(market, &in)) pmm_latency_drop(&market->pending);
    market->clock_ns = at_ns;
}

int64_t pmm_market_advance(struct pmm_market *market, int64_t until_ns, const struct pmm_event *in, size_t n,
                           size_t *consumed, struct pmm_event *out, size_t max) {
    if (!market || !consumed || (!in && n != 0) || (!out && max != 0)) return PMM_ERR_ARGUMENT;
    size_t taken = 0, written = 0;
    for (uint32_t steps = 0;; steps++) {
        taken += take_over(market, in + taken, n - taken);
        written += give_out(market, out + written, max - written);
        if (market->results != 0 || steps == PMM_MARKET_STEPS_MAX) {
            market->reached_ns = latest(market->reached_ns, market->clock_ns - 1);
            break;
        }
        int64_t at_ns;
        uint32_t who = next_of(market, &at_ns);
        if (at_ns > until_ns && taken == n) {
            market->reached_ns = latest(market->reached_ns, until_ns);
            break;
        }
        if (at_ns > until_ns)
            step_pending(market, latest(until_ns, earliest(market)));
        else if (who == market->instruments)
            step_pending(market, at_ns);
        else
            step_traders(market, who, at_ns);
    }
    *consumed = taken;
    return (int64_t)written;
}

int64_t pmm_market_now(const struct pmm_market *market) {
    return market->results != 0 ? market->clock_ns - 1 : market->reached_ns;
}

int64_t pmm_market_next(const struct pmm_market *market) {
    int64_t at_ns;
    next_of(market, &at_ns);
    return market->results != 0 ? market->reached_ns : at_ns;
}

int pmm_market_get_stats(const struct pmm_market *market, uint32_t index, struct pmm_market_stats *stats) {
    if (!market || index >= market->instruments) return PMM_ERR_ARGUMENT;
    const struct pmm_traders *traders = traders_of(market, index);
    *stats = traders->stats;
    stats->external = market->places[index].external;
    stats->live = traders->live;
    stats->fair_ticks = traders->fair;
    return PMM_OK;
}

const struct pmm_match *pmm_market_engine(const struct pmm_market *market, uint32_t index) {
    return index < market->instruments ? match_of(market, index) : NULL;
}

/* n records, or a code, that an engine gave: they are of this exchange. */
static int64_t stamp(const struct pmm_market *market, struct pmm_event *out, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        out[i].source = market->source;
    return n;
}

int64_t pmm_market_snapshot(const struct pmm_market *market, uint32_t index, int64_t recv_ns, struct pmm_event *out,
                            size_t max) {
    if (!market || index >= market->instruments) return PMM_ERR_ARGUMENT;
    if (market->results != 0) return PMM_ERR_AGAIN;
    return stamp(market, out, pmm_match_snapshot(match_of(market, index), recv_ns, out, max));
}

int64_t pmm_market_part(const struct pmm_market *market, uint32_t instrument_id, int64_t recv_ns,
                        struct pmm_place *place, struct pmm_event *out, size_t max) {
    if (!market || index_of(market, instrument_id) == market->instruments) return PMM_ERR_ARGUMENT;
    if (market->results != 0) return PMM_ERR_AGAIN;
    const struct pmm_match *match = match_of(market, index_of(market, instrument_id));
    return stamp(market, out, pmm_match_part(match, recv_ns, place, out, max));
}
