/* quote.c: fair value, spread, skew and sizes of one instrument's quotes. */
#include "trade/quote.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/portable_math.h"

#define NS_PER_S 1e9
#define LN2      0.6931471805599453

void pmm_glft(double gamma, double k, double rate, double sigma, double *base, double *skew) {
    const double growth = pmm_log1p(gamma / k);
    *base = growth / gamma;
    *skew = sqrt(sigma * sigma * gamma / (2.0 * k * rate) * pmm_exp((1.0 + k / gamma) * growth));
}

static double clamp(double value, double low, double high) { return value < low ? low : value > high ? high : value; }

/* Of NaN and a number both give the number, which stands second. */
static double larger(double a, double b) { return a > b ? a : b; }

static double smaller(double a, double b) { return a < b ? a : b; }

/* The variance and what moves with it alone: most looks of a burst leave them where they were. */
static void set_variance(struct pmm_maker *maker, double variance_per_s) {
    const struct pmm_maker_params *p = &maker->params;
    double skew = maker->skew_per_sigma * larger(sqrt(variance_per_s), p->volatility_floor);
    maker->variance_per_s = variance_per_s;
    maker->skew_per_unit = skew;
    maker->half_spread = clamp(maker->base + skew / 2.0, p->spread_min_ticks / 2.0, p->spread_max_ticks / 2.0);
}

/* False for NaN, whichever way it is asked. */
static int within(double value, double low, double high) { return value >= low && value <= high; }

static int ranges_hold(const struct pmm_maker_params *p) {
    const double far = PMM_QUOTE_DISTANCE_MAX;
    return within(p->risk_aversion, 1e-12, 1e6) && within(p->fill_decay_per_tick, 1e-12, 1e3) &&
           within(p->fill_rate_per_s, 1e-9, 1e9) && within(p->volatility_halflife_s, 1e-3, 1e9) &&
           within(p->volatility_floor, 1e-9, 1e9) && within(p->imbalance_lean_ticks, -far, far) &&
           within(p->spread_min_ticks, 1.0, far) && within(p->spread_max_ticks, p->spread_min_ticks, far) &&
           within(p->edge_min_bps, -1e4, 1e4) && within(p->level_spacing_ticks, 1.0, far) && p->quote_quantity >= 1 &&
           p->quote_quantity <= PMM_QUOTE_LOTS_MAX && p->inventory_max >= 1 && p->inventory_max <= PMM_QUOTE_LOTS_MAX &&
           p->quantity_min >= 0 && p->quantity_min <= p->quote_quantity && p->maker_fee_e8 >= -PMM_FEE_WHOLE_E8 &&
           p->maker_fee_e8 <= PMM_FEE_WHOLE_E8 && p->levels >= 1 && p->levels <= PMM_QUOTE_LEVELS_MAX &&
           p->imbalance_levels >= 1 && p->imbalance_levels <= PMM_QUOTE_LEVELS_MAX &&
           (p->fair_value == PMM_FAIR_MID || p->fair_value == PMM_FAIR_MICROPRICE);
}

/* What the parameters alone say, at that variance. */
static void derive(struct pmm_maker *maker, const struct pmm_maker_params *p, double variance_per_s) {
    maker->params = *p;
    /* The skew is linear in sigma: its logarithm and power are taken once and not per look. */
    pmm_glft(p->risk_aversion, p->fill_decay_per_tick, p->fill_rate_per_s, 1.0, &maker->base, &maker->skew_per_sigma);
    maker->decay_per_ns = LN2 / (p->volatility_halflife_s * NS_PER_S);
    maker->units_per_lot = 1.0 / (double)p->quote_quantity;
    maker->edge_share = p->edge_min_bps * 1e-4 + (double)p->maker_fee_e8 * 1e-8;
    for (int32_t i = 0; i < p->levels; i++)
        maker->behind[i] = (int64_t)ceil(i * p->level_spacing_ticks);
    set_variance(maker, variance_per_s);
}

int pmm_maker_init(struct pmm_maker *maker, const struct pmm_maker_params *p) {
    if (!ranges_hold(p)) return PMM_ERR_ARGUMENT;
    memset(maker, 0, sizeof *maker);
    derive(maker, p, p->volatility_floor * p->volatility_floor);
    return 0;
}

static double as_double(int64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A value that no int32_t holds becomes one that is out of every range. */
static int32_t as_small(int64_t value) { return value >= 0 && value <= INT32_MAX ? (int32_t)value : -1; }

int pmm_maker_set(struct pmm_maker *maker, uint32_t parameter, int64_t value) {
    struct pmm_maker_params p = maker->params;
    switch (parameter) {
    case PMM_PARAMETER_RISK_AVERSION: p.risk_aversion = as_double(value); break;
    case PMM_PARAMETER_FILL_DECAY_PER_TICK: p.fill_decay_per_tick = as_double(value); break;
    case PMM_PARAMETER_FILL_RATE_PER_S: p.fill_rate_per_s = as_double(value); break;
    case PMM_PARAMETER_VOLATILITY_HALFLIFE_S: p.volatility_halflife_s = as_double(value); break;
    case PMM_PARAMETER_VOLATILITY_FLOOR: p.volatility_floor = as_double(value); break;
    case PMM_PARAMETER_IMBALANCE_LEAN_TICKS: p.imbalance_lean_ticks = as_double(value); break;
    case PMM_PARAMETER_SPREAD_MIN_TICKS: p.spread_min_ticks = as_double(value); break;
    case PMM_PARAMETER_SPREAD_MAX_TICKS: p.spread_max_ticks = as_double(value); break;
    case PMM_PARAMETER_EDGE_MIN_BPS: p.edge_min_bps = as_double(value); break;
    case PMM_PARAMETER_LEVEL_SPACING_TICKS: p.level_spacing_ticks = as_double(value); break;
    case PMM_PARAMETER_QUOTE_QUANTITY: p.quote_quantity = value; break;
    case PMM_PARAMETER_INVENTORY_MAX: p.inventory_max = value; break;
    case PMM_PARAMETER_LEVELS: p.levels = as_small(value); break;
    case PMM_PARAMETER_FAIR_VALUE: p.fair_value = as_small(value); break;
    case PMM_PARAMETER_IMBALANCE_LEVELS: p.imbalance_levels = as_small(value); break;
    default: return PMM_ERR_ARGUMENT;
    }
    if (!ranges_hold(&p)) return PMM_ERR_ARGUMENT;
    derive(maker, &p, maker->variance_per_s);
    return 0;
}

/*
 * 1 - exp(-x). A series, short because x is halved until it is small; w(2x) = w(x) (2 - w(x)) then leads back and
 * makes no error larger. What the series leaves out is less than 2^-54 of its value, and beyond `far` the result is 1
 * in a double. For small x it is better than 1 - pmm_exp(-x), and it takes part in every look.
 */
static double decayed(double x) {
    const double near = 1.0 / 128.0, far = 64.0;
    int halved = 0;
    for (x = x < far ? x : far; x > near; x /= 2.0)
        halved++;
    double w = x * (1.0 - x * (1.0 / 2 - x * (1.0 / 6 - x * (1.0 / 24 - x * (1.0 / 120 - x * (1.0 / 720))))));
    for (; halved > 0; halved--)
        w *= 2.0 - w;
    return w;
}

/*
 * Squared change over the time that it took, weighted by that time's share of the half-life. Looks at the same
 * instant are one look: a burst of records must not count as a volatile second.
 */
static void learn_volatility(struct pmm_maker *maker, double mid, int64_t clock_ns) {
    const int64_t span_min_ns = 1000000;
    if (maker->mid_ns != 0) {
        int64_t span_ns = clock_ns - maker->mid_ns;
        if (span_ns < span_min_ns) return;
        double change = mid - maker->mid, seen_per_s = change * change * NS_PER_S / (double)span_ns;
        double weight = decayed((double)span_ns * maker->decay_per_ns);
        set_variance(maker, maker->variance_per_s + weight * (seen_per_s - maker->variance_per_s));
    }
    maker->mid = mid;
    maker->mid_ns = clock_ns;
}

static double fair_value(const struct pmm_maker_params *p, const struct pmm_book *book, const struct pmm_top *top) {
    double lean = 0.0, bid = (double)top->bid_price, ask = (double)top->ask_price;
    if (p->imbalance_lean_ticks != 0.0)
        lean = p->imbalance_lean_ticks * pmm_book_imbalance(book, (size_t)p->imbalance_levels);
    if (p->fair_value != PMM_FAIR_MICROPRICE) return (bid + ask) / 2.0 + lean;
    double bid_q = (double)top->bid_quantity, ask_q = (double)top->ask_quantity;
    return (bid * ask_q + ask * bid_q) / (bid_q + ask_q) + lean;
}

/*
 * The best price of each side: its distance from fair, rounded outward, and never one that takes. Clamped while it is
 * a double, and NaN to the far end: what does not fit an int64 has no value there.
 */
static void best_prices(struct pmm_maker *maker, const struct pmm_top *top, double fair, int64_t position, int64_t *bid,
                        int64_t *ask) {
    const double widest = maker->params.spread_max_ticks, edge = fair * maker->edge_share;
    double lean = clamp((double)position * maker->units_per_lot * maker->skew_per_unit, -widest, widest);
    double low = floor(fair - larger(maker->half_spread + lean, edge));
    double high = ceil(fair + larger(maker->half_spread - lean, edge));
    *bid = (int64_t)smaller(larger(low, 0.0), (double)top->ask_price - 1.0);
    *ask = (int64_t)larger(smaller(high, 2.0 * PMM_QUOTE_TICKS_MAX), (double)top->bid_price + 1.0);
    /* The distances add up to the least spread, one tick, and the lines above only move the sides apart. */
    PMM_ASSERT_HOT(*bid < *ask);
    maker->fair = fair;
    maker->skew = lean;
}

/* One side from its best price away from the market, sign -1 for bids, as far as there is room for lots. */
static inline int32_t ladder(const struct pmm_maker *maker, int64_t best, int sign, int64_t room,
                             struct pmm_level *out) {
    const int64_t each = maker->params.quote_quantity;
    const int64_t least = maker->params.quantity_min > 1 ? maker->params.quantity_min : 1;
    int32_t count = 0;
    for (const int32_t levels = maker->params.levels; count < levels && room >= least; count++) {
        int64_t price = best + sign * maker->behind[count];
        if (sign < 0 && price <= 0) break; /* an ask stands above a best bid, which is positive */
        out[count] = (struct pmm_level){.price = price, .quantity = each < room ? each : room};
        room -= each;
    }
    return count;
}

/* Whether there is a market on both sides, at prices that a double holds to the tick. */
static int can_be_quoted(const struct pmm_top *top) {
    return top->valid && top->bid_quantity != 0 && top->ask_quantity != 0 && top->bid_price > 0 &&
           top->ask_price <= PMM_QUOTE_TICKS_MAX;
}

int pmm_maker_quote(struct pmm_maker *maker, const struct pmm_book *book, int64_t position, int64_t clock_ns,
                    struct pmm_quotes *out) {
    const struct pmm_maker_params *p = &maker->params;
    struct pmm_top top;
    int64_t bid, ask, bid_room, ask_room;
    out->bid_count = out->ask_count = 0;
    pmm_book_top(book, &top);
    if (!can_be_quoted(&top)) return PMM_ERR_INVALID;
    learn_volatility(maker, ((double)top.bid_price + (double)top.ask_price) / 2.0, clock_ns);
    best_prices(maker, &top, fair_value(p, book, &top), position, &bid, &ask);
    /* The limit is positive: a sum that does not fit is room without end. */
    if (__builtin_sub_overflow(p->inventory_max, position, &bid_room)) bid_room = INT64_MAX;
    if (__builtin_add_overflow(p->inventory_max, position, &ask_room)) ask_room = INT64_MAX;
    out->bid_count = ladder(maker, bid, -1, bid_room, out->bids);
    out->ask_count = ladder(maker, ask, +1, ask_room, out->asks);
    return 0;
}
