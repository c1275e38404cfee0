/* parts.c: the records of a message: its parts, trades, tops, and arrays of levels. */
#include "wire/fields.h"

#include "base/decimal_inline.h"
#include "base/error.h"
#include "wire/json_inline.h"

static inline struct pmm_event *append(struct pmm_scan *s, const char *at, uint8_t kind) {
    struct pmm_wire *wire = s->wire;
    if (wire->count == wire->max) {
        pmm_wire_fail(s, at, PMM_ERR_FULL);
        return NULL;
    }
    struct pmm_event *event = &wire->out[wire->count++];
    *event = s->stamp;
    event->kind = kind;
    return event;
}

struct pmm_event *pmm_wire_append(struct pmm_scan *s, const char *at, uint8_t kind) { return append(s, at, kind); }

static struct pmm_wire_part *more(struct pmm_scan *s, uint32_t kind, const char *at) {
    struct pmm_wire *wire = s->wire;
    if (wire->part_count == wire->part_max) {
        pmm_wire_fail(s, at, PMM_ERR_FULL);
        return NULL;
    }
    struct pmm_wire_part *part = &wire->parts[wire->part_count++];
    *part = (struct pmm_wire_part){0};
    part->sequence = s->sequence;
    part->first = (uint32_t)wire->count;
    part->row = s->instrument ? (uint32_t)(s->instrument - wire->instruments) : PMM_WIRE_NO_ROW;
    part->kind = kind;
    part->frame = s->frame;
    return part;
}

int pmm_wire_open(struct pmm_scan *s, uint32_t kind, const char *at) {
    s->part = more(s, kind, at);
    if (!s->part) return PMM_ERR_FULL;
    s->kind = kind;
    s->rounded = 0;
    s->part->event_ns = s->stamp.venue_ns;
    s->stamp.instrument_id = s->instrument->instrument_id;
    s->stamp.flags = kind == PMM_WIRE_SNAPSHOT ? PMM_FLAG_SNAPSHOT : 0;
    return kind == PMM_WIRE_SNAPSHOT && !append(s, at, PMM_KIND_BOOK_BEGIN) ? PMM_ERR_FULL : PMM_OK;
}

int pmm_wire_close(struct pmm_scan *s) {
    struct pmm_wire *wire = s->wire;
    struct pmm_wire_part *part = s->part;
    if (part->kind == PMM_WIRE_SNAPSHOT && !append(s, s->end, PMM_KIND_BOOK_END)) return PMM_ERR_FULL;
    part->count = (uint32_t)wire->count - part->first;
    part->rounded = s->rounded;
    if (part->count > 0) wire->out[wire->count - 1].flags |= PMM_FLAG_LAST;
    s->part = NULL;
    return PMM_OK;
}

int pmm_wire_unasked(struct pmm_scan *s, uint32_t kind) {
    s->instrument = NULL;
    return more(s, kind, s->end) ? PMM_OK : PMM_ERR_FULL;
}

void pmm_wire_restamp(struct pmm_scan *s, int64_t venue_ns) {
    struct pmm_wire *wire = s->wire;
    s->part->event_ns = s->stamp.venue_ns = venue_ns;
    for (size_t i = s->part->first; i < wire->count; i++)
        wire->out[i].venue_ns = venue_ns;
}

void pmm_wire_renumber(struct pmm_scan *s, uint64_t sequence) {
    struct pmm_wire *wire = s->wire;
    s->part->first_id = s->part->final_id = sequence;
    s->stamp.aux = (int64_t)sequence;
    for (size_t i = s->part->first; i < wire->count; i++)
        wire->out[i].aux = (int64_t)sequence;
}

int pmm_wire_trade(struct pmm_scan *s, uint32_t price, uint32_t quantity, uint64_t id, uint8_t side) {
    s->stamp.aux = (int64_t)id;
    if (pmm_wire_open(s, PMM_WIRE_TRADE, s->end) < 0) return PMM_ERR_FULL;
    struct pmm_event *event = append(s, s->end, PMM_KIND_TRADE);
    if (!event || pmm_wire_level(s, price, quantity, event) < 0) return s->fault.code;
    event->order_id = id;
    event->side = side;
    s->part->final_id = id;
    return pmm_wire_close(s);
}

int pmm_wire_top(struct pmm_scan *s, const struct pmm_wire_top_fields *fields) {
    int64_t ask = 0;
    if (pmm_wire_open(s, PMM_WIRE_TOP, s->end) < 0) return PMM_ERR_FULL;
    struct pmm_event *event = append(s, s->end, PMM_KIND_TOP);
    if (!event || !pmm_wire_ticks(s, s->field[fields->bid], &event->price) ||
        !pmm_wire_lots(s, s->field[fields->bid_quantity], &event->quantity) ||
        !pmm_wire_ticks(s, s->field[fields->ask], &ask) ||
        !pmm_wire_lots(s, s->field[fields->ask_quantity], &event->aux))
        return s->fault.code;
    event->order_id = (uint64_t)ask;
    return pmm_wire_close(s);
}

/* Past the id and the bracket behind a quantity, p at its last quote; or NULL, as below. */
static __attribute__((noinline)) const char *with_id(struct pmm_scan *s, const char *p, struct pmm_event *event) {
    if (!s->venue->identify || memcmp(p, "\",", 2) != 0 || json_space(p + 2, s->end) != p + 2) return NULL;
    p = s->venue->identify(s, p + 2, event);
    return p && p < s->end && *p == ']' ? p + 1 : NULL;
}

/*
 * "price","quantity"] without white space, p behind the first quote, as venues write it most, or with an id behind
 * it. Returns past it, or NULL without a fault where it is anything else: the long way then finds out what.
 */
static inline const char *tight_level(struct pmm_scan *s, const char *p, struct pmm_event *event) {
    const struct pmm_instrument *i = s->instrument;
    const char *end = s->end;
    int exact = 0;
    int64_t used = decimal_scan(p, (size_t)(end - p), i->tick_mantissa, i->tick_decimals, &event->price);
    if (used < 0 || event->price <= 0 || end - p < used + 4 || memcmp(p + used, "\",\"", 3) != 0) return NULL;
    p += used + 3;
    used = decimal_scan_down(p, (size_t)(end - p), i->lot_mantissa, i->lot_decimals, &event->quantity, &exact);
    if (used < 0 || *p == '-' || end - p < used + 2) return NULL;
    p += used + 2;
    if (memcmp(p - 2, "\"]", 2) != 0 && !(p = with_id(s, p - 2, event))) return NULL;
    s->rounded += !exact;
    return p;
}

/* The same in any shape, with more elements; p at the price. What is wrong with it is noted here. */
static const char *loose_level(struct pmm_scan *s, const char *p, struct pmm_event *event) {
    const char *price = p;
    p = pmm_wire_ticks(s, p, &event->price);
    if (!p || !(p = json_expect(p, s->end, ',', &s->fault))) return NULL;
    if (event->price == 0) return pmm_json_fail(&s->fault, price, PMM_ERR_RANGE);
    p = pmm_wire_lots(s, p, &event->quantity);
    if (!p) return NULL;
    p = json_space(p, s->end);
    if (p < s->end && *p == ',' && s->venue->identify) {
        p = s->venue->identify(s, json_space(p + 1, s->end), event);
        if (!p) return NULL;
        p = json_space(p, s->end);
    }
    while (p < s->end && *p == ',') {
        p = pmm_json_skip(json_space(p + 1, s->end), s->end, s->depth + 2, &s->fault);
        if (!p) return NULL;
        p = json_space(p, s->end);
    }
    return json_expect(p, s->end, ']', &s->fault);
}

/* p at the opening bracket. */
static inline const char *level(struct pmm_scan *s, const char *p, struct pmm_event *event) {
    if (!s->venue->bare && s->end - p > 2 && memcmp(p, "[\"", 2) == 0) {
        const char *next = tight_level(s, p + 2, event);
        if (next || s->fault.code) return next;
    }
    p = json_expect(p, s->end, '[', &s->fault);
    return p ? loose_level(s, p, event) : NULL;
}

static inline int begins(const char *p, const char *end, const char *word, size_t bytes) {
    return (size_t)(end - p) >= bytes && memcmp(p, word, bytes) == 0;
}

/* The same with a side before the price. */
static inline const char *change(struct pmm_scan *s, const char *p, struct pmm_event *event) {
    if (!(p = json_expect(p, s->end, '[', &s->fault))) return NULL;
    const int buy = begins(p, s->end, "\"buy\"", 5);
    if (!buy && !begins(p, s->end, "\"sell\"", 6)) return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
    event->side = buy ? PMM_SIDE_BID : PMM_SIDE_ASK;
    p += buy ? 5 : 6;
    if (begins(p, s->end, ",\"", 2) && !s->venue->bare) {
        const char *next = tight_level(s, p + 2, event);
        if (next || s->fault.code) return next;
    }
    p = json_expect(p, s->end, ',', &s->fault);
    return p ? loose_level(s, p, event) : NULL;
}

/* side: NONE if each says its own. */
static inline const char *every(struct pmm_scan *s, const char *p, uint8_t side) {
    p = json_expect(p, s->end, '[', &s->fault);
    if (!p || (p < s->end && *p == ']')) return p ? p + 1 : NULL;
    for (;;) {
        struct pmm_event *event = append(s, p, PMM_KIND_DEPTH);
        if (!event) return NULL;
        event->side = side;
        const char *next = side == PMM_SIDE_NONE ? change(s, p, event) : level(s, p, event);
        if (!next) return NULL;
        p = json_space(next, s->end);
        if (p < s->end && *p == ']') return p + 1;
        if (!(p = json_expect(p, s->end, ',', &s->fault))) return NULL;
    }
}

const char *pmm_wire_levels(struct pmm_scan *s, const char *p, uint8_t side) { return every(s, p, side); }

const char *pmm_wire_changes(struct pmm_scan *s, const char *p) { return every(s, p, PMM_SIDE_NONE); }
