/*
 * quote.h: the quoting arithmetic of the market maker.
 *
 * What it is. A pure function from a book, an inventory and the log's clock to a ladder of quotes.
 * Prices are computed in double ticks and rounded outward to whole ticks; nothing of it is
 * ever written to a record before that. A look takes sums, products, quotients, roots and whole parts alone,
 * which IEEE 754 defines to the last bit, built with -ffp-contract=off: so a replay on another build or processor
 * repeats it bit for bit. Logarithm and power, which init takes once, are portable_math.h's for the same reason.
 *
 * Model. Fair value: the mid, or the microprice (best prices weighted by the opposite
 * quantity), plus imbalance_lean_ticks x the depth imbalance (-1..1) of the best levels.
 * Distances from fair: the stationary closed form of Gueant, Lehalle and Fernandez-Tapia
 * (2013), which is Avellaneda and Stoikov (2008) without an end of day. With q the
 * inventory in units of quote_quantity, gamma the risk aversion, k the decay and A the rate
 * of arrivals lambda(d) = A exp(-k d), sigma the volatility in ticks per sqrt(second):
 *   base = ln(1 + gamma / k) / gamma
 *   skew = sqrt(sigma^2 gamma / (2 k A) (1 + gamma / k)^(1 + k / gamma))
 *   bid distance = base + (2 q + 1) / 2 x skew,  ask distance = base - (2 q - 1) / 2 x skew
 * The volatility is an exponentially weighted mean of squared mid changes per second of log
 * time. Then, in this order: the spread is clamped to [spread_min, spread_max]; each side keeps
 * edge_min + its maker fee from fair; a quote never takes (post-only clamp to one tick inside the
 * opposite best); a side that would grow the inventory beyond inventory_max is not quoted, and room for less than
 * quantity_min is room for nothing. Further levels stand
 * i x level_spacing ticks behind the best one, rounded up: a ladder keeps its shape wherever fair value is.
 *
 * Bounds. Every parameter has a range (below), NaN is in none of them, and a price becomes an integer only
 * after it has been clamped as a double. So the best bid is always below the best ask, whatever the market
 * does; PMM_ASSERT_HOT holds it. A market beyond 2^52 ticks is not quoted: a double does not hold its ticks.
 *
 * Who owns. The caller: struct pmm_maker is plain memory of one process.
 */
#ifndef PMM_QUOTE_H
#define PMM_QUOTE_H

#include "book/book.h"

#define PMM_QUOTE_LEVELS_MAX 8

enum pmm_fair_value {
    PMM_FAIR_MID = 0,
    PMM_FAIR_MICROPRICE = 1
};

#define PMM_QUOTE_TICKS_MAX    (INT64_C(1) << 52) /* no market above it is quoted */
#define PMM_QUOTE_DISTANCE_MAX 1000000000         /* ticks */
#define PMM_QUOTE_LOTS_MAX     9007199254740992

struct pmm_maker_params {
    double risk_aversion;        /* 1e-12 to 1e6: gamma, per unit of quote_quantity and tick */
    double fill_decay_per_tick;  /* 1e-12 to 1e3: k */
    double fill_rate_per_s;      /* 1e-9 to 1e9: A */
    double volatility_halflife_s;/* 1e-3 to 1e9 */
    double volatility_floor;     /* 1e-9 to 1e9 ticks per sqrt(second): what is assumed while nothing is known */
    double imbalance_lean_ticks; /* at most DISTANCE_MAX either way */
    double spread_min_ticks;     /* 1 to DISTANCE_MAX */
    double spread_max_ticks;     /* spread_min to DISTANCE_MAX */
    double edge_min_bps;         /* of fair value, over the maker fee; at most 1e4 either way */
    double level_spacing_ticks;  /* 1 to DISTANCE_MAX */
    int64_t quote_quantity;      /* lots a level, 1 to LOTS_MAX */
    int64_t inventory_max;       /* lots, 1 to LOTS_MAX */
    int64_t quantity_min;        /* lots, 0 to quote_quantity: the least that the venue takes */
    int64_t maker_fee_e8;        /* at most 1e8, the whole price, either way */
    int32_t levels;              /* 1 to 8 a side */
    int32_t fair_value;          /* enum pmm_fair_value */
    int32_t imbalance_levels;    /* 1 to 8 */
    int32_t reserved;
};

/* What of them may change while the maker quotes. A double is told by its bits, as an int64_t. */
enum pmm_parameter {
    PMM_PARAMETER_RISK_AVERSION = 0,
    PMM_PARAMETER_FILL_DECAY_PER_TICK = 1,
    PMM_PARAMETER_FILL_RATE_PER_S = 2,
    PMM_PARAMETER_VOLATILITY_HALFLIFE_S = 3,
    PMM_PARAMETER_VOLATILITY_FLOOR = 4,
    PMM_PARAMETER_IMBALANCE_LEAN_TICKS = 5,
    PMM_PARAMETER_SPREAD_MIN_TICKS = 6,
    PMM_PARAMETER_SPREAD_MAX_TICKS = 7,
    PMM_PARAMETER_EDGE_MIN_BPS = 8,
    PMM_PARAMETER_LEVEL_SPACING_TICKS = 9, /* up to here doubles, from here on whole numbers */
    PMM_PARAMETER_QUOTE_QUANTITY = 10,
    PMM_PARAMETER_INVENTORY_MAX = 11,
    PMM_PARAMETER_LEVELS = 12,
    PMM_PARAMETER_FAIR_VALUE = 13,
    PMM_PARAMETER_IMBALANCE_LEVELS = 14
};

struct pmm_maker {
    struct pmm_maker_params params;
    double base;                 /* from here to behind: what the parameters alone say */
    double skew_per_sigma;
    double decay_per_ns;         /* ln 2 / half-life */
    double units_per_lot;        /* of inventory: 1 / quote_quantity */
    double edge_share;           /* edge and fee, of fair value */
    int64_t behind[PMM_QUOTE_LEVELS_MAX];           /* ticks from the best level to each */
    double variance_per_s;       /* ticks^2 per second */
    double skew_per_unit;        /* this and half_spread: what they are at that variance */
    double half_spread;
    double mid;                  /* of the last look, ticks */
    int64_t mid_ns;              /* the clock then; 0 before the first */
    double fair;                 /* what the last quote was built on, for people to see */
    double skew;
};

/* What a strategy wants to have in the market for one instrument: best level first. */
struct pmm_quotes {
    int32_t bid_count;
    int32_t ask_count;
    struct pmm_level bids[PMM_QUOTE_LEVELS_MAX];
    struct pmm_level asks[PMM_QUOTE_LEVELS_MAX];
};

/* ARGUMENT if a parameter is out of its range. */
int pmm_maker_init(struct pmm_maker *maker, const struct pmm_maker_params *params);

/*
 * Sets one parameter (enum pmm_parameter); what was learnt of the market stays. ARGUMENT, and nothing is changed, if
 * there is no such parameter or the value is out of its range, which may depend on the others.
 */
int pmm_maker_set(struct pmm_maker *maker, uint32_t parameter, int64_t value);

/*
 * Looks at the book at clock_ns, not negative, and writes the ladder for an inventory of position lots.
 * Returns 0, or INVALID with an empty ladder if the book is invalid, one-sided or beyond 1 to 2^52 ticks.
 */
int pmm_maker_quote(struct pmm_maker *maker, const struct pmm_book *book, int64_t position, int64_t clock_ns,
                    struct pmm_quotes *out);

/* base and skew of the closed form, in ticks: for tests against published values. */
void pmm_glft(double gamma, double k, double rate, double sigma, double *base, double *skew);

#endif
