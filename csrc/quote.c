#include "quote.h"

#include <math.h>
#include <string.h>

#include "error.h"

#define NS_PER_S 1e9
#define LN2 0.6931471805599453

void pmm_glft(double gamma, double k, double rate, double sigma, double *base, double *skew) {
    *base = log1p(gamma / k) / gamma;
    *skew = sqrt(sigma * sigma * gamma / (2.0 * k * rate) * pow(1.0 + gamma / k, 1.0 + k / gamma));
}

int pmm_maker_init(struct pmm_maker *maker, const struct pmm_maker_params *p) {
    int good = p->risk_aversion > 0 && p->fill_decay_per_tick > 0 && p->fill_rate_per_s > 0 &&
               p->volatility_halflife_s > 0 && p->volatility_floor > 0 && p->spread_min_ticks >= 1 &&
               p->spread_max_ticks >= p->spread_min_ticks && p->level_spacing_ticks >= 1 &&
               p->quote_quantity > 0 && p->inventory_max > 0 && p->levels >= 1 &&
               p->levels <= PMM_QUOTE_LEVELS_MAX && p->imbalance_levels >= 1 &&
               p->imbalance_levels <= PMM_QUOTE_LEVELS_MAX;
    if (!good)
        return PMM_ERR_ARGUMENT;
    memset(maker, 0, sizeof *maker);
    maker->params = *p;
    maker->variance_per_s = p->volatility_floor * p->volatility_floor;
    /* The skew is linear in sigma: its logarithm and power are taken once and not per look. */
    pmm_glft(p->risk_aversion, p->fill_decay_per_tick, p->fill_rate_per_s, 1.0, &maker->base,
             &maker->skew_per_sigma);
    return 0;
}

/*
 * Squared change over the time that it took, weighted by that time's share of the half-life. Looks at the same
 * instant are one look: a burst of records must not count as a volatile second.
 */
static void learn_volatility(struct pmm_maker *maker, double mid, int64_t clock_ns) {
    const double span_min_s = 1e-3;
    if (maker->mid_ns == 0) {
        maker->mid = mid;
        maker->mid_ns = clock_ns;
        return;
    }
    double span_s = (double)(clock_ns - maker->mid_ns) / NS_PER_S;
    if (span_s < span_min_s)
        return;
    double change = mid - maker->mid;
    double weight = -expm1(-LN2 * span_s / maker->params.volatility_halflife_s);
    maker->variance_per_s += weight * (change * change / span_s - maker->variance_per_s);
    maker->mid = mid;
    maker->mid_ns = clock_ns;
}

static double depth_imbalance(const struct pmm_book *book, size_t levels) {
    struct pmm_level side[PMM_QUOTE_LEVELS_MAX];
    double sums[2] = {0.0, 0.0};
    for (int s = 0; s < 2; s++) {
        int64_t n = pmm_book_depth(book, s == 0 ? PMM_SIDE_BID : PMM_SIDE_ASK, side, levels);
        for (int64_t i = 0; i < n; i++)
            sums[s] += (double)side[i].quantity;
    }
    double total = sums[0] + sums[1];
    return total > 0 ? (sums[0] - sums[1]) / total : 0.0;
}

static double fair_value(const struct pmm_maker *maker, const struct pmm_book *book, const struct pmm_top *top) {
    const struct pmm_maker_params *p = &maker->params;
    double bid = (double)top->bid_price, ask = (double)top->ask_price;
    double fair = (bid + ask) / 2.0;
    if (p->fair_value == PMM_FAIR_MICROPRICE) {
        double bid_q = (double)top->bid_quantity, ask_q = (double)top->ask_quantity;
        fair = (bid * ask_q + ask * bid_q) / (bid_q + ask_q);
    }
    if (p->imbalance_lean_ticks != 0.0)
        fair += p->imbalance_lean_ticks * depth_imbalance(book, (size_t)p->imbalance_levels);
    return fair;
}

static double clamp(double value, double low, double high) {
    return value < low ? low : value > high ? high : value;
}

/* Distances of the best quotes from fair, after spread and edge bounds. */
static void distances(struct pmm_maker *maker, double fair, double inventory, double *bid, double *ask) {
    const struct pmm_maker_params *p = &maker->params;
    double sigma = fmax(sqrt(maker->variance_per_s), p->volatility_floor);
    double skew = maker->skew_per_sigma * sigma;
    double half = clamp(maker->base + skew / 2.0, p->spread_min_ticks / 2.0, p->spread_max_ticks / 2.0);
    double lean = clamp(inventory * skew, -p->spread_max_ticks, p->spread_max_ticks);
    double edge = fair * (p->edge_min_bps * 1e-4 + (double)p->maker_fee_e8 * 1e-8);
    *bid = fmax(half + lean, edge);
    *ask = fmax(half - lean, edge);
    maker->fair = fair;
    maker->half_spread = half;
    maker->skew = lean;
}

/* Level i of one side, in whole ticks away from the market; sign is -1 for bids. */
static int32_t ladder(const struct pmm_maker_params *p, double best, int sign, int64_t limit,
                      int64_t room, struct pmm_level *out) {
    int32_t count = 0;
    for (int32_t i = 0; i < p->levels && room > 0; i++) {
        double exact = best + sign * i * p->level_spacing_ticks;
        int64_t price = (int64_t)(sign < 0 ? floor(exact) : ceil(exact));
        int64_t inside = limit + sign * (int64_t)(i * p->level_spacing_ticks);
        if (sign < 0 ? price > inside : price < inside)
            price = inside;
        if (price <= 0)
            break;
        int64_t quantity = p->quote_quantity < room ? p->quote_quantity : room;
        out[count++] = (struct pmm_level){.price = price, .quantity = quantity};
        room -= quantity;
    }
    return count;
}

int pmm_maker_quote(struct pmm_maker *maker, const struct pmm_book *book, int64_t position,
                    int64_t clock_ns, struct pmm_quotes *out) {
    const struct pmm_maker_params *p = &maker->params;
    struct pmm_top top;
    out->bid_count = out->ask_count = 0;
    pmm_book_top(book, &top);
    if (!top.valid || top.bid_quantity == 0 || top.ask_quantity == 0)
        return PMM_ERR_INVALID;
    learn_volatility(maker, ((double)top.bid_price + (double)top.ask_price) / 2.0, clock_ns);
    double fair = fair_value(maker, book, &top);
    double bid, ask;
    distances(maker, fair, (double)position / (double)p->quote_quantity, &bid, &ask);
    out->bid_count = ladder(p, fair - bid, -1, top.ask_price - 1, p->inventory_max - position, out->bids);
    out->ask_count = ladder(p, fair + ask, +1, top.bid_price + 1, p->inventory_max + position, out->asks);
    return 0;
}
