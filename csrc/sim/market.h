/*
 * market.h: a simulated market: matching engines and the other traders who use them.
 *
 * What it is. One matching engine, one fair value and one population of traders per instrument, in virtual
 * time. The traders' random events and the orders of external participants (a session's gateway) are merged
 * in time order; what comes out is what a venue would send: public market data, and the external participants'
 * execution reports. Nothing here reads a clock.
 *
 * Who trades. Providers: limit orders, Poisson; a part at the touch (geometric), the others at power-law
 * distances, both from a gap on either side of the fair value; each order cancelled at a rate that falls with
 * its distance and is highest when the fair value has passed it. Noise: market orders, Poisson. Informed:
 * look at Poisson times and take, up to what the fair value makes worth it, when the opposite touch is more
 * than a threshold on the wrong side of it: this is the adverse selection that a passive quote suffers. Both take
 * at most half of what the traders have on the other side. The fair value is a geometric Brownian
 * motion with jumps on a grid of fair_step_ns; nobody outside sees it. A side with fewer than
 * floor_orders of the traders' orders is topped up before their next event. At the start each side is filled
 * with as many orders as arrivals and cancels balance at.
 *
 * Determinism. The same config, params and inputs with the same times give the same output, record for record,
 * however the calls are cut, as long as each input is given before until_ns passes its time of effect, on any
 * processor. Each instrument draws from its own xoshiro256** stream (seeded by splitmix64 from seed and
 * instrument_id), so adding one leaves the others as they were.
 *
 * Times. An input takes effect at recv_ns + latency_in_ns, or now if that is past. Every record out has
 * recv_ns = venue_ns = the virtual time when it happened; the latency out is the caller's to add to recv_ns.
 * At one nanosecond: fair values, then traders, then inputs; instruments in the order given. With more inputs under way
 * than there is room for, the oldest takes effect at once: none is lost, and none overtakes another.
 *
 * Traders' order ids have the top bit set, their source is PMM_SOURCE_TRADERS, and their execution reports
 * are not given out. An external NEW with that bit, or anything from a source of the role TRADERS or EXCHANGE, is
 * REJECTED (BAD_ORDER); an order for an instrument that is not here is refused (BAD_INSTRUMENT); such refusals have
 * aux 0. Public market data comes from EXCHANGE of the market's own number.
 *
 * Costs. An event costs what its engine and its traders cost, and the logarithm of the number of instruments to find
 * whose turn it is.
 *
 * Who writes, who reads. One owner, in its own memory: 64-byte aligned, memsize bytes, no pointers inside, so a copy of
 * the bytes is a copy of the market.
 */
#ifndef PMM_MARKET_H
#define PMM_MARKET_H

#include "base/event.h"
#include "sim/match.h"

#define PMM_MARKET_PENDING_MAX 1048576
/* Events looked at in one call: what bounds it where little comes out. */
#define PMM_MARKET_STEPS_MAX 65536

struct pmm_market; /* opaque */

struct pmm_market_config {
    uint64_t seed;
    int64_t start_ns;
    int64_t latency_in_ns;
    uint32_t instruments; /* params follow, one for each */
    uint32_t pending;     /* inputs under way at once, 1 to PENDING_MAX */
    uint32_t number;      /* of the exchange among the session's, below PMM_NUMBERS_MAX (source.h) */
    uint32_t reserved;
};

/* Relative: a share of the price, 1e-4 is a basis point. Rates are of the instrument, both sides together. */
struct pmm_market_params {
    uint32_t instrument_id;     /* below PMM_INSTRUMENTS_MAX; no two the same */
    uint32_t orders;            /* the engine's; the traders use up to three quarters of it */
    uint32_t window;
    uint32_t far_levels;
    int64_t fair_step_ns;       /* the fair value moves on this grid */
    double fair_ticks;          /* at the start */
    double drift_per_s;         /* relative */
    double volatility_per_sqrt_s; /* relative */
    double jumps_per_s;
    double jump_size;           /* relative, standard deviation */
    double limits_per_s;
    double touch_fraction;      /* of the limit orders: those at the touch */
    double touch_ticks;         /* mean distance of these from the gap's edge */
    double gap_ticks;           /* no provider comes nearer to the fair value, or to the opposite touch */
    double distance_ticks;      /* of the others: density (1 + d / distance_ticks) ^ -distance_exponent */
    double distance_exponent;   /* > 1 */
    double distance_max_ticks;
    double cancel_near_per_s;   /* an order's cancel rate: far + (near - far) / (1 + d / cancel_ticks) */
    double cancel_far_per_s;    /* > 0 */
    double cancel_ticks;
    double cancel_stale_per_s;  /* of an order that the fair value has passed */
    double size_lots;           /* median at distance 0; log-normal */
    double size_sigma;
    double size_ticks;          /* the median doubles at this distance, grows linearly, up to 20 times */
    double takes_per_s;         /* noise */
    double take_lots;           /* median; log-normal */
    double take_sigma;
    double informed_per_s;      /* looks; each may take or not */
    double informed_ticks;      /* threshold */
    double informed_lots;       /* median; log-normal */
    double informed_sigma;
    uint32_t floor_orders;      /* a side */
    uint32_t reserved;
};

/* Counts since the start. */
struct pmm_market_stats {
    uint64_t limits;    /* by providers, without the filling at the start and the floor */
    uint64_t fillers;   /* by the filling at the start and the floor */
    uint64_t cancels;
    uint64_t takes;
    uint64_t informed_looks;
    uint64_t informed_takes;
    uint64_t jumps;
    uint64_t skipped;   /* orders not sent: the traders' share of the pool was used up, or nobody to trade with */
    uint64_t external;  /* inputs that took effect */
    uint64_t live;      /* traders' open orders now */
    double fair_ticks;  /* now */
};

/* 0 if anything in config or params is out of its range. */
size_t pmm_market_memsize(const struct pmm_market_config *config, const struct pmm_market_params *params);
/* 0 or ARGUMENT. */
int pmm_market_init(void *memory, size_t bytes, const struct pmm_market_config *config,
                    const struct pmm_market_params *params);

/*
 * Before the first advance: the market begins at start_ns and not when it was made to. So it can be made, which takes
 * a while, before it is known when. 0 or ARGUMENT.
 */
int pmm_market_begin(struct pmm_market *market, int64_t start_ns);

/*
 * Goes on to until_ns. in: n records of external participants, in order of recv_ns; they are taken over
 * into the market's own queue until they take effect, *consumed counts those. Returns the count written to out, or
 * ARGUMENT. It stops early when out is full or after STEPS_MAX events: while pmm_market_now is below until_ns, or
 * fewer than n are consumed, call again with the rest of the input. Records of one operation may be spread over two
 * calls.
 */
int64_t pmm_market_advance(struct pmm_market *market, int64_t until_ns, const struct pmm_event *in, size_t n,
                           size_t *consumed, struct pmm_event *out, size_t max);

/* The time up to which everything has happened and has been given out. */
int64_t pmm_market_now(const struct pmm_market *market);
/* When something happens next, if nothing is put in: how long the owner may sleep. */
int64_t pmm_market_next(const struct pmm_market *market);

/* By position in params; ARGUMENT if there is none. */
int pmm_market_get_stats(const struct pmm_market *market, uint32_t index, struct pmm_market_stats *stats);
/* The engine, to be read with match.h's const functions; NULL if there is none. */
const struct pmm_match *pmm_market_engine(const struct pmm_market *market, uint32_t index);
/*
 * The book as of pmm_market_now, as pmm_match_snapshot; recv_ns is stamped on it. FULL if max is too small;
 * AGAIN if records from before are still to be given out (advance first), for they would come after it.
 */
int64_t pmm_market_snapshot(const struct pmm_market *market, uint32_t index, int64_t recv_ns, struct pmm_event *out,
                            size_t max);
/* The same in pieces, as pmm_match_part, of the instrument with this id; AGAIN as above, ARGUMENT if it is not here. */
int64_t pmm_market_part(const struct pmm_market *market, uint32_t instrument_id, int64_t recv_ns,
                        struct pmm_place *place, struct pmm_event *out, size_t max);

#endif
