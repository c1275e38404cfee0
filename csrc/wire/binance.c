/* binance.c: Binance's keys, which message they make, and its fields to the records of that. */
#include "wire/binance.h"

#include "base/error.h"
#include "wire/fields.h"
#include "wire/gemini.h"

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
        pmm_wire_find(s, F_SYMBOL, 0, 0, s->venue->small);
    else if (pmm_wire_has(s, BIT(F_STREAM)))
        pmm_wire_find(s, F_STREAM, 0, '@', 1);
}

static int set_event_time(struct pmm_scan *s) {
    return pmm_wire_since(s, F_EVENT_TIME, 0, s->venue->unit_ns, &s->stamp.venue_ns);
}

/* What a depthUpdate's records share, once everything that they need has been seen. */
static int open_depth(struct pmm_scan *s) {
    uint64_t first = 0, final = 0;
    int code = set_event_time(s);
    if (code == 0) code = pmm_wire_whole(s, F_FIRST_ID, &first);
    if (code == 0) code = pmm_wire_whole(s, F_FINAL_ID, &final);
    if (code == 0 && first > final) code = pmm_wire_fail(s, s->field[F_FIRST_ID], PMM_ERR_RANGE);
    s->stamp.aux = (int64_t) final;
    if (code == 0) code = pmm_wire_open(s, PMM_WIRE_DEPTH, s->field[F_FINAL_ID]);
    if (code < 0) return code;
    s->part->first_id = first;
    s->part->final_id = final;
    return PMM_OK;
}

static int open_snapshot(struct pmm_scan *s) {
    uint64_t last = 0;
    int code = pmm_wire_whole(s, F_LAST_ID, &last);
    s->stamp.aux = (int64_t)last;
    if (code == 0) code = pmm_wire_open(s, PMM_WIRE_SNAPSHOT, s->field[F_LAST_ID]);
    if (code == 0) s->part->final_id = last;
    return code;
}

/*
 * Turns a field's levels into records. The usual order of fields lets this happen at first
 * sight; levels that come before what they depend on are stepped over and done at the end.
 */
static const char *take_levels(struct pmm_scan *s, uint32_t field) {
    const int snapshot = field == F_BIDS || field == F_ASKS;
    const int bid = field == F_BID || field == F_BIDS;
    if (s->done == 0 && (snapshot ? open_snapshot(s) : open_depth(s)) < 0) return NULL;
    s->done |= BIT(field);
    return pmm_wire_levels(s, s->field[field], bid ? PMM_SIDE_BID : PMM_SIDE_ASK);
}

static const char *early(struct pmm_scan *s, uint32_t field) {
    const int snapshot = field == F_BIDS || field == F_ASKS;
    if (snapshot ? !pmm_wire_has(s, BIT(F_LAST_ID)) || pmm_wire_has(s, BIT(F_EVENT))
                 : !pmm_wire_has(s, STAMP_FIELDS) || !is_depth(s))
        return NULL;
    s->kind = snapshot ? PMM_WIRE_SNAPSHOT : PMM_WIRE_DEPTH;
    know_instrument(s);
    return s->instrument ? take_levels(s, field) : NULL;
}

static void know(struct pmm_scan *s) {
    s->kind = PMM_WIRE_OTHER;
    if (is_depth(s))
        s->kind = PMM_WIRE_DEPTH;
    else if (PMM_WIRE_IS(s, F_EVENT, "\"trade\""))
        s->kind = PMM_WIRE_TRADE;
    else if (pmm_wire_has(s, BIT(F_EVENT)) && !PMM_WIRE_IS(s, F_EVENT, "\"bookTicker\""))
        s->kind = PMM_WIRE_OTHER;
    else if (pmm_wire_has(s, SNAPSHOT_FIELDS))
        s->kind = PMM_WIRE_SNAPSHOT;
    else if (pmm_wire_has(s, TOP_FIELDS))
        s->kind = PMM_WIRE_TOP;
    know_instrument(s);
}

/* A depthUpdate or trade has all its fields; and no field that came later belies levels taken at first sight. */
static int check_fields(struct pmm_scan *s) {
    const uint32_t levels = s->kind == PMM_WIRE_DEPTH      ? BIT(F_BID) | BIT(F_ASK)
                            : s->kind == PMM_WIRE_SNAPSHOT ? BIT(F_BIDS) | BIT(F_ASKS)
                                                           : 0;
    if (s->done & ~levels) return pmm_wire_fail(s, s->end, PMM_ERR_SYNTAX);
    if (s->kind == PMM_WIRE_DEPTH) return pmm_wire_need(s, DEPTH_FIELDS);
    return s->kind == PMM_WIRE_TRADE ? pmm_wire_need(s, TRADE_FIELDS) : PMM_OK;
}

static int finish_levels(struct pmm_scan *s, uint32_t bid, uint32_t ask) {
    if (!(s->done & BIT(bid)) && !take_levels(s, bid)) return s->fault.code;
    if (!(s->done & BIT(ask)) && !take_levels(s, ask)) return s->fault.code;
    return pmm_wire_close(s);
}

static int finish_trade(struct pmm_scan *s) {
    uint64_t id = 0;
    int code = set_event_time(s);
    if (code < 0 || (code = pmm_wire_whole(s, F_TRADE_ID, &id)) < 0) return code;
    const int seller = PMM_WIRE_IS(s, F_MAKER, "true");
    if (!seller && !PMM_WIRE_IS(s, F_MAKER, "false")) return pmm_wire_fail(s, s->field[F_MAKER], PMM_ERR_SYNTAX);
    return pmm_wire_trade(s, F_PRICE, F_QUANTITY, id, seller ? PMM_SIDE_ASK : PMM_SIDE_BID);
}

static int finish_top(struct pmm_scan *s) {
    static const struct pmm_wire_top_fields FIELDS = {F_BID, F_BID_QUANTITY, F_ASK, F_ASK_QUANTITY};
    uint64_t id = 0;
    int code = pmm_wire_has(s, BIT(F_EVENT_TIME)) ? set_event_time(s) : PMM_OK;
    if (code == 0) code = pmm_wire_whole(s, F_FINAL_ID, &id);
    if (code == 0) code = pmm_wire_top(s, &FIELDS);
    if (code == 0) s->wire->parts[s->wire->part_count - 1].final_id = id;
    return code;
}

static int finish(struct pmm_scan *s) {
    int code = check_fields(s);
    if (code < 0) return code;
    if (!s->instrument) return pmm_wire_unasked(s, s->kind);
    switch (s->kind) {
    case PMM_WIRE_DEPTH: return finish_levels(s, F_BID, F_ASK);
    case PMM_WIRE_SNAPSHOT: return finish_levels(s, F_BIDS, F_ASKS);
    case PMM_WIRE_TRADE: return finish_trade(s);
    default: return finish_top(s);
    }
}

static const struct pmm_wire_venue BINANCE = {PMM_WIRE_KEYS(KEYS), early, know, finish, PMM_VENUE_BINANCE, 0, 0,
                                              INT64_C(1000000),    NULL};
const struct pmm_wire_venue *const PMM_WIRE_BINANCE = &BINANCE;

/* ws.gemini.com speaks the same, in nanoseconds. */
static const struct pmm_wire_venue GEMINI = {PMM_WIRE_KEYS(KEYS), early, know, finish, PMM_VENUE_GEMINI, 0, 1, 1, NULL};
const struct pmm_wire_venue *const PMM_WIRE_GEMINI = &GEMINI;
