/* traders.c: who trades in a simulated market: when they come, at which price, how much. */
#include "sim/traders.h"

#include <string.h>

#include "base/align.h"
#include "base/layout.h"
#include "base/sides.h"
#include "base/terms.h"

#define NO_ROW          ((UINT64_C(1) << PMM_TRADERS_ORDER_BITS) - 1)
#define SECOND          1e9
#define FAIR_MIN        2.0
#define FAIR_MAX        1e15
#define NEVER           (INT64_MAX / 2)
#define SIZE_GROWTH_MAX 20.0
#define QUANTILES       1024
#define THINNING_MAX    1000

static_assert((UINT64_C(1) << PMM_TRADERS_ORDER_BITS) > PMM_MATCH_ORDERS_MAX / 4 * 3, "a row fits an order id");

static struct pmm_trader_order *rows_of(const struct pmm_traders *traders) {
    return (struct pmm_trader_order *)((uintptr_t)traders + traders->orders_at);
}

static uint32_t *live_of(const struct pmm_traders *traders) {
    return (uint32_t *)((uintptr_t)traders + traders->live_at);
}

static int within(double value, double low, double high) { return value >= low && value <= high; } /* not NaN */

static int rates_valid(const struct pmm_market_params *p) {
    return within(p->jumps_per_s, 0, 1e3) && within(p->limits_per_s, 0, 1e6) && within(p->takes_per_s, 0, 1e6) &&
           within(p->informed_per_s, 0, 1e6) && within(p->cancel_near_per_s, 0, 1e4) &&
           within(p->cancel_far_per_s, 1e-6, 1e4) && within(p->cancel_stale_per_s, 0, 1e4);
}

static int sizes_valid(const struct pmm_market_params *p) {
    return within(p->size_lots, 1, 1e11) && within(p->take_lots, 1, 1e11) && within(p->informed_lots, 1, 1e11) &&
           within(p->size_sigma, 0, 4) && within(p->take_sigma, 0, 4) && within(p->informed_sigma, 0, 4) &&
           within(p->size_ticks, 1e-3, 1e12);
}

static int prices_valid(const struct pmm_market_params *p) {
    return within(p->fair_ticks, FAIR_MIN, FAIR_MAX) && within(p->drift_per_s, -1, 1) &&
           within(p->volatility_per_sqrt_s, 0, 1) && within(p->jump_size, 0, 1) && within(p->touch_fraction, 0, 1) &&
           within(p->touch_ticks, 0, 1e9) && within(p->gap_ticks, 0, 1e9) && within(p->distance_ticks, 1e-3, 1e12) &&
           within(p->distance_exponent, 1.01, 100) && within(p->distance_max_ticks, 0, 1e12) &&
           within(p->cancel_ticks, 1e-3, 1e12) && within(p->informed_ticks, 0, 1e12);
}

static uint32_t rows_for(const struct pmm_market_params *params) { return params->orders - params->orders / 4; }

int pmm_traders_valid(const struct pmm_market_params *params) {
    return rates_valid(params) && sizes_valid(params) && prices_valid(params) && params->fair_step_ns >= 1000 &&
           params->orders >= 4 && params->orders <= PMM_MATCH_ORDERS_MAX &&
           params->floor_orders <= rows_for(params) / 2;
}

size_t pmm_traders_memsize(const struct pmm_market_params *params) {
    size_t rows = rows_for(params);
    size_t bytes = sizeof(struct pmm_traders) + rows * sizeof(struct pmm_trader_order) + rows * sizeof(uint32_t);
    return pmm_lines(bytes);
}

/* The power law by inversion of its survival function (1 + d / scale) ^ (1 - exponent), cut at distance_max. */
static double far_distance(const struct pmm_traders *traders, double u) {
    const struct pmm_market_params *p = &traders->params;
    return floor(p->distance_ticks * (pmm_pow(1 - u * traders->tail_mass, 1 / (1 - p->distance_exponent)) - 1));
}

/* Geometric from 0 with the given mean. */
static double touch_distance(const struct pmm_traders *traders, double u) {
    double mean = traders->params.touch_ticks;
    return mean > 0 ? floor(pmm_log(u) / pmm_log(mean / (1 + mean))) : 0;
}

static double draw_distance(struct pmm_traders *traders) {
    int touch = pmm_uniform(&traders->rng) < traders->params.touch_fraction;
    double u = pmm_uniform(&traders->rng);
    return touch ? touch_distance(traders, u) : far_distance(traders, u);
}

static double cancel_rate(const struct pmm_market_params *p, double distance) {
    if (distance < 0) return p->cancel_stale_per_s;
    return p->cancel_far_per_s + (p->cancel_near_per_s - p->cancel_far_per_s) / (1 + distance / p->cancel_ticks);
}

/* Orders a side where arrivals and cancels balance: the arrival rate x the mean lifetime over the distances. */
static double balanced_orders(const struct pmm_traders *traders) {
    const struct pmm_market_params *p = &traders->params;
    double touch = 0, far = 0;
    for (int i = 0; i < QUANTILES; i++) {
        double u = (i + 0.5) / QUANTILES;
        touch += 1 / cancel_rate(p, touch_distance(traders, u)) / QUANTILES;
        far += 1 / cancel_rate(p, far_distance(traders, u)) / QUANTILES;
    }
    return p->limits_per_s / 2 * (p->touch_fraction * touch + (1 - p->touch_fraction) * far);
}

/* From the arrivals' distances, thinned by how long an order stays there: where standing orders are. */
static double draw_standing_distance(struct pmm_traders *traders) {
    const struct pmm_market_params *p = &traders->params;
    double least = p->cancel_near_per_s < p->cancel_far_per_s ? p->cancel_near_per_s : p->cancel_far_per_s;
    double distance = 0;
    for (int i = 0; i < THINNING_MAX; i++) {
        distance = draw_distance(traders);
        if (pmm_uniform(&traders->rng) * cancel_rate(p, distance) <= least) break;
    }
    return distance;
}

void pmm_traders_init(struct pmm_traders *traders, const struct pmm_market_params *params, uint64_t seed,
                      int64_t start_ns) {
    memset(traders, 0, pmm_traders_memsize(params));
    traders->params = *params;
    traders->rows = rows_for(params);
    traders->orders_at = sizeof *traders;
    traders->live_at = traders->orders_at + traders->rows * sizeof(struct pmm_trader_order);
    for (uint32_t row = traders->rows; row-- > 0;) {
        rows_of(traders)[row].live_at = traders->free_row;
        traders->free_row = row + 1;
    }
    pmm_xoshiro_seed(&traders->rng, seed, params->instrument_id);
    traders->fair = params->fair_ticks;
    traders->cancel_max = fmax(fmax(params->cancel_near_per_s, params->cancel_far_per_s), params->cancel_stale_per_s);
    double beyond = 1 + (params->distance_max_ticks + 1) / params->distance_ticks;
    traders->tail_mass = 1 - pmm_pow(beyond, 1 - params->distance_exponent);
    double orders = fmin(fmax(balanced_orders(traders), params->floor_orders), traders->rows / 2 - 1);
    traders->to_fill[0] = traders->to_fill[1] = (uint64_t)orders;
    traders->next_fair_ns = start_ns + params->fair_step_ns;
    traders->next_event_ns = start_ns;
}

static uint64_t new_id(struct pmm_traders *traders, uint64_t row) {
    return PMM_TRADERS_ID_BIT | ++traders->serial << PMM_TRADERS_ORDER_BITS | row;
}

static void add_row(struct pmm_traders *traders, struct pmm_event *order) {
    uint32_t row = traders->free_row - 1;
    struct pmm_trader_order *entry = rows_of(traders) + row;
    traders->free_row = entry->live_at;
    order->order_id = new_id(traders, row);
    *entry = (struct pmm_trader_order){order->order_id, order->price, order->quantity, traders->live, order->side};
    live_of(traders)[traders->live++] = row;
    traders->open[order->side - 1]++;
    traders->volume[order->side - 1] += order->quantity;
}

static void remove_row(struct pmm_traders *traders, uint32_t row) {
    struct pmm_trader_order *entry = rows_of(traders) + row;
    uint32_t last = live_of(traders)[--traders->live];
    live_of(traders)[entry->live_at] = last;
    rows_of(traders)[last].live_at = entry->live_at;
    traders->open[entry->side - 1]--;
    entry->order_id = 0;
    entry->live_at = traders->free_row;
    traders->free_row = row + 1;
}

void pmm_traders_report(struct pmm_traders *traders, const struct pmm_event *report) {
    uint64_t row = report->order_id & NO_ROW;
    if (row >= traders->rows) return;
    struct pmm_trader_order *entry = rows_of(traders) + row;
    if (entry->order_id != report->order_id) return;
    int rejected = report->kind == PMM_KIND_REJECTED;
    if (report->kind != PMM_KIND_FILL && report->kind != PMM_KIND_CANCELLED && !rejected) return;
    int64_t gone = rejected ? entry->leaves : report->quantity;
    if (rejected) traders->refused = 1;
    traders->volume[entry->side - 1] -= gone;
    entry->leaves -= gone;
    if (entry->leaves <= 0) remove_row(traders, (uint32_t)row);
}

static int64_t draw_size(struct pmm_traders *traders, double median, double sigma) {
    double size = median * pmm_exp(sigma * pmm_normal(&traders->rng));
    return (int64_t)fmin(fmax(size, 1), (double)PMM_MATCH_QUANTITY_MAX);
}

/* Just below, or just above, what it is worth: the two sides never meet in the same tick. */
static double own_side_of_fair(const struct pmm_traders *traders, uint32_t side) {
    return floor(traders->fair) + (side == PMM_SIDE_ASK);
}

/* A limit order of a provider: at its distance from the fair value, but never where it would take. */
static int place(struct pmm_traders *traders, const struct pmm_match *match, uint8_t side, double distance,
                 struct pmm_event *order) {
    const struct pmm_market_params *p = &traders->params;
    struct pmm_top top;
    pmm_match_top(match, &top);
    int64_t gap = (int64_t)p->gap_ticks;
    int64_t away = (int64_t)distance + gap;
    int64_t price = (int64_t)own_side_of_fair(traders, side) + (side == PMM_SIDE_BID ? -away : away);
    if (side == PMM_SIDE_BID && top.ask_quantity != 0 && price >= top.ask_price - gap) price = top.ask_price - gap - 1;
    if (side == PMM_SIDE_ASK && top.bid_quantity != 0 && price <= top.bid_price + gap) price = top.bid_price + gap + 1;
    double growth = fmin(1 + distance / p->size_ticks, SIZE_GROWTH_MAX);
    order->quantity = draw_size(traders, p->size_lots * growth, p->size_sigma);
    if (price < 1 || traders->free_row == 0) {
        traders->stats.skipped++;
        traders->refused = 1;
        return 0;
    }
    order->kind = PMM_KIND_NEW;
    order->side = side;
    order->price = price;
    order->flags = PMM_FLAG_POST_ONLY;
    add_row(traders, order);
    return 1;
}

/* Takes with a limit (0: a market order), and leaves half of the other side standing. */
static int aggress(struct pmm_traders *traders, uint8_t side, int64_t limit, int64_t quantity,
                   struct pmm_event *order) {
    int64_t most = traders->volume[pmm_opposite(side) - 1] / 2;
    if (most < 1) {
        traders->stats.skipped++;
        return 0;
    }
    order->kind = PMM_KIND_NEW;
    order->side = side;
    order->price = limit;
    order->quantity = quantity < most ? quantity : most;
    order->aux = pmm_terms(PMM_TIF_IOC, limit == 0 ? PMM_TYPE_MARKET : PMM_TYPE_LIMIT, PMM_STP_NONE);
    order->order_id = new_id(traders, NO_ROW);
    return 1;
}

static uint8_t draw_side(struct pmm_traders *traders) {
    return pmm_xoshiro_next(&traders->rng) >> 63 ? PMM_SIDE_BID : PMM_SIDE_ASK;
}

static int provide(struct pmm_traders *traders, const struct pmm_match *match, struct pmm_event *order) {
    uint8_t side = draw_side(traders);
    int sent = place(traders, match, side, draw_distance(traders), order);
    traders->stats.limits += (uint64_t)sent;
    return sent;
}

static int noise(struct pmm_traders *traders, struct pmm_event *order) {
    const struct pmm_market_params *p = &traders->params;
    uint8_t side = draw_side(traders);
    int sent = aggress(traders, side, 0, draw_size(traders, p->take_lots, p->take_sigma), order);
    traders->stats.takes += (uint64_t)sent;
    return sent;
}

static int inform(struct pmm_traders *traders, const struct pmm_match *match, struct pmm_event *order) {
    const struct pmm_market_params *p = &traders->params;
    struct pmm_top top;
    pmm_match_top(match, &top);
    traders->stats.informed_looks++;
    double buy_limit = traders->fair - p->informed_ticks, sell_limit = traders->fair + p->informed_ticks;
    int64_t quantity = draw_size(traders, p->informed_lots, p->informed_sigma);
    int sent = 0;
    if (top.ask_quantity != 0 && (double)top.ask_price < buy_limit) {
        sent = aggress(traders, PMM_SIDE_BID, (int64_t)floor(buy_limit), quantity, order);
    } else if (top.bid_quantity != 0 && (double)top.bid_price > sell_limit) {
        sent = aggress(traders, PMM_SIDE_ASK, (int64_t)ceil(sell_limit), quantity, order);
    }
    traders->stats.informed_takes += (uint64_t)sent;
    return sent;
}

static int reconsider(struct pmm_traders *traders, struct pmm_event *order) {
    if (traders->live == 0) return 0;
    uint32_t row = live_of(traders)[pmm_uniform_below(&traders->rng, traders->live)];
    const struct pmm_trader_order *entry = rows_of(traders) + row;
    double away = own_side_of_fair(traders, (uint8_t)entry->side) - (double)entry->price;
    double rate = cancel_rate(&traders->params, entry->side == PMM_SIDE_BID ? away : -away);
    if (pmm_uniform(&traders->rng) * traders->cancel_max >= rate) return 0;
    order->kind = PMM_KIND_CANCEL;
    order->side = (uint8_t)entry->side;
    order->order_id = entry->order_id;
    traders->stats.cancels++;
    return 1;
}

/* The filling at the start, and the floor under each side. */
static int fill_up(struct pmm_traders *traders, const struct pmm_match *match, struct pmm_event *order) {
    uint8_t side = traders->to_fill[0] >= traders->to_fill[1] ? PMM_SIDE_BID : PMM_SIDE_ASK;
    if (traders->to_fill[side - 1] > 0) {
        traders->to_fill[side - 1]--;
    } else {
        side = traders->open[0] <= traders->open[1] ? PMM_SIDE_BID : PMM_SIDE_ASK;
        if (traders->open[side - 1] >= traders->params.floor_orders || traders->refused) return 0;
    }
    int sent = place(traders, match, side, draw_standing_distance(traders), order);
    traders->stats.fillers += (uint64_t)sent;
    return sent;
}

static void move_fair(struct pmm_traders *traders) {
    const struct pmm_market_params *p = &traders->params;
    double dt = (double)p->fair_step_ns / SECOND;
    double drift = (p->drift_per_s - p->volatility_per_sqrt_s * p->volatility_per_sqrt_s / 2) * dt;
    double change = drift + p->volatility_per_sqrt_s * sqrt(dt) * pmm_normal(&traders->rng);
    uint32_t jumps = pmm_poisson(&traders->rng, p->jumps_per_s * dt);
    for (uint32_t i = 0; i < jumps; i++)
        change += p->jump_size * pmm_normal(&traders->rng);
    traders->stats.jumps += jumps;
    traders->fair = fmin(fmax(traders->fair * pmm_exp(change), FAIR_MIN), FAIR_MAX);
}

int pmm_traders_step(struct pmm_traders *traders, const struct pmm_match *match, struct pmm_event *order) {
    const struct pmm_market_params *p = &traders->params;
    int64_t now = pmm_traders_next_ns(traders);
    if (traders->next_fair_ns == now) {
        move_fair(traders);
        traders->next_fair_ns += p->fair_step_ns;
        return 0;
    }
    *order = (struct pmm_event){.recv_ns = now,
                                .instrument_id = p->instrument_id,
                                .venue_id = PMM_VENUE_SIMULATED,
                                .source = PMM_SOURCE_TRADERS};
    if (fill_up(traders, match, order)) return 1;
    traders->refused = 0;
    double cancels = traders->cancel_max * traders->live;
    double total = p->limits_per_s + p->takes_per_s + p->informed_per_s + cancels;
    double wait = total > 0 ? pmm_exponential(&traders->rng) / total * SECOND : (double)NEVER;
    traders->next_event_ns = wait < (double)(NEVER - now) ? now + 1 + (int64_t)wait : NEVER;
    if (total <= 0) return 0;
    double u = pmm_uniform(&traders->rng) * total;
    if (u < cancels) return reconsider(traders, order);
    u -= cancels;
    if (u < p->limits_per_s) return provide(traders, match, order);
    u -= p->limits_per_s;
    return u < p->takes_per_s ? noise(traders, order) : inform(traders, match, order);
}
