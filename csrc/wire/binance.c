/* binance.c: a frame's kind, and its fields to the records that they make. */
#include "wire/binance.h"

#include <string.h>

#include "wire/binance_fields.h"
#include "base/error.h"
#include "base/layout.h"

#define BIT(field) (1u << (field))

/* Whether all of these fields have been seen. */
static int has(const struct scan *s, uint32_t fields) { return (s->seen & fields) == fields; }

static int is_depth(const struct scan *s) {
    const char *event = s->field[F_EVENT];
    return event != NULL && pmm_binance_is_word(s, event, "\"depthUpdate\"");
}

static int set_event_time(struct scan *s) {
    uint64_t time_ms;
    int code = pmm_binance_whole(s, F_EVENT_TIME, &time_ms);
    if (code < 0) return code;
    if (__builtin_mul_overflow((int64_t)time_ms, (int64_t)1000000, &s->stamp.venue_ns))
        return pmm_binance_fail(s, s->field[F_EVENT_TIME], PMM_ERR_RANGE);
    s->message->event_ns = s->stamp.venue_ns;
    return PMM_OK;
}

/* What a depthUpdate's records share, once everything that they need has been seen. */
static int prepare_depth(struct scan *s) {
    int code = set_event_time(s);
    if (code == 0) code = pmm_binance_whole(s, F_FIRST_ID, &s->message->first_update_id);
    if (code == 0) code = pmm_binance_whole(s, F_FINAL_ID, &s->message->final_update_id);
    if (code == 0 && s->message->first_update_id > s->message->final_update_id)
        code = pmm_binance_fail(s, s->field[F_FIRST_ID], PMM_ERR_RANGE);
    s->stamp.aux = (int64_t)s->message->final_update_id;
    s->stamp.instrument_id = s->instrument->instrument_id;
    return code;
}

static int prepare_snapshot(struct scan *s) {
    int code = pmm_binance_whole(s, F_LAST_ID, &s->message->final_update_id);
    s->stamp.aux = (int64_t)s->message->final_update_id;
    s->stamp.instrument_id = s->instrument->instrument_id;
    s->stamp.flags = PMM_FLAG_SNAPSHOT;
    if (code == 0 && pmm_binance_append(s, s->field[F_LAST_ID], PMM_KIND_BOOK_BEGIN) == NULL) code = s->fault.code;
    return code;
}

/*
 * Turns a field's levels into records. The usual order of fields lets this happen at first
 * sight; levels that come before what they depend on are stepped over and done at the end.
 */
static const char *take_levels(struct scan *s, enum field field) {
    const int snapshot = field == F_BIDS || field == F_ASKS;
    const int bid = field == F_BID || field == F_BIDS;
    if (s->done == 0 && (snapshot ? prepare_snapshot(s) : prepare_depth(s)) < 0) return NULL;
    s->done |= 1u << field;
    return pmm_binance_levels(s, s->field[field], bid ? PMM_SIDE_BID : PMM_SIDE_ASK);
}

/* What must have been read before a depthUpdate's levels can be. */
#define STAMP_FIELDS (BIT(F_EVENT_TIME) | BIT(F_SYMBOL) | BIT(F_FIRST_ID) | BIT(F_FINAL_ID))

static int can_take(const struct scan *s, enum field field) {
    if (s->instrument == NULL) return 0;
    if (field == F_BIDS || field == F_ASKS) return s->field[F_LAST_ID] != NULL && s->field[F_EVENT] == NULL;
    return (field == F_BID || field == F_ASK) && has(s, STAMP_FIELDS) && is_depth(s);
}

static const char *object(struct scan *s, const char *p, int depth);

/* One member's value, p at its first byte. */
static const char *member(struct scan *s, const char *p, enum field field, int depth) {
    if (field == F_DATA && depth == 0 && p < s->end && *p == '{') return object(s, p, 1);
    if (field >= F_COUNT || (field == F_STREAM && depth != 0)) return pmm_json_skip(p, s->end, depth + 1, &s->fault);
    if (s->field[field] != NULL) return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
    s->field[field] = p;
    s->seen |= BIT(field);
    if (can_take(s, field)) return take_levels(s, field);
    const char *next = pmm_json_skip(p, s->end, depth + 1, &s->fault);
    if (next != NULL && field == F_SYMBOL)
        pmm_binance_find_instrument(s, p, '"');
    else if (next != NULL && field == F_STREAM && s->field[F_SYMBOL] == NULL)
        pmm_binance_find_instrument(s, p, '@');
    return next;
}

/* p at the opening brace; returns past the closing one. */
static const char *object(struct scan *s, const char *p, int depth) {
    p = pmm_json_space(p + 1, s->end);
    if (p < s->end && *p == '}') return p + 1;
    for (;;) {
        const char *key = p;
        p = pmm_json_string(p, s->end, &s->fault);
        if (p == NULL) return NULL;
        enum field field = pmm_binance_field(key + 1, (size_t)(p - key - 2));
        p = pmm_binance_expect(s, p, ':');
        if (p == NULL || (p = member(s, p, field, depth)) == NULL) return NULL;
        p = pmm_json_space(p, s->end);
        if (p < s->end && *p == '}') return p + 1;
        if ((p = pmm_binance_expect(s, p, ',')) == NULL) return NULL;
    }
}

#define DEPTH_FIELDS (STAMP_FIELDS | BIT(F_BID) | BIT(F_ASK))
#define TRADE_FIELDS \
    (BIT(F_EVENT_TIME) | BIT(F_SYMBOL) | BIT(F_TRADE_ID) | BIT(F_PRICE) | BIT(F_QUANTITY) | BIT(F_MAKER))
#define TOP_FIELDS \
    (BIT(F_FINAL_ID) | BIT(F_SYMBOL) | BIT(F_BID) | BIT(F_BID_QUANTITY) | BIT(F_ASK) | BIT(F_ASK_QUANTITY))
#define SNAPSHOT_FIELDS (BIT(F_LAST_ID) | BIT(F_BIDS) | BIT(F_ASKS))

/* Which message it was; a depthUpdate or trade without one of its fields is malformed. */
static int classify(struct scan *s, const char *end) {
    uint32_t kind = PMM_BINANCE_OTHER, fields = 0;
    if (is_depth(s)) {
        kind = PMM_BINANCE_DEPTH;
        fields = DEPTH_FIELDS;
    } else if (s->field[F_EVENT] != NULL) {
        if (pmm_binance_is_word(s, s->field[F_EVENT], "\"trade\"")) {
            kind = PMM_BINANCE_TRADE;
            fields = TRADE_FIELDS;
        }
    } else if (has(s, SNAPSHOT_FIELDS)) {
        kind = PMM_BINANCE_SNAPSHOT;
    } else if (has(s, TOP_FIELDS)) {
        kind = PMM_BINANCE_TOP;
    }
    s->message->kind = kind;
    /* Levels taken at first sight for another kind: a field that came later belies them. */
    const uint32_t levels = kind == PMM_BINANCE_DEPTH      ? BIT(F_BID) | BIT(F_ASK)
                            : kind == PMM_BINANCE_SNAPSHOT ? BIT(F_BIDS) | BIT(F_ASKS)
                                                           : 0;
    if (!has(s, fields) || (s->done & ~levels)) return pmm_binance_fail(s, end, PMM_ERR_SYNTAX);
    return PMM_OK;
}

static int finish_levels(struct scan *s, enum field bid, enum field ask) {
    if (!(s->done & BIT(bid)) && take_levels(s, bid) == NULL) return s->fault.code;
    if (!(s->done & BIT(ask)) && take_levels(s, ask) == NULL) return s->fault.code;
    if (bid == F_BIDS && pmm_binance_append(s, s->end, PMM_KIND_BOOK_END) == NULL) return s->fault.code;
    if (s->count > 0) s->out[s->count - 1].flags |= PMM_FLAG_LAST;
    return PMM_OK;
}

static int finish_trade(struct scan *s) {
    const char *maker = s->field[F_MAKER];
    int code = set_event_time(s);
    if (code < 0 || (code = pmm_binance_whole(s, F_TRADE_ID, &s->message->final_update_id)) < 0) return code;
    const int seller = pmm_binance_is_word(s, maker, "true");
    if (!seller && !pmm_binance_is_word(s, maker, "false")) return pmm_binance_fail(s, maker, PMM_ERR_SYNTAX);
    struct pmm_event *event = pmm_binance_append(s, s->end, PMM_KIND_TRADE);
    if (event == NULL || !pmm_binance_ticks(s, s->field[F_PRICE], &event->price) ||
        !pmm_binance_lots(s, s->field[F_QUANTITY], &event->quantity))
        return s->fault.code;
    if (event->price == 0) return pmm_binance_fail(s, s->field[F_PRICE], PMM_ERR_RANGE);
    event->order_id = s->message->final_update_id;
    event->aux = (int64_t)s->message->final_update_id;
    event->instrument_id = s->instrument->instrument_id;
    event->side = seller ? PMM_SIDE_ASK : PMM_SIDE_BID;
    event->flags = PMM_FLAG_LAST;
    return PMM_OK;
}

static int finish_top(struct scan *s) {
    int64_t ask_price = 0;
    int code = pmm_binance_whole(s, F_FINAL_ID, &s->message->final_update_id);
    if (code < 0) return code;
    struct pmm_event *event = pmm_binance_append(s, s->end, PMM_KIND_TOP);
    if (event == NULL || !pmm_binance_ticks(s, s->field[F_BID], &event->price) ||
        !pmm_binance_lots(s, s->field[F_BID_QUANTITY], &event->quantity) ||
        !pmm_binance_ticks(s, s->field[F_ASK], &ask_price) ||
        !pmm_binance_lots(s, s->field[F_ASK_QUANTITY], &event->aux))
        return s->fault.code;
    event->order_id = (uint64_t)ask_price;
    event->instrument_id = s->instrument->instrument_id;
    event->flags = PMM_FLAG_LAST;
    return PMM_OK;
}

static int finish(struct scan *s, const char *end) {
    int code = classify(s, end);
    if (code < 0) return code;
    if (s->message->kind == PMM_BINANCE_OTHER || s->instrument == NULL)
        return pmm_binance_fail(s, end, PMM_ERR_NOT_FOUND);
    switch (s->message->kind) {
    case PMM_BINANCE_DEPTH: return finish_levels(s, F_BID, F_ASK);
    case PMM_BINANCE_SNAPSHOT: return finish_levels(s, F_BIDS, F_ASKS);
    case PMM_BINANCE_TRADE: return finish_trade(s);
    default: return finish_top(s);
    }
}

/* The whole text, from its first byte to its last. */
static int run(struct scan *s, const char *text) {
    const char *p = pmm_json_space(text, s->end);
    const int is_object = p < s->end && *p == '{';
    p = is_object ? object(s, p, 0) : pmm_json_skip(p, s->end, 0, &s->fault);
    if (p == NULL) return s->fault.code;
    p = pmm_json_space(p, s->end);
    if (p != s->end) return pmm_binance_fail(s, p, PMM_ERR_SYNTAX);
    return finish(s, p);
}

int64_t pmm_binance_scan(const char *text, size_t bytes, const struct pmm_instrument *instruments,
                         size_t instrument_count, int64_t snapshot_row, int64_t recv_ns, struct pmm_event *out,
                         size_t max, struct pmm_binance_message *message) {
    memset(message, 0, sizeof *message);
    if (snapshot_row < -1 || snapshot_row >= (int64_t)instrument_count) return PMM_ERR_ARGUMENT;
    struct scan s = {
        .end = text + bytes,
        .fault = {text, PMM_OK},
        .instruments = instruments,
        .instrument_count = instrument_count,
        .instrument = snapshot_row < 0 ? NULL : &instruments[snapshot_row],
        .stamp = {.recv_ns = recv_ns, .venue_id = PMM_VENUE_BINANCE, .source = PMM_SOURCE_FEED},
        .out = out,
        .max = max,
        .message = message,
    };
    int code = run(&s, text);
    message->offset = code < 0 ? (uint64_t)(s.fault.at - text) : 0;
    if (s.instrument != NULL) {
        message->row = (uint32_t)(s.instrument - s.instruments);
        message->known = 1;
    }
    /* Levels are read at first sight, before the kind is settled. */
    if (code < 0 && message->kind == PMM_BINANCE_OTHER && is_depth(&s)) message->kind = PMM_BINANCE_DEPTH;
    return code < 0 ? code : (int64_t)s.count;
}
