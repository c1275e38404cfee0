/* risk_ledger.c: position, cost, fees and P&L from fills, in 128 bits. */
#include "risk/risk_internal.h"

/* None of cash, fees and turnover passes this, and a cost is a price x lots: so none of the others passes 127 bits. */
#define AMOUNT_MAX ((pmm_wide)1 << 125)

static int is_within(pmm_wide amount) { return amount >= -AMOUNT_MAX && amount <= AMOUNT_MAX; }

/* Whether the position can be counted with so many lots in it: the lowest number has no opposite. */
static int moves_within(const struct risk_ledger *ledger, int is_bid, int64_t quantity) {
    int64_t position;
    if (__builtin_add_overflow(ledger->position, is_bid ? quantity : -quantity, &position)) return 0;
    return position != INT64_MIN;
}

int risk_ledger_holds(const struct risk_ledger *ledger, const struct pmm_event *fill) {
    const int way = fill->kind == PMM_KIND_FILL ? 1 : -1, buys = (fill->side == PMM_SIDE_BID) == (way > 0);
    const pmm_wide notional = pmm_notional(fill->price, fill->quantity), turnover = ledger->turnover + way * notional;
    return moves_within(ledger, buys, fill->quantity) && is_within(turnover) &&
           is_within(ledger->cash + (buys ? -notional : notional)) && is_within(ledger->fees + notional) &&
           is_within(ledger->fees - notional); /* a fee is no more than that */
}

/*
 * cost x closed / held, rounded towards zero. In two parts: cost is a price x held, so that its quotient x closed fits,
 * and so does what the division leaves x closed, where the whole product may not. The remainder stays in cost.
 * What 64 bits hold, nearly everything, is divided in 64: a fraction of the time.
 */
static pmm_wide closed_share(pmm_wide cost, int64_t closed, int64_t held) {
    const int64_t narrow = (int64_t)cost;
    int64_t product;
    if (closed == held) return cost;
    if (narrow == cost && !__builtin_mul_overflow(narrow, closed, &product)) return product / held;
    return cost / held * closed + cost % held * closed / held;
}

/* Lots change hands at a price: cash, cost, what is realised, the position. */
static void move(struct risk_ledger *ledger, int is_bid, int64_t price, int64_t quantity) {
    const pmm_wide notional = pmm_notional(price, quantity);
    ledger->cash += is_bid ? -notional : notional;
    const int64_t position = ledger->position, held = position < 0 ? -position : position;
    const int reduces = (position > 0) != is_bid; /* by nothing, where nothing is held */
    const int64_t closed = !reduces ? 0 : quantity < held ? quantity : held;
    if (closed) {
        pmm_wide cost = closed_share(ledger->cost, closed, held), proceeds = pmm_notional(price, closed);
        ledger->realised += (position > 0 ? proceeds : -proceeds) - cost;
        ledger->cost -= cost;
    }
    pmm_wide opened = pmm_notional(price, quantity - closed);
    ledger->cost += is_bid ? opened : -opened;
    ledger->position += is_bid ? quantity : -quantity;
}

static pmm_wide fee_of(const struct risk_instrument *in, const struct pmm_event *fill) {
    const int64_t fee_e8 = fill->flags & PMM_FLAG_MAKER ? in->terms.maker_fee_e8 : in->terms.taker_fee_e8;
    return fill->flags & PMM_FLAG_FEE_TOLD ? 0 : pmm_money_fee(pmm_notional(fill->price, fill->quantity), fee_e8);
}

/* way: 1 for a fill, -1 for one that was none. */
static void count(struct risk_instrument *in, const struct pmm_event *fill, int way) {
    struct risk_ledger *ledger = &in->ledger;
    const int is_bid = fill->side == PMM_SIDE_BID;
    const int64_t lots = way * fill->quantity;
    move(ledger, is_bid == (way > 0), fill->price, fill->quantity);
    ledger->fees += way * fee_of(in, fill);
    ledger->turnover += way * pmm_notional(fill->price, fill->quantity);
    ledger->bought = pmm_lots_add(ledger->bought, is_bid ? lots : 0);
    ledger->sold = pmm_lots_add(ledger->sold, is_bid ? 0 : lots);
    ledger->bid_fills += is_bid ? way : 0;
    ledger->ask_fills += is_bid ? 0 : way;
}

void risk_ledger_fill(struct risk_instrument *in, const struct pmm_event *fill) { count(in, fill, 1); }

void risk_ledger_bust(struct risk_instrument *in, const struct pmm_event *fill) { count(in, fill, -1); }

static int pay_cash(struct risk_ledger *ledger, const struct pmm_event *fee) {
    const struct pmm_dust before = ledger->quote;
    int beyond = 0;
    const pmm_wide paid = pmm_dust_pay(&ledger->quote, fee, &beyond);
    pmm_wide fees;
    if (beyond || __builtin_add_overflow(ledger->fees, paid, &fees) || !is_within(fees)) {
        ledger->quote = before;
        return 1;
    }
    ledger->fees = fees;
    return 0;
}

/* Lots that went as a fee were sold for nothing: what they cost is lost. */
static int pay_lots(struct risk_ledger *ledger, const struct pmm_event *fee) {
    const struct pmm_dust before = ledger->base;
    int beyond = 0;
    const pmm_wide lots = pmm_dust_pay(&ledger->base, fee, &beyond);
    const int64_t size = pmm_money_narrow(lots < 0 ? -lots : lots, &beyond);
    if (beyond || !moves_within(ledger, lots < 0, size)) {
        ledger->base = before;
        return 1;
    }
    move(ledger, lots < 0, 0, size);
    return 0;
}

int risk_ledger_fee(struct risk_ledger *ledger, const struct pmm_event *fee) {
    if (fee->side == PMM_FEE_QUOTE) return pay_cash(ledger, fee);
    return fee->side == PMM_FEE_BASE ? pay_lots(ledger, fee) : 0;
}

static pmm_wide unrealised(const struct risk_ledger *ledger) {
    if (ledger->ask_price == 0) return 0; /* no reference yet */
    int64_t mark = (int64_t)(((pmm_wide)ledger->bid_price + ledger->ask_price) >> 1);
    return pmm_notional(ledger->position, mark) - ledger->cost;
}

static int64_t show(pmm_wide amount, enum pmm_beyond bit, int64_t *beyond) {
    int passed = 0;
    int64_t narrow = pmm_money_narrow(amount, &passed);
    if (passed) *beyond |= bit;
    return narrow;
}

static int64_t dust_e18(const struct pmm_dust *dust) {
    int passed = 0;
    return pmm_money_narrow(pmm_dust_read(dust->left) / pmm_power_of_ten(dust->decimals - PMM_FEE_DECIMALS_MAX),
                            &passed);
}

void risk_ledger_show(const struct risk_ledger *ledger, struct pmm_position *out) {
    int64_t beyond = 0;
    *out = (struct pmm_position){
        .position = ledger->position,
        .cash = show(ledger->cash, PMM_BEYOND_CASH, &beyond),
        .cost = show(ledger->cost, PMM_BEYOND_COST, &beyond),
        .realised = show(ledger->realised, PMM_BEYOND_REALISED, &beyond),
        .unrealised = show(unrealised(ledger), PMM_BEYOND_UNREALISED, &beyond),
        .fees = show(ledger->fees, PMM_BEYOND_FEES, &beyond),
        .bid_price = ledger->bid_price,
        .ask_price = ledger->ask_price,
        .open_bid = show(ledger->open[0], PMM_BEYOND_OPEN_BID, &beyond),
        .open_ask = show(ledger->open[1], PMM_BEYOND_OPEN_ASK, &beyond),
        .open_orders = ledger->open_orders,
        .bought = ledger->bought,
        .sold = ledger->sold,
        .bid_fills = ledger->bid_fills,
        .ask_fills = ledger->ask_fills,
        .turnover = show(ledger->turnover, PMM_BEYOND_TURNOVER, &beyond),
        .unknown_fills = ledger->unknown_fills,
        .refused_reports = ledger->refused_reports,
    };
    out->beyond = beyond;
    out->base_dust_e18 = dust_e18(&ledger->base);
    out->quote_dust_e18 = dust_e18(&ledger->quote);
}
