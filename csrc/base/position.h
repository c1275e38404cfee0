/*
 * position.h: an instrument's position and P&L, as risk shows them.
 *
 * What it is. The words that risk, and everybody who reads what it shows, have in common. What risk itself counts is
 * wider (risk.h says how).
 */
#ifndef PMM_POSITION_H
#define PMM_POSITION_H

#include <stdint.h>

/* An amount of struct pmm_position that 64 bits do not hold: it is shown as the end of them, of its own sign. */
enum pmm_beyond {
    PMM_BEYOND_CASH = 1,
    PMM_BEYOND_COST = 2,
    PMM_BEYOND_REALISED = 4,
    PMM_BEYOND_UNREALISED = 8,
    PMM_BEYOND_FEES = 16,
    PMM_BEYOND_TURNOVER = 32,
    PMM_BEYOND_OPEN_BID = 64,
    PMM_BEYOND_OPEN_ASK = 128
};

/* What fees leave below one unit of a position or of cash: dust.h. 128 bits each: high half, low half. */
struct pmm_dust {
    uint64_t unit[2]; /* 10^-decimals is 1 */
    uint64_t left[2]; /* the same: 0 to unit - 1 */
    int32_t decimals;
    int32_t reserved;
};

/* Of one instrument. */
struct pmm_position {
    int64_t position;      /* lots */
    int64_t cash;          /* ticks x lots, without fees */
    int64_t cost;          /* the same, of the open position */
    int64_t realised;      /* the same, by the fills that reduced the position */
    int64_t unrealised;    /* the same: position x mark - cost; 0 without a reference */
    int64_t fees;          /* the same: paid; negative: earned */
    int64_t bid_price;     /* ticks: last reference, 0 if none */
    int64_t ask_price;     /* the same */
    int64_t open_bid;      /* lots that would be bought if all open orders filled */
    int64_t open_ask;      /* and sold */
    int64_t open_orders;   /* count */
    int64_t bought;        /* lots, ever */
    int64_t sold;          /* lots, ever */
    int64_t bid_fills;     /* count */
    int64_t ask_fills;     /* count */
    int64_t turnover;      /* ticks x lots */
    int64_t unknown_fills;   /* fills of orders that risk does not know: counted in the position all the same */
    int64_t refused_reports; /* fills, fees and REPLACEDs that no venue could mean */
    int64_t beyond;          /* PMM_BEYOND_*: which of these are not exact */
    int64_t base_dust_e18;   /* owned beside the position, less than a lot; the largest number if it is more */
    int64_t quote_dust_e18;  /* paid too much in fees, less than a tick x lot; the same */
};

#endif
