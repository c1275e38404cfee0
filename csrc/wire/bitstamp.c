/* bitstamp.c: Bitstamp's keys, and which message a channel and an event make of them. */
#include "wire/bitstamp.h"

#include "base/error.h"
#include "wire/fields.h"

#define BIT PMM_WIRE_BIT

enum {
    F_EVENT,
    F_CHANNEL,
    F_NONE, /* of `data`, which is not stored */
    F_TIME,
    F_BIDS,
    F_ASKS,
    F_ID,
    F_PRICE,
    F_AMOUNT,
    F_TYPE,
    F_ORDER_TYPE
};

static const struct pmm_wire_key KEYS[] = {
    {"microtimestamp", F_TIME, 0},
    {"bids", F_BIDS, PMM_WIRE_EARLY},
    {"asks", F_ASKS, PMM_WIRE_EARLY},
    {"data", F_NONE, PMM_WIRE_OUTER | PMM_WIRE_INSIDE},
    {"channel", F_CHANNEL, PMM_WIRE_OUTER},
    {"event", F_EVENT, PMM_WIRE_OUTER},
    {"id", F_ID, 0},
    {"price_str", F_PRICE, 0},
    {"amount_str", F_AMOUNT, 0},
    {"type", F_TYPE, 0},
    {"order_type", F_ORDER_TYPE, 0},
};

#define DIFF   "\"diff_order_book_"
#define BOOK   "\"order_book_"
#define TRADES "\"live_trades_"
#define ORDERS "\"live_orders_"

/* By its channel, its instrument too where that has a name. */
static void know(struct pmm_scan *s) {
    size_t prefix = 0;
    s->kind = PMM_WIRE_OTHER;
    if (PMM_WIRE_IS(s, F_EVENT, "\"data\"") && PMM_WIRE_IS(s, F_CHANNEL, DIFF)) {
        s->kind = PMM_WIRE_DEPTH;
        prefix = sizeof DIFF - 2;
    } else if (PMM_WIRE_IS(s, F_EVENT, "\"data\"") && PMM_WIRE_IS(s, F_CHANNEL, BOOK)) {
        s->kind = PMM_WIRE_SNAPSHOT;
        prefix = sizeof BOOK - 2;
    } else if (PMM_WIRE_IS(s, F_EVENT, "\"trade\"") && PMM_WIRE_IS(s, F_CHANNEL, TRADES)) {
        s->kind = PMM_WIRE_TRADE;
        prefix = sizeof TRADES - 2;
    } else if (PMM_WIRE_IS(s, F_EVENT, "\"order_") && PMM_WIRE_IS(s, F_CHANNEL, ORDERS)) {
        s->kind = PMM_WIRE_ORDER;
        prefix = sizeof ORDERS - 2;
    } else if (!(s->seen & (BIT(F_EVENT) | BIT(F_CHANNEL))) && s->seen & (BIT(F_BIDS) | BIT(F_ASKS))) {
        s->kind = PMM_WIRE_SNAPSHOT;
    }
    if (prefix > 0) pmm_wire_find(s, F_CHANNEL, prefix, 0, 0);
}

static int set_time(struct pmm_scan *s, uint64_t *micros) {
    int code = pmm_wire_quoted_whole(s, F_TIME, micros);
    return code < 0 ? code : pmm_wire_since(s, F_TIME, 1, s->venue->unit_ns, &s->stamp.venue_ns);
}

static const char *take_levels(struct pmm_scan *s, uint32_t field) {
    if (!s->part) {
        uint64_t micros = 0;
        if (set_time(s, &micros) < 0) return NULL;
        s->stamp.aux = (int64_t)micros;
        if (pmm_wire_open(s, s->kind, s->field[field]) < 0) return NULL;
        s->part->first_id = s->part->final_id = micros;
    }
    s->done |= BIT(field);
    return pmm_wire_levels(s, s->field[field], field == F_BIDS ? PMM_SIDE_BID : PMM_SIDE_ASK);
}

/* A bare order book alone says what it is before its levels. */
static const char *early(struct pmm_scan *s, uint32_t field) {
    if (s->wire->snapshot_row < 0 || s->depth != 1 || !pmm_wire_has(s, BIT(F_TIME))) return NULL;
    s->kind = PMM_WIRE_SNAPSHOT;
    return take_levels(s, field);
}

static int finish_levels(struct pmm_scan *s) {
    int code = pmm_wire_need(s, BIT(F_TIME) | BIT(F_BIDS) | BIT(F_ASKS));
    if (code < 0) return code;
    if (!(s->done & BIT(F_BIDS)) && !take_levels(s, F_BIDS)) return s->fault.code;
    if (!(s->done & BIT(F_ASKS)) && !take_levels(s, F_ASKS)) return s->fault.code;
    return pmm_wire_close(s);
}

static int finish_trade(struct pmm_scan *s) {
    uint64_t id = 0, side = 0, micros = 0;
    int code = pmm_wire_need(s, BIT(F_ID) | BIT(F_PRICE) | BIT(F_AMOUNT) | BIT(F_TYPE) | BIT(F_TIME));
    if (code == 0) code = set_time(s, &micros);
    if (code == 0) code = pmm_wire_whole(s, F_ID, &id);
    if (code == 0) code = pmm_wire_whole(s, F_TYPE, &side);
    if (code == 0 && side > 1) code = pmm_wire_fail(s, s->field[F_TYPE], PMM_ERR_RANGE);
    return code < 0 ? code : pmm_wire_trade(s, F_PRICE, F_AMOUNT, id, side ? PMM_SIDE_ASK : PMM_SIDE_BID);
}

/* In a fetched book of single orders; text in quotes, or a bare number. */
static const char *identify(struct pmm_scan *s, const char *p, struct pmm_event *event) {
    const int quoted = p < s->end && *p == '"';
    uint64_t id = 0;
    const char *digits = p += quoted;
    for (; p < s->end && *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(id, 10, &id) || __builtin_add_overflow(id, (uint64_t)(*p - '0'), &id))
            return pmm_json_fail(&s->fault, p, PMM_ERR_RANGE);
    if (p == digits || (quoted && (p == s->end || *p != '"'))) return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
    event->kind = PMM_KIND_ORDER_ADD;
    event->order_id = id;
    return p + quoted;
}

static uint8_t kind_of_order(const struct pmm_scan *s) {
    if (PMM_WIRE_IS(s, F_EVENT, "\"order_created\"")) return PMM_KIND_ORDER_ADD;
    if (PMM_WIRE_IS(s, F_EVENT, "\"order_changed\"")) return PMM_KIND_ORDER_REPLACE;
    return PMM_WIRE_IS(s, F_EVENT, "\"order_deleted\"") ? PMM_KIND_ORDER_REMOVE : PMM_KIND_NONE;
}

static int set_order(struct pmm_scan *s, uint8_t kind, uint64_t id, uint8_t side) {
    struct pmm_event *event = pmm_wire_append(s, s->end, kind);
    if (!event || !pmm_wire_ticks(s, s->field[F_PRICE], &event->price) ||
        !pmm_wire_lots(s, s->field[F_AMOUNT], &event->quantity))
        return s->fault.code;
    event->order_id = id;
    event->side = side;
    if (kind == PMM_KIND_ORDER_REPLACE) event->aux = (int64_t)id;
    /* A market order has no price, and never rests. */
    if (event->price == 0 && kind != PMM_KIND_ORDER_REMOVE) s->wire->count--;
    return PMM_OK;
}

static int finish_order(struct pmm_scan *s) {
    const uint8_t kind = kind_of_order(s);
    uint64_t id = 0, side = 0, micros = 0;
    int code = pmm_wire_need(s, BIT(F_ID) | BIT(F_PRICE) | BIT(F_AMOUNT) | BIT(F_ORDER_TYPE) | BIT(F_TIME));
    if (code == 0 && kind == PMM_KIND_NONE) code = pmm_wire_fail(s, s->field[F_EVENT], PMM_ERR_SYNTAX);
    if (code == 0) code = set_time(s, &micros);
    if (code == 0) code = pmm_wire_whole(s, F_ID, &id);
    if (code == 0) code = pmm_wire_whole(s, F_ORDER_TYPE, &side);
    if (code == 0 && side > 1) code = pmm_wire_fail(s, s->field[F_ORDER_TYPE], PMM_ERR_RANGE);
    if (code < 0) return code;
    s->stamp.aux = (int64_t)micros;
    if (pmm_wire_open(s, PMM_WIRE_ORDER, s->end) < 0) return PMM_ERR_FULL;
    s->part->first_id = s->part->final_id = micros;
    code = set_order(s, kind, id, side ? PMM_SIDE_ASK : PMM_SIDE_BID);
    return code < 0 ? code : pmm_wire_close(s);
}

static int finish(struct pmm_scan *s) {
    /* A bare book was begun, and a name came behind its levels. */
    if (s->part && s->kind != PMM_WIRE_SNAPSHOT) return pmm_wire_fail(s, s->end, PMM_ERR_SYNTAX);
    if (!s->instrument) return pmm_wire_unasked(s, s->kind);
    if (s->kind == PMM_WIRE_ORDER) return finish_order(s);
    return s->kind == PMM_WIRE_TRADE ? finish_trade(s) : finish_levels(s);
}

static const struct pmm_wire_venue BITSTAMP = {
    PMM_WIRE_KEYS(KEYS), early, know, finish, PMM_VENUE_BITSTAMP, 0, 0, 1000, identify};
const struct pmm_wire_venue *const PMM_WIRE_BITSTAMP = &BITSTAMP;
