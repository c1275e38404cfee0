/* coinbase_exchange.c: Coinbase Exchange's keys, and what each type of message becomes. */
#include "wire/coinbase_exchange.h"

#include "base/error.h"
#include "wire/fields.h"

#define BIT PMM_WIRE_BIT

enum {
    F_TYPE,
    F_PRODUCT,
    F_CHANGES,
    F_BIDS,
    F_ASKS,
    F_TIME,
    F_SEQUENCE,
    F_TRADE_ID,
    F_SIDE,
    F_PRICE,
    F_SIZE,
    F_BID,
    F_BID_SIZE,
    F_ASK,
    F_ASK_SIZE
};

static const struct pmm_wire_key KEYS[] = {
    {"type", F_TYPE, 0},
    {"product_id", F_PRODUCT, 0},
    {"changes", F_CHANGES, PMM_WIRE_EARLY},
    {"time", F_TIME, 0},
    {"bids", F_BIDS, PMM_WIRE_EARLY},
    {"asks", F_ASKS, PMM_WIRE_EARLY},
    {"sequence", F_SEQUENCE, 0},
    {"trade_id", F_TRADE_ID, 0},
    {"side", F_SIDE, 0},
    {"price", F_PRICE, 0},
    {"size", F_SIZE, 0},
    {"best_bid", F_BID, 0},
    {"best_bid_size", F_BID_SIZE, 0},
    {"best_ask", F_ASK, 0},
    {"best_ask_size", F_ASK_SIZE, 0},
};

#define TOP_FIELDS (BIT(F_BID) | BIT(F_BID_SIZE) | BIT(F_ASK) | BIT(F_ASK_SIZE))

static uint32_t kind_of(const struct pmm_scan *s) {
    if (PMM_WIRE_IS(s, F_TYPE, "\"l2update\"")) return PMM_WIRE_DEPTH;
    if (PMM_WIRE_IS(s, F_TYPE, "\"snapshot\"")) return PMM_WIRE_SNAPSHOT;
    if (PMM_WIRE_IS(s, F_TYPE, "\"match\"")) return PMM_WIRE_TRADE;
    return PMM_WIRE_IS(s, F_TYPE, "\"ticker\"") && pmm_wire_has(s, TOP_FIELDS) ? PMM_WIRE_TOP : PMM_WIRE_OTHER;
}

static const char *take_levels(struct pmm_scan *s, uint32_t field) {
    if (!s->part && pmm_wire_open(s, s->kind, s->field[field]) < 0) return NULL;
    s->done |= BIT(field);
    if (field == F_CHANGES) return pmm_wire_changes(s, s->field[field]);
    return pmm_wire_levels(s, s->field[field], field == F_BIDS ? PMM_SIDE_BID : PMM_SIDE_ASK);
}

static const char *early(struct pmm_scan *s, uint32_t field) {
    if (!pmm_wire_has(s, BIT(F_TYPE) | BIT(F_PRODUCT))) return NULL;
    s->kind = kind_of(s);
    if (s->kind != (field == F_CHANGES ? PMM_WIRE_DEPTH : PMM_WIRE_SNAPSHOT)) return NULL;
    pmm_wire_find(s, F_PRODUCT, 0, 0, 0);
    return s->instrument ? take_levels(s, field) : NULL;
}

static int finish_levels(struct pmm_scan *s, uint32_t fields) {
    int code = pmm_wire_need(s, fields);
    if (code < 0) return code;
    for (uint32_t field = F_CHANGES; field <= F_ASKS; field++)
        if (fields & ~s->done & BIT(field) && !take_levels(s, field)) return s->fault.code;
    pmm_wire_restamp(s, s->stamp.venue_ns);
    return pmm_wire_close(s);
}

static int finish_trade(struct pmm_scan *s) {
    uint64_t id = 0, sequence = 0;
    int code = pmm_wire_need(s, BIT(F_TRADE_ID) | BIT(F_SIDE) | BIT(F_PRICE) | BIT(F_SIZE) | BIT(F_TIME));
    if (code == 0) code = pmm_wire_whole(s, F_TRADE_ID, &id);
    if (code == 0 && pmm_wire_has(s, BIT(F_SEQUENCE))) code = pmm_wire_whole(s, F_SEQUENCE, &sequence);
    if (code < 0) return code;
    const int maker_sells = PMM_WIRE_IS(s, F_SIDE, "\"sell\"");
    if (!maker_sells && !PMM_WIRE_IS(s, F_SIDE, "\"buy\"")) return pmm_wire_fail(s, s->field[F_SIDE], PMM_ERR_SYNTAX);
    code = pmm_wire_trade(s, F_PRICE, F_SIZE, id, maker_sells ? PMM_SIDE_BID : PMM_SIDE_ASK);
    if (code == 0) s->wire->parts[s->wire->part_count - 1].first_id = sequence;
    return code;
}

static int finish_top(struct pmm_scan *s) {
    static const struct pmm_wire_top_fields FIELDS = {F_BID, F_BID_SIZE, F_ASK, F_ASK_SIZE};
    uint64_t sequence = 0;
    int code = pmm_wire_has(s, BIT(F_SEQUENCE)) ? pmm_wire_whole(s, F_SEQUENCE, &sequence) : PMM_OK;
    if (code == 0) code = pmm_wire_top(s, &FIELDS);
    if (code == 0) s->wire->parts[s->wire->part_count - 1].first_id = sequence;
    return code;
}

static void know(struct pmm_scan *s) {
    s->kind = kind_of(s);
    if (pmm_wire_has(s, BIT(F_PRODUCT))) pmm_wire_find(s, F_PRODUCT, 0, 0, 0);
}

static int finish(struct pmm_scan *s) {
    int code = pmm_wire_need(s, BIT(F_PRODUCT));
    if (code < 0) return code;
    if (!s->instrument) return pmm_wire_unasked(s, s->kind);
    if (pmm_wire_has(s, BIT(F_TIME)) && (code = pmm_wire_time(s, F_TIME, &s->stamp.venue_ns)) < 0) return code;
    switch (s->kind) {
    case PMM_WIRE_DEPTH: return finish_levels(s, BIT(F_CHANGES));
    case PMM_WIRE_SNAPSHOT: return finish_levels(s, BIT(F_BIDS) | BIT(F_ASKS));
    case PMM_WIRE_TRADE: return finish_trade(s);
    default: return finish_top(s);
    }
}

static const struct pmm_wire_venue COINBASE_EXCHANGE = {PMM_WIRE_KEYS(KEYS),         early, know, finish,
                                                        PMM_VENUE_COINBASE_EXCHANGE, 0,     0,    0};
const struct pmm_wire_venue *const PMM_WIRE_COINBASE_EXCHANGE = &COINBASE_EXCHANGE;
