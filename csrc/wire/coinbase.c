/* coinbase.c: Coinbase Advanced Trade's keys, and the events of its channels to the parts of a message. */
#include "wire/coinbase.h"

#include "base/error.h"
#include "wire/fields.h"

#define BIT PMM_WIRE_BIT

enum {
    F_CHANNEL,
    F_TIMESTAMP,
    F_SEQUENCE,
    F_EVENTS,
    F_TYPE, /* of an event */
    F_EVENT_PRODUCT,
    F_UPDATES,
    F_TRADES,
    F_TICKERS,
    F_SIDE, /* of an update */
    F_LEVEL_PRICE,
    F_LEVEL_QUANTITY,
    F_PRODUCT, /* of a trade or ticker */
    F_TRADE_ID,
    F_PRICE,
    F_SIZE,
    F_TIME,
    F_TRADE_SIDE,
    F_BID,
    F_BID_QUANTITY,
    F_ASK,
    F_ASK_QUANTITY
};

static const struct pmm_wire_key KEYS[] = {
    {"channel", F_CHANNEL, 0},
    {"timestamp", F_TIMESTAMP, 0},
    {"sequence_num", F_SEQUENCE, 0},
    {"events", F_EVENTS, PMM_WIRE_EARLY},
};

static const struct pmm_wire_key EVENT_KEYS[] = {
    {"type", F_TYPE, 0},
    {"product_id", F_EVENT_PRODUCT, 0},
    {"updates", F_UPDATES, PMM_WIRE_EARLY},
    {"trades", F_TRADES, PMM_WIRE_EARLY},
    {"tickers", F_TICKERS, PMM_WIRE_EARLY},
};
static const struct pmm_wire_keys EVENT = PMM_WIRE_KEYS(EVENT_KEYS);

static const struct pmm_wire_key UPDATE_KEYS[] = {
    {"side", F_SIDE, 0},
    {"price_level", F_LEVEL_PRICE, 0},
    {"new_quantity", F_LEVEL_QUANTITY, 0},
};
static const struct pmm_wire_keys UPDATE = PMM_WIRE_KEYS(UPDATE_KEYS);

static const struct pmm_wire_key TRADE_KEYS[] = {
    {"product_id", F_PRODUCT, 0}, {"trade_id", F_TRADE_ID, 0}, {"price", F_PRICE, 0},
    {"size", F_SIZE, 0},          {"time", F_TIME, 0},         {"side", F_TRADE_SIDE, 0},
};
static const struct pmm_wire_keys TRADE = PMM_WIRE_KEYS(TRADE_KEYS);

static const struct pmm_wire_key TICKER_KEYS[] = {
    {"product_id", F_PRODUCT, 0},
    {"best_bid", F_BID, 0},
    {"best_ask", F_ASK, 0},
    {"best_bid_quantity", F_BID_QUANTITY, 0},
    {"best_ask_quantity", F_ASK_QUANTITY, 0},
};
static const struct pmm_wire_keys TICKER = PMM_WIRE_KEYS(TICKER_KEYS);

static int is_snapshot(const struct pmm_scan *s) { return PMM_WIRE_IS(s, F_TYPE, "\"snapshot\""); }

/* An event is an update or a snapshot; what else it may be one day is not known here. */
static int need_type(struct pmm_scan *s) {
    if (is_snapshot(s) || PMM_WIRE_IS(s, F_TYPE, "\"update\"")) return PMM_OK;
    return pmm_wire_fail(s, pmm_wire_has(s, BIT(F_TYPE)) ? s->field[F_TYPE] : s->end, PMM_ERR_SYNTAX);
}

static int update(struct pmm_scan *s) {
    int code = pmm_wire_need(s, BIT(F_SIDE) | BIT(F_LEVEL_PRICE) | BIT(F_LEVEL_QUANTITY));
    if (code < 0) return code;
    const int bid = PMM_WIRE_IS(s, F_SIDE, "\"bid\"");
    if (!bid && !PMM_WIRE_IS(s, F_SIDE, "\"offer\"")) return pmm_wire_fail(s, s->field[F_SIDE], PMM_ERR_SYNTAX);
    struct pmm_event *event = pmm_wire_append(s, s->field[F_SIDE], PMM_KIND_DEPTH);
    if (!event) return s->fault.code;
    event->side = bid ? PMM_SIDE_BID : PMM_SIDE_ASK;
    return pmm_wire_level(s, F_LEVEL_PRICE, F_LEVEL_QUANTITY, event);
}

/* Whom an element is of, before all else that it may lack. 0, or SYNTAX if it does not say. */
static int know_product(struct pmm_scan *s, uint32_t field) {
    int code = pmm_wire_need(s, BIT(field));
    if (code == 0) pmm_wire_find(s, field, 0, 0, 0);
    return code;
}

static int trade(struct pmm_scan *s) {
    uint64_t id = 0;
    int code = know_product(s, F_PRODUCT);
    if (code < 0) return code;
    if (!s->instrument) return pmm_wire_unasked(s, PMM_WIRE_TRADE);
    code = pmm_wire_need(s, BIT(F_TRADE_ID) | BIT(F_PRICE) | BIT(F_SIZE) | BIT(F_TIME) | BIT(F_TRADE_SIDE));
    if (code < 0) return code;
    if ((code = pmm_wire_time(s, F_TIME, &s->stamp.venue_ns)) < 0) return code;
    if ((code = pmm_wire_quoted_whole(s, F_TRADE_ID, &id)) < 0) return code;
    const int maker_sells = PMM_WIRE_IS(s, F_TRADE_SIDE, "\"SELL\"");
    if (!maker_sells && !PMM_WIRE_IS(s, F_TRADE_SIDE, "\"BUY\""))
        return pmm_wire_fail(s, s->field[F_TRADE_SIDE], PMM_ERR_SYNTAX);
    return pmm_wire_trade(s, F_PRICE, F_SIZE, id, maker_sells ? PMM_SIDE_BID : PMM_SIDE_ASK);
}

static int ticker(struct pmm_scan *s) {
    static const struct pmm_wire_top_fields FIELDS = {F_BID, F_BID_QUANTITY, F_ASK, F_ASK_QUANTITY};
    int code = know_product(s, F_PRODUCT);
    if (code < 0) return code;
    if (!s->instrument) return pmm_wire_unasked(s, PMM_WIRE_TOP);
    code = pmm_wire_need(s, BIT(F_BID) | BIT(F_BID_QUANTITY) | BIT(F_ASK) | BIT(F_ASK_QUANTITY));
    if (code == 0) code = pmm_wire_time(s, F_TIMESTAMP, &s->stamp.venue_ns);
    return code < 0 ? code : pmm_wire_top(s, &FIELDS);
}

/* The levels of an event whose type and product have been seen. */
static const char *take_updates(struct pmm_scan *s) {
    s->kind = is_snapshot(s) ? PMM_WIRE_SNAPSHOT : PMM_WIRE_DEPTH;
    s->stamp.aux = (int64_t)s->sequence;
    if (need_type(s) < 0 || pmm_wire_time(s, F_TIMESTAMP, &s->stamp.venue_ns) < 0) return NULL;
    if (pmm_wire_open(s, s->kind, s->field[F_UPDATES]) < 0) return NULL;
    s->done |= BIT(F_UPDATES);
    return pmm_wire_each(s, s->field[F_UPDATES], &UPDATE, update);
}

static int finish_updates(struct pmm_scan *s) {
    s->kind = is_snapshot(s) ? PMM_WIRE_SNAPSHOT : PMM_WIRE_DEPTH;
    int code = know_product(s, F_EVENT_PRODUCT);
    if (code < 0) return code;
    if (!s->instrument) return pmm_wire_unasked(s, s->kind);
    if ((code = pmm_wire_need(s, BIT(F_TYPE) | BIT(F_UPDATES))) < 0) return code;
    if (!(s->done & BIT(F_UPDATES)) && !take_updates(s)) return s->fault.code;
    return pmm_wire_close(s);
}

/* The venue lists the trades of an event from the newest to the oldest. */
static void turn_round(struct pmm_wire_part *parts, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        const struct pmm_wire_part newer = parts[i];
        parts[i] = parts[count - 1 - i];
        parts[count - 1 - i] = newer;
    }
}

static const char *take_trades(struct pmm_scan *s) {
    const size_t before = s->wire->part_count;
    if (is_snapshot(s)) return pmm_json_skip(s->field[F_TRADES], s->end, s->depth, &s->fault);
    const char *next = pmm_wire_parts(s, s->field[F_TRADES], &TRADE, trade);
    if (next) turn_round(s->wire->parts + before, s->wire->part_count - before);
    return next;
}

/* Each trade or ticker of an event. */
static const char *take_all(struct pmm_scan *s, uint32_t field) {
    if (need_type(s) < 0) return NULL;
    s->done |= BIT(field);
    return field == F_TRADES ? take_trades(s) : pmm_wire_parts(s, s->field[F_TICKERS], &TICKER, ticker);
}

/* Of the message's channel: the array that holds what an event of it says; 0 if none of it is hot. */
static uint32_t content_of(const struct pmm_scan *s) {
    if (PMM_WIRE_IS(s, F_CHANNEL, "\"l2_data\"")) return F_UPDATES;
    if (PMM_WIRE_IS(s, F_CHANNEL, "\"market_trades\"")) return F_TRADES;
    return PMM_WIRE_IS(s, F_CHANNEL, "\"ticker\"") ? F_TICKERS : 0;
}

static int event(struct pmm_scan *s) {
    const uint32_t content = content_of(s);
    if (content == F_UPDATES) return finish_updates(s);
    int code = pmm_wire_need(s, BIT(F_TYPE) | BIT(content));
    if (code == 0 && !(s->done & BIT(content)) && !take_all(s, content)) code = s->fault.code;
    return code;
}

static uint32_t kind_of(const struct pmm_scan *s) {
    static const uint8_t KINDS[] = {
        [F_UPDATES] = PMM_WIRE_DEPTH, [F_TRADES] = PMM_WIRE_TRADE, [F_TICKERS] = PMM_WIRE_TOP};
    return KINDS[content_of(s)];
}

static const char *take_events(struct pmm_scan *s) {
    s->done |= BIT(F_EVENTS);
    s->kind = kind_of(s);
    return pmm_wire_parts(s, s->field[F_EVENTS], &EVENT, event);
}

static int know_sequence(struct pmm_scan *s) {
    return s->sequence == PMM_WIRE_NO_SEQUENCE ? pmm_wire_whole(s, F_SEQUENCE, &s->sequence) : PMM_OK;
}

static const char *early(struct pmm_scan *s, uint32_t field) {
    if (field == F_EVENTS) {
        if (!pmm_wire_has(s, BIT(F_CHANNEL) | BIT(F_TIMESTAMP) | BIT(F_SEQUENCE)) || content_of(s) == 0) return NULL;
        return know_sequence(s) < 0 ? NULL : take_events(s);
    }
    if (field != content_of(s) || !pmm_wire_has(s, BIT(F_TYPE))) return NULL;
    if (field != F_UPDATES) return take_all(s, field);
    if (!pmm_wire_has(s, BIT(F_EVENT_PRODUCT))) return NULL;
    pmm_wire_find(s, F_EVENT_PRODUCT, 0, 0, 0);
    return s->instrument ? take_updates(s) : NULL;
}

/* Each event, or what is in it, has an instrument of its own. A message that is not hot is counted too. */
static void know(struct pmm_scan *s) {
    s->kind = kind_of(s);
    s->instrument = NULL;
    if (pmm_wire_has(s, BIT(F_SEQUENCE)) && know_sequence(s) < 0) s->sequence = PMM_WIRE_NO_SEQUENCE;
}

static int finish(struct pmm_scan *s) {
    int code = pmm_wire_need(s, BIT(F_TIMESTAMP) | BIT(F_SEQUENCE) | BIT(F_EVENTS));
    if (code == 0) code = know_sequence(s);
    if (code == 0 && !(s->done & BIT(F_EVENTS)) && !take_events(s)) code = s->fault.code;
    return code == 0 && s->wire->part_count == s->parts_before ? PMM_ERR_NOT_FOUND : code;
}

static const struct pmm_wire_venue COINBASE = {
    PMM_WIRE_KEYS(KEYS), early, know, finish, PMM_VENUE_COINBASE, 0, 0, 0, NULL};
const struct pmm_wire_venue *const PMM_WIRE_COINBASE = &COINBASE;
