/* binance.c: Binance's keys, which message they make, and its fields to the records of that. */
#include "wire/binance.h"

#include "base/error.h"
#include "wire/fields.h"

#define BIT PMM_WIRE_BIT

enum {
    F_EVENT,
    F_EVENT_TIME,
    F_SYMBOL,
    F_FIRST_ID,
    F_FINAL_ID,
    F_BID, /* depthUpdate: levels; bookTicker: price */
    F_ASK,
    F_BID_QUANTITY,
    F_ASK_QUANTITY,
    F_TRADE_ID,
    F_PRICE,
    F_QUANTITY,
    F_MAKER,
    F_STREAM,
    F_LAST_ID,
    F_BIDS, /* snapshot: levels */
    F_ASKS,
    F_NONE /* of `data`, which is not stored */
};

static const struct pmm_wire_key KEYS[] = {
    {"e", F_EVENT, 0},
    {"E", F_EVENT_TIME, 0},
    {"s", F_SYMBOL, 0},
    {"U", F_FIRST_ID, 0},
    {"u", F_FINAL_ID, 0},
    {"b", F_BID, PMM_WIRE_EARLY},
    {"a", F_ASK, PMM_WIRE_EARLY},
    {"B", F_BID_QUANTITY, 0},
    {"A", F_ASK_QUANTITY, 0},
    {"t", F_TRADE_ID, 0},
    {"p", F_PRICE, 0},
    {"q", F_QUANTITY, 0},
    {"m", F_MAKER, 0},
    {"stream", F_STREAM, PMM_WIRE_OUTER},
    {"data", F_NONE, PMM_WIRE_OUTER | PMM_WIRE_INSIDE},
    {"bids", F_BIDS, PMM_WIRE_EARLY},
    {"asks", F_ASKS, PMM_WIRE_EARLY},
    {"lastUpdateId", F_LAST_ID, 0},
};

/* What must have been read before a depthUpdate's levels can be. */
#define STAMP_FIELDS (BIT(F_EVENT) | BIT(F_EVENT_TIME) | BIT(F_SYMBOL) | BIT(F_FIRST_ID) | BIT(F_FINAL_ID))
#define DEPTH_FIELDS (STAMP_FIELDS | BIT(F_BID) | BIT(F_ASK))
#define TRADE_FIELDS \
    (BIT(F_EVENT_TIME) | BIT(F_SYMBOL) | BIT(F_TRADE_ID) | BIT(F_PRICE) | BIT(F_QUANTITY) | BIT(F_MAKER))
#define TOP_FIELDS \
    (BIT(F_FINAL_ID) | BIT(F_SYMBOL) | BIT(F_BID) | BIT(F_BID_QUANTITY) | BIT(F_ASK) | BIT(F_ASK_QUANTITY))
#define SNAPSHOT_FIELDS (BIT(F_LAST_ID) | BIT(F_BIDS) | BIT(F_ASKS))

static int is_depth(const struct pmm_scan *s) { return PMM_WIRE_IS(s, F_EVENT, "\"depthUpdate\""); }

/* By the symbol, else by the stream's name, else as the caller said. */
static void know_instrument(struct pmm_scan *s) {
    if (pmm_wire_has(s, BIT(F_SYMBOL)))
        pmm_wire_find(s, F_SYMBOL, 0, 0);
    else if (pmm_wire_has(s, BIT(F_STREAM)))
        pmm_wire_find(s, F_STREAM, '@', 1);
}

static int set_event_time(struct pmm_scan *s) {
    uint64_t time_ms;
    int code = pmm_wire_whole(s, F_EVENT_TIME, &time_ms);
    if (code < 0) return code;
    if (__builtin_mul_overflow((int64_t)time_ms, INT64_C(1000000), &s->stamp.venue_ns))
        return pmm_wire_fail(s, s->field[F_EVENT_TIME], PMM_ERR_RANGE);
    s->wire->message.event_ns = s->stamp.venue_ns;
    return PMM_OK;
}

/* What a depthUpdate's records share, once everything that they need has been seen. */
static int prepare_depth(struct pmm_scan *s) {
    struct pmm_wire_message *message = &s->wire->message;
    int code = set_event_time(s);
    if (code == 0) code = pmm_wire_whole(s, F_FIRST_ID, &message->first_id);
    if (code == 0) code = pmm_wire_whole(s, F_FINAL_ID, &message->final_id);
    if (code == 0 && message->first_id > message->final_id)
        code = pmm_wire_fail(s, s->field[F_FIRST_ID], PMM_ERR_RANGE);
    s->stamp.aux = (int64_t)message->final_id;
    s->stamp.instrument_id = s->instrument->instrument_id;
    return code;
}

static int prepare_snapshot(struct pmm_scan *s) {
    int code = pmm_wire_whole(s, F_LAST_ID, &s->wire->message.final_id);
    s->stamp.aux = (int64_t)s->wire->message.final_id;
    s->stamp.instrument_id = s->instrument->instrument_id;
    s->stamp.flags = PMM_FLAG_SNAPSHOT;
    if (code == 0 && !pmm_wire_append(s, s->field[F_LAST_ID], PMM_KIND_BOOK_BEGIN)) code = s->fault.code;
    return code;
}

/*
 * Turns a field's levels into records. The usual order of fields lets this happen at first
 * sight; levels that come before what they depend on are stepped over and done at the end.
 */
static const char *take_levels(struct pmm_scan *s, uint32_t field) {
    const int snapshot = field == F_BIDS || field == F_ASKS;
    const int bid = field == F_BID || field == F_BIDS;
    if (s->done == 0 && (snapshot ? prepare_snapshot(s) : prepare_depth(s)) < 0) return NULL;
    s->done |= BIT(field);
    return pmm_wire_levels(s, s->field[field], bid ? PMM_SIDE_BID : PMM_SIDE_ASK);
}

static const char *early(struct pmm_scan *s, uint32_t field) {
    const int snapshot = field == F_BIDS || field == F_ASKS;
    if (snapshot ? !pmm_wire_has(s, BIT(F_LAST_ID)) || pmm_wire_has(s, BIT(F_EVENT))
                 : !pmm_wire_has(s, STAMP_FIELDS) || !is_depth(s))
        return NULL;
    know_instrument(s);
    return s->instrument ? take_levels(s, field) : NULL;
}

static const struct pmm_wire_venue BINANCE = {PMM_WIRE_KEYS(KEYS), early, PMM_VENUE_BINANCE, 0};

/* Which message it was; a depthUpdate or trade without one of its fields is malformed. */
static int classify(struct pmm_scan *s) {
    uint32_t kind = PMM_WIRE_OTHER, fields = 0;
    if (is_depth(s)) {
        kind = PMM_WIRE_DEPTH;
        fields = DEPTH_FIELDS;
    } else if (PMM_WIRE_IS(s, F_EVENT, "\"trade\"")) {
        kind = PMM_WIRE_TRADE;
        fields = TRADE_FIELDS;
    } else if (pmm_wire_has(s, BIT(F_EVENT))) {
        kind = PMM_WIRE_OTHER;
    } else if (pmm_wire_has(s, SNAPSHOT_FIELDS)) {
        kind = PMM_WIRE_SNAPSHOT;
    } else if (pmm_wire_has(s, TOP_FIELDS)) {
        kind = PMM_WIRE_TOP;
    }
    s->wire->message.kind = kind;
    /* Levels taken at first sight for another kind: a field that came later belies them. */
    const uint32_t levels = kind == PMM_WIRE_DEPTH      ? BIT(F_BID) | BIT(F_ASK)
                            : kind == PMM_WIRE_SNAPSHOT ? BIT(F_BIDS) | BIT(F_ASKS)
                                                        : 0;
    if (!pmm_wire_has(s, fields) || (s->done & ~levels)) return pmm_wire_fail(s, s->end, PMM_ERR_SYNTAX);
    return PMM_OK;
}

static int finish_levels(struct pmm_scan *s, uint32_t bid, uint32_t ask) {
    if (!(s->done & BIT(bid)) && !take_levels(s, bid)) return s->fault.code;
    if (!(s->done & BIT(ask)) && !take_levels(s, ask)) return s->fault.code;
    if (bid == F_BIDS && !pmm_wire_append(s, s->end, PMM_KIND_BOOK_END)) return s->fault.code;
    if (s->count > 0) s->wire->out[s->count - 1].flags |= PMM_FLAG_LAST;
    return PMM_OK;
}

static int finish_trade(struct pmm_scan *s) {
    uint64_t *id = &s->wire->message.final_id;
    int code = set_event_time(s);
    if (code < 0 || (code = pmm_wire_whole(s, F_TRADE_ID, id)) < 0) return code;
    const int seller = PMM_WIRE_IS(s, F_MAKER, "true");
    if (!seller && !PMM_WIRE_IS(s, F_MAKER, "false")) return pmm_wire_fail(s, s->field[F_MAKER], PMM_ERR_SYNTAX);
    struct pmm_event *event = pmm_wire_append(s, s->end, PMM_KIND_TRADE);
    if (!event || !pmm_wire_ticks(s, s->field[F_PRICE], &event->price) ||
        !pmm_wire_lots(s, s->field[F_QUANTITY], &event->quantity))
        return s->fault.code;
    if (event->price == 0) return pmm_wire_fail(s, s->field[F_PRICE], PMM_ERR_RANGE);
    event->order_id = *id;
    event->aux = (int64_t)*id;
    event->instrument_id = s->instrument->instrument_id;
    event->side = seller ? PMM_SIDE_ASK : PMM_SIDE_BID;
    event->flags = PMM_FLAG_LAST;
    return PMM_OK;
}

static int finish_top(struct pmm_scan *s) {
    int64_t ask_price = 0;
    int code = pmm_wire_whole(s, F_FINAL_ID, &s->wire->message.final_id);
    if (code < 0) return code;
    struct pmm_event *event = pmm_wire_append(s, s->end, PMM_KIND_TOP);
    if (!event || !pmm_wire_ticks(s, s->field[F_BID], &event->price) ||
        !pmm_wire_lots(s, s->field[F_BID_QUANTITY], &event->quantity) ||
        !pmm_wire_ticks(s, s->field[F_ASK], &ask_price) || !pmm_wire_lots(s, s->field[F_ASK_QUANTITY], &event->aux))
        return s->fault.code;
    event->order_id = (uint64_t)ask_price;
    event->instrument_id = s->instrument->instrument_id;
    event->flags = PMM_FLAG_LAST;
    return PMM_OK;
}

static int finish(struct pmm_scan *s) {
    int code = classify(s);
    if (code < 0) return code;
    if (s->wire->message.kind == PMM_WIRE_OTHER || !s->instrument) return pmm_wire_fail(s, s->end, PMM_ERR_NOT_FOUND);
    switch (s->wire->message.kind) {
    case PMM_WIRE_DEPTH: return finish_levels(s, F_BID, F_ASK);
    case PMM_WIRE_SNAPSHOT: return finish_levels(s, F_BIDS, F_ASKS);
    case PMM_WIRE_TRADE: return finish_trade(s);
    default: return finish_top(s);
    }
}

int64_t pmm_binance_scan(struct pmm_wire *wire, const char *text, size_t bytes, int64_t recv_ns) {
    struct pmm_scan s;
    int code = pmm_wire_begin(&s, &BINANCE, wire, text, bytes, recv_ns);
    if (code < 0) return code;
    code = pmm_wire_walk(&s, text);
    know_instrument(&s);
    if (code == 0) code = finish(&s);
    /* Levels are read at first sight, before the kind is settled. */
    if (code < 0 && wire->message.kind == PMM_WIRE_OTHER && is_depth(&s)) wire->message.kind = PMM_WIRE_DEPTH;
    return pmm_wire_end(&s, text, code);
}
