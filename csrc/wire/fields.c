/* fields.c: one walk through a message for all venues: numbers to ticks and lots, levels, and where it went wrong. */
#include "wire/fields.h"

#include "base/decimal_inline.h"
#include "base/error.h"
#include "wire/instant.h"
#include "wire/json_inline.h"

int pmm_wire_fail(struct pmm_scan *s, const char *at, int code) {
    s->fault.at = at;
    s->fault.code = code;
    return code;
}

/* Past white space, the byte c and white space again. */
static inline const char *expect(struct pmm_scan *s, const char *p, char c) {
    p = json_space(p, s->end);
    return p < s->end && *p == c ? json_space(p + 1, s->end) : pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
}

static inline const struct pmm_wire_key *row_of(const struct pmm_wire_keys *keys, uint64_t head, uint64_t tail) {
    const struct pmm_wire_key *row = keys->rows, *stop = row + keys->count;
    for (; row < stop; row++)
        if (load_eight(row->text) == head && load_eight(row->text + 8) == tail) return row;
    return NULL;
}

/* The key at p and the colon behind it: past them, and its row of the table, NULL if there is none. */
static inline const char *key_at(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                                 const struct pmm_wire_key **row) {
    char key[PMM_WIRE_KEY_BYTES] = {0};
    /* A short key without anything special, its colon right behind it: what venues write most. */
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && s->end - p > 10 && *p == '"') {
        const uint64_t v = load_eight(p + 1), stops = json_stops(v);
        const int bits = stops ? (__builtin_ctzll(stops) >> 3) * 8 : 0;
        const char *quote = p + 1 + bits / 8;
        if (bits && *quote == '"' && quote[1] == ':') {
            *row = row_of(keys, v & (UINT64_MAX >> (64 - bits)), 0);
            return json_space(quote + 2, s->end);
        }
    }
    const char *next = json_string(p, s->end, &s->fault);
    if (!next) return NULL;
    const size_t bytes = (size_t)(next - p - 2);
    memcpy(key, p + 1, bytes < sizeof key ? bytes : sizeof key);
    *row = bytes > sizeof key ? NULL : row_of(keys, load_eight(key), load_eight(key + 8));
    return expect(s, next, ':');
}

static const char *object(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys);

/* One member's value, p at its first byte. */
static inline const char *member(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                                 const struct pmm_wire_key *key) {
    const uint8_t flags = key ? key->flags : 0;
    if (!key || (s->depth > 1 && flags & PMM_WIRE_OUTER)) return pmm_json_skip(p, s->end, s->depth, &s->fault);
    if (flags & PMM_WIRE_INSIDE)
        return p < s->end && *p == '{' ? object(s, p, keys) : pmm_json_skip(p, s->end, s->depth, &s->fault);
    if (s->seen & PMM_WIRE_BIT(key->field)) return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
    s->seen |= PMM_WIRE_BIT(key->field);
    s->field[key->field] = p;
    if (flags & PMM_WIRE_EARLY) {
        const char *next = s->venue->early(s, key->field);
        if (next || s->fault.code) return next;
    }
    return json_skip(p, s->end, s->depth, &s->fault);
}

/* p past the opening brace; returns past the closing one. */
static inline const char *members(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys) {
    p = json_space(p, s->end);
    if (p < s->end && *p == '}') return p + 1;
    for (;;) {
        const struct pmm_wire_key *row = NULL;
        if (!(p = key_at(s, p, keys, &row)) || !(p = member(s, p, keys, row))) return NULL;
        p = json_space(p, s->end);
        if (p < s->end && *p == '}') return p + 1;
        if (!(p = expect(s, p, ','))) return NULL;
    }
}

/* p at the opening brace. */
static const char *object(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys) {
    if (s->depth >= PMM_JSON_DEPTH_MAX) return pmm_json_fail(&s->fault, p, PMM_ERR_RANGE);
    s->depth++;
    p = members(s, p + 1, keys);
    s->depth--;
    return p;
}

const char *pmm_wire_each(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                          int (*element)(struct pmm_scan *s)) {
    const char *array = p;
    uint32_t own = 0;
    for (size_t i = 0; i < keys->count; i++)
        own |= PMM_WIRE_BIT(keys->rows[i].field);
    if (!(p = expect(s, p, '['))) return NULL;
    if (s->depth >= PMM_JSON_DEPTH_MAX) return pmm_json_fail(&s->fault, array, PMM_ERR_RANGE);
    if (p < s->end && *p == ']') return p + 1;
    s->depth++;
    for (;;) {
        s->seen &= ~own;
        if (p >= s->end || *p != '{') return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
        if (!(p = object(s, p, keys)) || element(s) < 0) return NULL;
        p = json_space(p, s->end);
        if (p < s->end && *p == ']') break;
        if (!(p = expect(s, p, ','))) return NULL;
    }
    s->depth--;
    return p + 1;
}

int pmm_wire_begin(struct pmm_scan *s, const struct pmm_wire_venue *venue, struct pmm_wire *wire, const char *text,
                   size_t bytes, int64_t recv_ns) {
    const int64_t row = wire->snapshot_row;
    wire->message = (struct pmm_wire_message){0};
    if (row < -1 || row >= (int64_t)wire->instrument_count) return PMM_ERR_ARGUMENT;
    /* Not the places: each is written before it is read, and they are most of the struct. */
    memset(s, 0, offsetof(struct pmm_scan, field));
    s->end = text + bytes;
    s->fault.at = text;
    s->venue = venue;
    s->instrument = row < 0 ? NULL : &wire->instruments[row];
    s->wire = wire;
    s->stamp.recv_ns = recv_ns;
    s->stamp.venue_id = venue->venue_id;
    s->stamp.source = PMM_SOURCE_FEED;
    return PMM_OK;
}

int pmm_wire_walk(struct pmm_scan *s, const char *text) {
    const char *p = json_space(text, s->end);
    const int is_object = p < s->end && *p == '{';
    p = is_object ? object(s, p, &s->venue->keys) : pmm_json_skip(p, s->end, 0, &s->fault);
    if (!p) return s->fault.code;
    p = json_space(p, s->end);
    return p == s->end ? PMM_OK : pmm_wire_fail(s, p, PMM_ERR_SYNTAX);
}

int64_t pmm_wire_end(struct pmm_scan *s, const char *text, int code) {
    struct pmm_wire_message *message = &s->wire->message;
    if (code < 0) message->offset = (uint64_t)(s->fault.at - text);
    if (s->instrument) {
        message->row = (uint32_t)(s->instrument - s->wire->instruments);
        message->known = 1;
    }
    return code < 0 ? code : (int64_t)s->count;
}

struct pmm_wire_token pmm_wire_token(const struct pmm_scan *s, uint32_t field) {
    const char *p = s->field[field], *begin = p;
    if (p < s->end && *p == '"') {
        begin = p + 1;
        for (p = json_plain(begin, s->end); p < s->end && *p != '"';)
            p++;
    } else {
        while (p < s->end && (is_digit(*p) || *p == '.' || *p == '-' || *p == '+' || (*p | 32) == 'e'))
            p++;
    }
    return (struct pmm_wire_token){begin, p < s->end ? (size_t)(p - begin) : 0};
}

void pmm_wire_find(struct pmm_scan *s, uint32_t field, char stop, int small) {
    if (s->named == s->field[field]) return;
    s->named = s->field[field];
    s->instrument = NULL;
    const struct pmm_wire_token token = pmm_wire_token(s, field);
    const char *stopped = stop ? memchr(token.text, stop, token.bytes) : NULL;
    const size_t bytes = stopped ? (size_t)(stopped - token.text) : token.bytes;
    char name[PMM_SYMBOL_BYTES] = {0};
    if (bytes == 0 || bytes >= sizeof name || *s->named != '"') return;
    memcpy(name, token.text, bytes);
    for (size_t i = 0; small && i < bytes; i++)
        if (name[i] >= 'a' && name[i] <= 'z') name[i] = (char)(name[i] & ~32);
    /* A table's symbols are padded like the name. */
    const uint64_t head = load_eight(name);
    const struct pmm_instrument *row = s->wire->instruments, *end = row + s->wire->instrument_count;
    while (row < end && (load_eight(row->symbol) != head || memcmp(row->symbol, name, sizeof name) != 0))
        row++;
    if (row < end) s->instrument = row;
}

/* The digits at p, and what must stand behind them: a quote, or nothing that belongs to a number. */
static inline int whole_at(struct pmm_scan *s, const char *p, int quoted, uint64_t *value) {
    const char *first = p;
    uint64_t v = 0;
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        for (uint64_t eight; v == 0 && s->end - p >= 8 && !not_digits(eight = load_eight(p) ^ ZEROS); p += 8)
            v = value_of_eight(eight);
    for (; p < s->end && is_digit(*p); p++) {
        const uint64_t digit = (uint64_t)(*p - '0');
        if (v >= INT64_MAX / 10 && (v > INT64_MAX / 10 || digit > INT64_MAX % 10))
            return pmm_wire_fail(s, p, PMM_ERR_RANGE);
        v = v * 10 + digit;
    }
    if (p == first) return pmm_wire_fail(s, p, p < s->end && *p == '-' ? PMM_ERR_RANGE : PMM_ERR_SYNTAX);
    if (p < s->end && (*p == '.' || (*p | 32) == 'e')) return pmm_wire_fail(s, p, PMM_ERR_RANGE);
    if (quoted && !(p < s->end && *p == '"')) return pmm_wire_fail(s, p, PMM_ERR_SYNTAX);
    *value = v;
    return PMM_OK;
}

int pmm_wire_whole(struct pmm_scan *s, uint32_t field, uint64_t *value) {
    return whole_at(s, s->field[field], 0, value);
}

int pmm_wire_quoted_whole(struct pmm_scan *s, uint32_t field, uint64_t *value) {
    const char *p = s->field[field];
    return p < s->end && *p == '"' ? whole_at(s, p + 1, 1, value) : pmm_wire_fail(s, p, PMM_ERR_SYNTAX);
}

int pmm_wire_time(struct pmm_scan *s, uint32_t field, int64_t *ns) {
    const struct pmm_wire_token token = pmm_wire_token(s, field);
    const int code = pmm_instant_of(token.text, token.bytes, ns);
    return code < 0 ? pmm_wire_fail(s, s->field[field], code) : PMM_OK;
}

static inline const char *decimal(struct pmm_scan *s, const char *p, int64_t mantissa, uint32_t decimals,
                                  int64_t *units, int *exact) {
    const int quotes = !s->venue->bare;
    if (quotes && (p >= s->end || *p != '"')) return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
    p += quotes;
    const int64_t used = decimal_scan_down(p, (size_t)(s->end - p), mantissa, decimals, units, exact);
    if (used < 0) return pmm_json_fail(&s->fault, p, (int)used);
    if (*p == '-') return pmm_json_fail(&s->fault, p, PMM_ERR_RANGE);
    p += used;
    if (!quotes) return p < s->end && (*p | 32) == 'e' ? pmm_json_fail(&s->fault, p, PMM_ERR_RANGE) : p;
    return p < s->end && *p == '"' ? p + 1 : pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
}

const char *pmm_wire_ticks(struct pmm_scan *s, const char *p, int64_t *ticks) {
    const struct pmm_instrument *i = s->instrument;
    int exact = 0;
    const char *next = decimal(s, p, i->tick_mantissa, i->tick_decimals, ticks, &exact);
    return !next || exact ? next : pmm_json_fail(&s->fault, p + !s->venue->bare, PMM_ERR_RANGE);
}

const char *pmm_wire_lots(struct pmm_scan *s, const char *p, int64_t *lots) {
    const struct pmm_instrument *i = s->instrument;
    int exact = 0;
    const char *next = decimal(s, p, i->lot_mantissa, i->lot_decimals, lots, &exact);
    s->wire->message.rounded += next && !exact;
    return next;
}

static inline struct pmm_event *append(struct pmm_scan *s, const char *at, uint8_t kind) {
    if (s->count == s->wire->max) {
        pmm_wire_fail(s, at, PMM_ERR_FULL);
        return NULL;
    }
    struct pmm_event *event = &s->wire->out[s->count++];
    *event = s->stamp;
    event->kind = kind;
    return event;
}

struct pmm_event *pmm_wire_append(struct pmm_scan *s, const char *at, uint8_t kind) { return append(s, at, kind); }

/*
 * ["price","quantity"] without white space, as venues write it most. Returns past it, or NULL
 * without a fault where it is anything else: the long way then finds out what.
 */
static inline const char *tight_level(struct pmm_scan *s, const char *p, struct pmm_event *event) {
    const struct pmm_instrument *i = s->instrument;
    const char *end = s->end;
    int exact = 0;
    if (end - p < 2 || memcmp(p, "[\"", 2) != 0) return NULL;
    p += 2;
    int64_t used = decimal_scan(p, (size_t)(end - p), i->tick_mantissa, i->tick_decimals, &event->price);
    if (used < 0 || event->price <= 0 || end - p < used + 4 || memcmp(p + used, "\",\"", 3) != 0) return NULL;
    p += used + 3;
    used = decimal_scan_down(p, (size_t)(end - p), i->lot_mantissa, i->lot_decimals, &event->quantity, &exact);
    if (used < 0 || *p == '-' || end - p < used + 2 || memcmp(p + used, "\"]", 2) != 0) return NULL;
    s->wire->message.rounded += !exact;
    return p + used + 2;
}

/* The same with bare numbers, white space and more elements; what is wrong with it is noted here. */
static const char *loose_level(struct pmm_scan *s, const char *p, struct pmm_event *event) {
    if (!(p = expect(s, p, '['))) return NULL;
    const char *price = p;
    p = pmm_wire_ticks(s, p, &event->price);
    if (!p || !(p = expect(s, p, ','))) return NULL;
    if (event->price == 0) return pmm_json_fail(&s->fault, price, PMM_ERR_RANGE);
    p = pmm_wire_lots(s, p, &event->quantity);
    if (!p) return NULL;
    p = json_space(p, s->end);
    while (p < s->end && *p == ',') {
        p = pmm_json_skip(json_space(p + 1, s->end), s->end, s->depth + 2, &s->fault);
        if (!p) return NULL;
        p = json_space(p, s->end);
    }
    return expect(s, p, ']');
}

const char *pmm_wire_levels(struct pmm_scan *s, const char *p, uint8_t side) {
    const int tight = !s->venue->bare;
    p = expect(s, p, '[');
    if (!p || (p < s->end && *p == ']')) return p ? p + 1 : NULL;
    for (;;) {
        struct pmm_event *event = append(s, p, PMM_KIND_DEPTH);
        if (!event) return NULL;
        event->side = side;
        const char *next = tight ? tight_level(s, p, event) : NULL;
        if (!next && !(next = loose_level(s, p, event))) return NULL;
        p = json_space(next, s->end);
        if (p < s->end && *p == ']') return p + 1;
        if (!(p = expect(s, p, ','))) return NULL;
    }
}
