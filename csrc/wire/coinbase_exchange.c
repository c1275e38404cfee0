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
    F_ASK_SIZE,
    F_ORDER,
    F_MAKER,
    F_REMAINING,
    F_NEW_SIZE,
    F_NEW_PRICE
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
    {"order_id", F_ORDER, 0},
    {"maker_order_id", F_MAKER, 0},
    {"remaining_size", F_REMAINING, 0},
    {"new_size", F_NEW_SIZE, 0},
    {"new_price", F_NEW_PRICE, 0},
};

#define TOP_FIELDS (BIT(F_BID) | BIT(F_BID_SIZE) | BIT(F_ASK) | BIT(F_ASK_SIZE))

static uint32_t kind_of(const struct pmm_scan *s) {
    if (PMM_WIRE_IS(s, F_TYPE, "\"l2update\"")) return PMM_WIRE_DEPTH;
    if (PMM_WIRE_IS(s, F_TYPE, "\"snapshot\"")) return PMM_WIRE_SNAPSHOT;
    if (PMM_WIRE_IS(s, F_TYPE, "\"match\"")) return PMM_WIRE_TRADE;
    if (PMM_WIRE_IS(s, F_TYPE, "\"open\"") || PMM_WIRE_IS(s, F_TYPE, "\"done\"") ||
        PMM_WIRE_IS(s, F_TYPE, "\"change\"") || PMM_WIRE_IS(s, F_TYPE, "\"received\""))
        return PMM_WIRE_ORDER;
    if (!pmm_wire_has(s, BIT(F_TYPE)) && s->wire->snapshot_row >= 0 && s->seen & (BIT(F_BIDS) | BIT(F_ASKS)))
        return PMM_WIRE_SNAPSHOT;
    return PMM_WIRE_IS(s, F_TYPE, "\"ticker\"") && pmm_wire_has(s, TOP_FIELDS) ? PMM_WIRE_TOP : PMM_WIRE_OTHER;
}

static const char *take_levels(struct pmm_scan *s, uint32_t field) {
    if (!s->part && pmm_wire_open(s, s->kind, s->field[field]) < 0) return NULL;
    s->done |= BIT(field);
    if (field == F_CHANGES) return pmm_wire_changes(s, s->field[field]);
    return pmm_wire_levels(s, s->field[field], field == F_BIDS ? PMM_SIDE_BID : PMM_SIDE_ASK);
}

/* A fetched book says nothing before its levels: who asks for one knows that it is. */
static const char *early(struct pmm_scan *s, uint32_t field) {
    if (s->wire->snapshot_row >= 0 && field != F_CHANGES && s->depth == 1 && !pmm_wire_has(s, BIT(F_TYPE))) {
        s->kind = PMM_WIRE_SNAPSHOT;
        return take_levels(s, field);
    }
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
    if (!pmm_wire_has(s, BIT(F_TYPE))) {
        uint64_t sequence = 0;
        if ((code = pmm_wire_need(s, BIT(F_SEQUENCE))) < 0) return code;
        if ((code = pmm_wire_whole(s, F_SEQUENCE, &sequence)) < 0) return code;
        pmm_wire_renumber(s, sequence);
    }
    pmm_wire_restamp(s, s->stamp.venue_ns);
    return pmm_wire_close(s);
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const int letter = (c | 32) - 'a';
    return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

/*
 * An order's id, 36 bytes between quotes, p at the first: its 128 bits folded into 64 by XOR, so that all of the 122
 * that are random count. That a new order has the id of one that rests happens once in many years; what a book that
 * follows them does then is said in l3levels.h. Past the second quote, or NULL and SYNTAX.
 */
static const char *fold_id(struct pmm_scan *s, const char *p, uint64_t *id) {
    uint64_t half[2] = {0, 0};
    if (s->end - p < 38 || *p != '"' || p[37] != '"') return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
    for (int i = 0, digits = 0; i < 36; i++) {
        const char c = p[1 + i];
        const int is_dash = i == 8 || i == 13 || i == 18 || i == 23, digit = is_dash ? 0 : digit_of(c);
        if (digit < 0 || (is_dash && c != '-')) return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
        if (!is_dash) half[digits / 16] = half[digits / 16] << 4 | (uint64_t)digit;
        digits += !is_dash;
    }
    *id = half[0] ^ half[1];
    return p + 38;
}

/* In a book of levels a number of orders stands there. */
static const char *identify(struct pmm_scan *s, const char *p, struct pmm_event *event) {
    if (p >= s->end || *p != '"') return pmm_json_skip(p, s->end, s->depth + 2, &s->fault);
    event->kind = PMM_KIND_ORDER_ADD;
    return fold_id(s, p, &event->order_id);
}

/* The side of a single order, which the venue says in all messages. */
static int side_of(struct pmm_scan *s, uint8_t *side) {
    const int sells = PMM_WIRE_IS(s, F_SIDE, "\"sell\"");
    if (!sells && !PMM_WIRE_IS(s, F_SIDE, "\"buy\"")) return pmm_wire_fail(s, s->field[F_SIDE], PMM_ERR_SYNTAX);
    *side = sells ? PMM_SIDE_ASK : PMM_SIDE_BID;
    return PMM_OK;
}

/* A record of the single order whose id stands in a field. */
static struct pmm_event *order(struct pmm_scan *s, uint8_t kind, uint32_t id) {
    struct pmm_event *event = pmm_wire_append(s, s->field[id], kind);
    if (!event || side_of(s, &event->side) < 0 || !fold_id(s, s->field[id], &event->order_id)) return NULL;
    return event;
}

static int begin_order(struct pmm_scan *s, uint32_t fields) {
    uint64_t sequence = 0;
    int code = pmm_wire_need(s, fields | BIT(F_SEQUENCE) | BIT(F_SIDE));
    if (code == 0) code = pmm_wire_whole(s, F_SEQUENCE, &sequence);
    if (code < 0) return code;
    s->stamp.aux = (int64_t)sequence;
    if (pmm_wire_open(s, PMM_WIRE_ORDER, s->end) < 0) return PMM_ERR_FULL;
    s->part->first_id = s->part->final_id = sequence;
    return PMM_OK;
}

static int is_said(const struct pmm_scan *s, uint32_t field) {
    return pmm_wire_has(s, BIT(field)) && !PMM_WIRE_IS(s, field, "null");
}

/*
 * A message that only counts is a part without records: `received`, and the change of an order that never rests. A
 * market order has no price, or changes in funds.
 */
static int finish_order(struct pmm_scan *s) {
    const int opens = PMM_WIRE_IS(s, F_TYPE, "\"open\"");
    const uint32_t price = is_said(s, F_NEW_PRICE) ? F_NEW_PRICE : F_PRICE;
    int code = begin_order(s, BIT(F_ORDER) | (opens ? BIT(F_PRICE) | BIT(F_REMAINING) : 0));
    if (code < 0) return code;
    struct pmm_event *event = NULL;
    if (opens) {
        event = order(s, PMM_KIND_ORDER_ADD, F_ORDER);
        if (!event || pmm_wire_level(s, F_PRICE, F_REMAINING, event) < 0) return s->fault.code;
    } else if (PMM_WIRE_IS(s, F_TYPE, "\"done\"")) {
        if (!order(s, PMM_KIND_ORDER_REMOVE, F_ORDER)) return s->fault.code;
    } else if (PMM_WIRE_IS(s, F_TYPE, "\"change\"") && is_said(s, price) && is_said(s, F_NEW_SIZE)) {
        event = order(s, PMM_KIND_ORDER_REPLACE, F_ORDER);
        if (!event || pmm_wire_level(s, price, F_NEW_SIZE, event) < 0) return s->fault.code;
        event->aux = (int64_t)event->order_id;
    }
    return pmm_wire_close(s);
}

/* Of a match, what it takes from the order that rested. */
static int finish_execution(struct pmm_scan *s) {
    int code = begin_order(s, BIT(F_MAKER));
    if (code < 0) return code;
    struct pmm_event *event = order(s, PMM_KIND_ORDER_EXECUTE, F_MAKER);
    if (!event || pmm_wire_level(s, F_PRICE, F_SIZE, event) < 0) return s->fault.code;
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
    return code == 0 && pmm_wire_has(s, BIT(F_MAKER) | BIT(F_SEQUENCE)) ? finish_execution(s) : code;
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
    int code = s->wire->snapshot_row < 0 || s->kind != PMM_WIRE_SNAPSHOT ? pmm_wire_need(s, BIT(F_PRODUCT)) : PMM_OK;
    /* A fetched book was begun, and a type came behind its levels. */
    if (code == 0 && s->part && s->kind != s->part->kind) code = pmm_wire_fail(s, s->end, PMM_ERR_SYNTAX);
    if (code < 0) return code;
    if (!s->instrument) return pmm_wire_unasked(s, s->kind);
    if (pmm_wire_has(s, BIT(F_TIME)) && (code = pmm_wire_time(s, F_TIME, &s->stamp.venue_ns)) < 0) return code;
    switch (s->kind) {
    case PMM_WIRE_DEPTH: return finish_levels(s, BIT(F_CHANGES));
    case PMM_WIRE_SNAPSHOT: return finish_levels(s, BIT(F_BIDS) | BIT(F_ASKS));
    case PMM_WIRE_TRADE: return finish_trade(s);
    case PMM_WIRE_ORDER: return finish_order(s);
    default: return finish_top(s);
    }
}

static const struct pmm_wire_venue COINBASE_EXCHANGE = {
    PMM_WIRE_KEYS(KEYS), early, know, finish, PMM_VENUE_COINBASE_EXCHANGE, 0, 0, 0, identify};
const struct pmm_wire_venue *const PMM_WIRE_COINBASE_EXCHANGE = &COINBASE_EXCHANGE;
