/* risk_ledger.c: position, cost, fees and P&L from fills, in 128 bits. */
#include "risk/risk_internal.h"

static int64_t signed_lots(const struct pmm_event *fill) {
    return fill->side == PMM_SIDE_BID ? fill->quantity : -fill->quantity;
}

/* No other amount is more than twice the turnover: while that is below this none of them passes 127 bits. */
#define TURNOVER_MAX ((pmm_wide)1 << 125)

int risk_ledger_holds(const struct risk_ledger *ledger, const struct pmm_event *fill) {
    int64_t position;
    if (__builtin_add_overflow(ledger->position, signed_lots(fill), &position)) return 0;
    /* The lowest number has no opposite. */
    return position != INT64_MIN && ledger->turnover + pmm_notional(fill->price, fill->quantity) <= TURNOVER_MAX;
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

void risk_ledger_fill(struct risk_instrument *in, const struct pmm_event *fill) {
    struct risk_ledger *ledger = &in->ledger;
    const int is_bid = fill->side == PMM_SIDE_BID;
    const pmm_wide notional = pmm_notional(fill->price, fill->quantity);
    const int64_t fee_e8 = fill->flags & PMM_FLAG_MAKER ? in->terms.maker_fee_e8 : in->terms.taker_fee_e8;
    ledger->cash += is_bid ? -notional : notional;
    ledger->fees += pmm_money_fee(notional, fee_e8);
    ledger->turnover += notional;
    ledger->bought = pmm_lots_add(ledger->bought, is_bid ? fill->quantity : 0);
    ledger->sold = pmm_lots_add(ledger->sold, is_bid ? 0 : fill->quantity);
    ledger->bid_fills += is_bid;
    ledger->ask_fills += !is_bid;

    const int64_t position = ledger->position, held = position < 0 ? -position : position;
    const int reduces = (position > 0) != is_bid; /* by nothing, where nothing is held */
    const int64_t closed = !reduces ? 0 : fill->quantity < held ? fill->quantity : held;
    if (closed) {
        pmm_wide cost = closed_share(ledger->cost, closed, held), proceeds = pmm_notional(fill->price, closed);
        ledger->realised += (position > 0 ? proceeds : -proceeds) - cost;
        ledger->cost -= cost;
    }
    pmm_wide opened = pmm_notional(fill->price, fill->quantity - closed);
    ledger->cost += is_bid ? opened : -opened;
    ledger->position += signed_lots(fill);
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
}
