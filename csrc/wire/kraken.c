/* kraken.c: Kraken's keys, and the elements of its data to the parts of a message. */
#include "wire/kraken.h"

#include "base/error.h"
#include "wire/fields.h"

#define BIT PMM_WIRE_BIT

enum {
    F_CHANNEL,
    F_TYPE,
    F_DATA,
    F_SYMBOL,
    F_BIDS,
    F_ASKS,
    F_CHECKSUM,
    F_TIMESTAMP,
    F_SIDE,
    F_PRICE,
    F_QUANTITY,
    F_TRADE_ID,
    F_BID,
    F_BID_QUANTITY,
    F_ASK,
    F_ASK_QUANTITY,
    F_LEVEL_PRICE,
    F_LEVEL_QUANTITY
};

static const struct pmm_wire_key KEYS[] = {
    {"channel", F_CHANNEL, 0},
    {"type", F_TYPE, 0},
    {"data", F_DATA, PMM_WIRE_EARLY},
};

static const struct pmm_wire_key ELEMENT_KEYS[] = {
    {"symbol", F_SYMBOL, 0},
    {"bids", F_BIDS, PMM_WIRE_EARLY},
    {"asks", F_ASKS, PMM_WIRE_EARLY},
    {"checksum", F_CHECKSUM, 0},
    {"timestamp", F_TIMESTAMP, 0},
    {"side", F_SIDE, 0},
    {"price", F_PRICE, 0},
    {"qty", F_QUANTITY, 0},
    {"trade_id", F_TRADE_ID, 0},
    {"bid", F_BID, 0},
    {"bid_qty", F_BID_QUANTITY, 0},
    {"ask", F_ASK, 0},
    {"ask_qty", F_ASK_QUANTITY, 0},
};
static const struct pmm_wire_keys ELEMENT = PMM_WIRE_KEYS(ELEMENT_KEYS);

static const struct pmm_wire_key LEVEL_KEYS[] = {
    {"price", F_LEVEL_PRICE, 0},
    {"qty", F_LEVEL_QUANTITY, 0},
};
static const struct pmm_wire_keys LEVEL = PMM_WIRE_KEYS(LEVEL_KEYS);
#define LEVEL_FIELDS (BIT(F_LEVEL_PRICE) | BIT(F_LEVEL_QUANTITY))

static uint32_t kind_of(const struct pmm_scan *s) {
    const int update = PMM_WIRE_IS(s, F_TYPE, "\"update\""), snapshot = PMM_WIRE_IS(s, F_TYPE, "\"snapshot\"");
    if (PMM_WIRE_IS(s, F_CHANNEL, "\"book\""))
        return update ? PMM_WIRE_DEPTH : snapshot ? PMM_WIRE_SNAPSHOT : PMM_WIRE_OTHER;
    if (PMM_WIRE_IS(s, F_CHANNEL, "\"trade\"")) return update ? PMM_WIRE_TRADE : PMM_WIRE_OTHER;
    return PMM_WIRE_IS(s, F_CHANNEL, "\"ticker\"") && (update || snapshot) ? PMM_WIRE_TOP : PMM_WIRE_OTHER;
}

static uint8_t decimals_of(const struct pmm_scan *s, uint32_t field) {
    const struct pmm_wire_token token = pmm_wire_token(s, field);
    const char *point = memchr(token.text, '.', token.bytes);
    return point ? (uint8_t)(token.text + token.bytes - point - 1) : 0;
}

static int level(struct pmm_scan *s, uint8_t side) {
    int code = pmm_wire_need(s, LEVEL_FIELDS);
    if (code < 0) return code;
    struct pmm_event *event = pmm_wire_append(s, s->field[F_LEVEL_PRICE], PMM_KIND_DEPTH);
    if (!event) return s->fault.code;
    event->side = side;
    return pmm_wire_level(s, F_LEVEL_PRICE, F_LEVEL_QUANTITY, event);
}

static int bid(struct pmm_scan *s) { return level(s, PMM_SIDE_BID); }

static int ask(struct pmm_scan *s) { return level(s, PMM_SIDE_ASK); }

/* Opens the part with the first of both sides, whichever that is. */
static const char *take_levels(struct pmm_scan *s, uint32_t field) {
    if (!s->part && pmm_wire_open(s, s->kind, s->field[field]) < 0) return NULL;
    s->done |= BIT(field);
    s->seen &= ~LEVEL_FIELDS;
    const char *next = pmm_wire_each(s, s->field[field], &LEVEL, field == F_BIDS ? bid : ask);
    if (next && pmm_wire_has(s, LEVEL_FIELDS)) {
        s->part->price_decimals = decimals_of(s, F_LEVEL_PRICE);
        s->part->quantity_decimals = decimals_of(s, F_LEVEL_QUANTITY);
    }
    return next;
}

static int finish_book(struct pmm_scan *s) {
    int64_t time_ns = 0;
    uint64_t checksum = 0;
    for (uint32_t field = F_BIDS; field <= F_ASKS; field++)
        if (pmm_wire_has(s, BIT(field)) && !(s->done & BIT(field)) && !take_levels(s, field)) return s->fault.code;
    const int checked = pmm_wire_has(s, BIT(F_CHECKSUM)) || s->kind == PMM_WIRE_DEPTH;
    int code = pmm_wire_need(s, BIT(F_BIDS) | BIT(F_ASKS) | (checked ? BIT(F_CHECKSUM) : 0));
    if (code == 0 && pmm_wire_has(s, BIT(F_TIMESTAMP))) code = pmm_wire_time(s, F_TIMESTAMP, &time_ns);
    if (code == 0 && checked) code = pmm_wire_whole(s, F_CHECKSUM, &checksum);
    if (code == 0 && checksum > UINT32_MAX) code = pmm_wire_fail(s, s->field[F_CHECKSUM], PMM_ERR_RANGE);
    if (code < 0) return code;
    s->part->checksum = (uint32_t)checksum;
    s->part->checked = (uint8_t)checked;
    pmm_wire_restamp(s, time_ns);
    return pmm_wire_close(s);
}

static int finish_trade(struct pmm_scan *s) {
    uint64_t id = 0;
    int code = pmm_wire_need(s, BIT(F_SIDE) | BIT(F_PRICE) | BIT(F_QUANTITY) | BIT(F_TRADE_ID) | BIT(F_TIMESTAMP));
    if (code == 0) code = pmm_wire_time(s, F_TIMESTAMP, &s->stamp.venue_ns);
    if (code == 0) code = pmm_wire_whole(s, F_TRADE_ID, &id);
    if (code < 0) return code;
    const int sell = PMM_WIRE_IS(s, F_SIDE, "\"sell\"");
    if (!sell && !PMM_WIRE_IS(s, F_SIDE, "\"buy\"")) return pmm_wire_fail(s, s->field[F_SIDE], PMM_ERR_SYNTAX);
    return pmm_wire_trade(s, F_PRICE, F_QUANTITY, id, sell ? PMM_SIDE_ASK : PMM_SIDE_BID);
}

static int finish_top(struct pmm_scan *s) {
    static const struct pmm_wire_top_fields FIELDS = {F_BID, F_BID_QUANTITY, F_ASK, F_ASK_QUANTITY};
    int code = pmm_wire_need(s, BIT(F_BID) | BIT(F_BID_QUANTITY) | BIT(F_ASK) | BIT(F_ASK_QUANTITY));
    if (code == 0 && pmm_wire_has(s, BIT(F_TIMESTAMP))) code = pmm_wire_time(s, F_TIMESTAMP, &s->stamp.venue_ns);
    return code < 0 ? code : pmm_wire_top(s, &FIELDS);
}

static int element(struct pmm_scan *s) {
    s->stamp.venue_ns = s->stamp.aux = 0;
    int code = pmm_wire_need(s, BIT(F_SYMBOL));
    if (code < 0) return code;
    pmm_wire_find(s, F_SYMBOL, 0, 0, 0);
    if (!s->instrument) return pmm_wire_unasked(s, s->kind);
    if (s->kind == PMM_WIRE_TRADE) return finish_trade(s);
    return s->kind == PMM_WIRE_TOP ? finish_top(s) : finish_book(s);
}

static const char *early(struct pmm_scan *s, uint32_t field) {
    if (field == F_DATA) {
        s->kind = kind_of(s);
        if (s->kind == PMM_WIRE_OTHER) return NULL;
        s->done |= BIT(F_DATA);
        return pmm_wire_parts(s, s->field[F_DATA], &ELEMENT, element);
    }
    if (!pmm_wire_has(s, BIT(F_SYMBOL))) return NULL;
    pmm_wire_find(s, F_SYMBOL, 0, 0, 0);
    return s->instrument ? take_levels(s, field) : NULL;
}

/* Each element of the data has an instrument of its own. */
static void know(struct pmm_scan *s) {
    s->kind = kind_of(s);
    s->instrument = NULL;
}

static int finish(struct pmm_scan *s) {
    int code = pmm_wire_need(s, BIT(F_DATA));
    if (code == 0 && !(s->done & BIT(F_DATA))) code = early(s, F_DATA) ? PMM_OK : s->fault.code;
    return code == 0 && s->wire->part_count == s->parts_before ? PMM_ERR_NOT_FOUND : code;
}

static const struct pmm_wire_venue KRAKEN = {PMM_WIRE_KEYS(KEYS), early, know, finish, PMM_VENUE_KRAKEN, 1, 0, 0, NULL};
const struct pmm_wire_venue *const PMM_WIRE_KRAKEN = &KRAKEN;
