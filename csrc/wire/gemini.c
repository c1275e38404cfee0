/* gemini.c: the keys of Gemini's v2 market data, and its two messages to their parts. */
#include "wire/gemini.h"

#include "base/error.h"
#include "wire/fields.h"

#define BIT PMM_WIRE_BIT

enum {
    F_TYPE,
    F_SYMBOL,
    F_CHANGES,
    F_TRADES,
    F_PRICE,
    F_QUANTITY,
    F_SIDE,
    F_TID,
    F_TIMESTAMP
};

static const struct pmm_wire_key KEYS[] = {
    {"changes", F_CHANGES, 0}, {"symbol", F_SYMBOL, 0}, {"type", F_TYPE, 0},
    {"trades", F_TRADES, 0},   {"price", F_PRICE, 0},   {"quantity", F_QUANTITY, 0},
    {"side", F_SIDE, 0},       {"tid", F_TID, 0},       {"timestamp", F_TIMESTAMP, 0},
};

static int finish_levels(struct pmm_scan *s) {
    int code = pmm_wire_need(s, BIT(F_CHANGES));
    if (code == 0) code = pmm_wire_open(s, s->kind, s->field[F_CHANGES]);
    if (code == 0 && !pmm_wire_changes(s, s->field[F_CHANGES])) code = s->fault.code;
    return code < 0 ? code : pmm_wire_close(s);
}

static int finish_trade(struct pmm_scan *s) {
    uint64_t id = 0;
    int code = pmm_wire_need(s, BIT(F_PRICE) | BIT(F_QUANTITY) | BIT(F_SIDE) | BIT(F_TID) | BIT(F_TIMESTAMP));
    if (code == 0) code = pmm_wire_since(s, F_TIMESTAMP, 0, s->venue->unit_ns, &s->stamp.venue_ns);
    if (code == 0) code = pmm_wire_whole(s, F_TID, &id);
    if (code < 0) return code;
    const int sell = PMM_WIRE_IS(s, F_SIDE, "\"sell\"");
    if (!sell && !PMM_WIRE_IS(s, F_SIDE, "\"buy\"")) return pmm_wire_fail(s, s->field[F_SIDE], PMM_ERR_SYNTAX);
    return pmm_wire_trade(s, F_PRICE, F_QUANTITY, id, sell ? PMM_SIDE_ASK : PMM_SIDE_BID);
}

static void know(struct pmm_scan *s) {
    if (PMM_WIRE_IS(s, F_TYPE, "\"l2_updates\""))
        s->kind = pmm_wire_has(s, BIT(F_TRADES)) ? PMM_WIRE_SNAPSHOT : PMM_WIRE_DEPTH;
    else
        s->kind = PMM_WIRE_IS(s, F_TYPE, "\"trade\"") ? PMM_WIRE_TRADE : PMM_WIRE_OTHER;
    if (pmm_wire_has(s, BIT(F_SYMBOL))) pmm_wire_find(s, F_SYMBOL, 0, 0, 0);
}

static int finish(struct pmm_scan *s) {
    int code = pmm_wire_need(s, BIT(F_SYMBOL));
    if (code < 0) return code;
    if (!s->instrument) return pmm_wire_unasked(s, s->kind);
    return s->kind == PMM_WIRE_TRADE ? finish_trade(s) : finish_levels(s);
}

static const struct pmm_wire_venue GEMINI_V2 = {PMM_WIRE_KEYS(KEYS), NULL, know, finish, PMM_VENUE_GEMINI, 0, 0,
                                                INT64_C(1000000),    NULL};
const struct pmm_wire_venue *const PMM_WIRE_GEMINI_V2 = &GEMINI_V2;
