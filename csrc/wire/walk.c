/* walk.c: messages to parts: the walk through one, what becomes of its elements, and one message after the other. */
#include "wire/fields.h"

#include "base/error.h"
#include "wire/json_inline.h"

int pmm_wire_fail(struct pmm_scan *s, const char *at, int code) {
    s->fault.at = at;
    s->fault.code = code;
    return code;
}

int pmm_wire_need(struct pmm_scan *s, uint32_t bits) {
    return pmm_wire_has(s, bits) ? PMM_OK : pmm_wire_fail(s, s->end, PMM_ERR_SYNTAX);
}

/* key: padded like those of the table. */
static inline const struct pmm_wire_key *row_of(const struct pmm_wire_keys *keys, const char *key) {
    const struct pmm_wire_key *row = keys->rows, *stop = row + keys->count;
    const uint64_t head = load_eight(key), middle = load_eight(key + 8), tail = load_eight(key + 16);
    for (; row < stop; row++)
        if (load_eight(row->text) == head && load_eight(row->text + 8) == middle && load_eight(row->text + 16) == tail)
            return row;
    return NULL;
}

/* The same of one of up to 15 bytes. */
static inline const struct pmm_wire_key *row_of_short(const struct pmm_wire_keys *keys, uint64_t head, uint64_t tail) {
    const struct pmm_wire_key *row = keys->rows, *stop = row + keys->count;
    while (row < stop && !(load_eight(row->text) == head && load_eight(row->text + 8) == tail))
        row++;
    return row < stop && load_eight(row->text + 16) == 0 ? row : NULL;
}

/* Bits of a word before the first byte that is not plain in a string; 64 if all are. */
static inline int plain_bits(uint64_t v) {
    const uint64_t stops = json_stops(v);
    return stops ? (__builtin_ctzll(stops) >> 3) * 8 : 64;
}

static inline uint64_t lowest(uint64_t v, int bits) { return bits ? v & (UINT64_MAX >> (64 - bits)) : 0; }

/* The key at p and the colon behind it: past them, and its row of the table, NULL if there is none. */
static inline const char *key_at(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                                 const struct pmm_wire_key **row) {
    char key[PMM_WIRE_KEY_BYTES] = {0};
    /* A key without anything special, its colon right behind it: what venues write most. */
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && s->end - p > 18 && *p == '"') {
        const uint64_t head = load_eight(p + 1), tail = load_eight(p + 9);
        const int bits = plain_bits(head), more = bits == 64 ? plain_bits(tail) : 0;
        const char *quote = p + 1 + (bits + more) / 8;
        if (more < 64 && *quote == '"' && quote[1] == ':') {
            *row = row_of_short(keys, lowest(head, bits), lowest(tail, more));
            return json_space(quote + 2, s->end);
        }
    }
    const char *next = json_string(p, s->end, &s->fault);
    if (!next) return NULL;
    const size_t bytes = (size_t)(next - p - 2);
    memcpy(key, p + 1, bytes < sizeof key ? bytes : sizeof key);
    *row = bytes > sizeof key ? NULL : row_of(keys, key);
    return json_expect(next, s->end, ':', &s->fault);
}

static const char *object(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys);

/* One member's value, p at its first byte. */
static inline const char *member(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                                 const struct pmm_wire_key *key) {
    const uint8_t flags = key ? key->flags : 0;
    if (!key || (s->depth > 1 && flags & PMM_WIRE_OUTER)) return json_skip(p, s->end, s->depth, &s->fault);
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
        if (!(p = json_expect(p, s->end, ',', &s->fault))) return NULL;
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

/* What a message has brought so far, to go back to. */
struct mark {
    size_t records, parts;
    int depth;
};

static struct mark mark_of(const struct pmm_scan *s) {
    return (struct mark){s->wire->count, s->wire->part_count, s->depth};
}

/*
 * What was read from `at` on cannot be: its part says so, and no other. Past it; or NULL, and the fault stays, if it
 * is no JSON, so that nothing of the message can be known, or there is no room.
 */
static const char *refuse(struct pmm_scan *s, const char *at, const struct mark *mark) {
    const struct pmm_json_fault fault = s->fault;
    struct pmm_json_fault broken = {0};
    struct pmm_wire *wire = s->wire;
    const char *next = pmm_json_skip(at, s->end, mark->depth, &broken);
    if (fault.code == PMM_ERR_FULL) return NULL;
    if (!next) s->fault = broken;
    if (!next || mark->parts == wire->part_max) return next ? pmm_json_fail(&s->fault, at, PMM_ERR_FULL) : NULL;
    struct pmm_wire_part *part = &wire->parts[mark->parts];
    *part = (struct pmm_wire_part){0};
    part->sequence = s->sequence;
    part->offset = (uint64_t)(fault.at - s->text);
    part->first = (uint32_t)mark->records;
    part->row = s->instrument ? (uint32_t)(s->instrument - wire->instruments) : PMM_WIRE_NO_ROW;
    part->kind = s->kind;
    part->frame = s->frame;
    part->code = fault.code;
    wire->count = mark->records;
    wire->part_count = mark->parts + 1;
    s->depth = mark->depth;
    s->part = NULL;
    s->fault = (struct pmm_json_fault){0};
    return next;
}

static uint32_t fields_of(const struct pmm_wire_keys *keys) {
    uint32_t fields = 0;
    for (size_t i = 0; i < keys->count; i++)
        fields |= PMM_WIRE_BIT(keys->rows[i].field);
    return fields;
}

/* One object of an array, p at its first byte. */
static inline const char *one(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys, uint32_t own,
                              int (*element)(struct pmm_scan *s)) {
    s->seen &= ~own;
    s->done &= ~own;
    if (p >= s->end || *p != '{') return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
    return (p = object(s, p, keys)) && element(s) == 0 ? p : NULL;
}

static inline const char *array(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                                int (*element)(struct pmm_scan *s), int parts) {
    const char *begin = p;
    const uint32_t own = fields_of(keys);
    if (!(p = json_expect(p, s->end, '[', &s->fault))) return NULL;
    if (s->depth >= PMM_JSON_DEPTH_MAX) return pmm_json_fail(&s->fault, begin, PMM_ERR_RANGE);
    if (p < s->end && *p == ']') return p + 1;
    s->depth++;
    for (;;) {
        const struct mark mark = mark_of(s);
        if (parts) {
            s->instrument = NULL;
            s->named = NULL;
        }
        const char *next = one(s, p, keys, own, element);
        if (!next && !(parts && (next = refuse(s, p, &mark)))) return NULL;
        p = json_space(next, s->end);
        if (p < s->end && *p == ']') break;
        if (!(p = json_expect(p, s->end, ',', &s->fault))) return NULL;
    }
    s->depth--;
    return p + 1;
}

const char *pmm_wire_each(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                          int (*element)(struct pmm_scan *s)) {
    return array(s, p, keys, element, 0);
}

const char *pmm_wire_parts(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                           int (*element)(struct pmm_scan *s)) {
    return array(s, p, keys, element, 1);
}

static void begin_scan(struct pmm_scan *s, struct pmm_wire *wire, const char *text, size_t bytes, int64_t recv_ns) {
    /* Not the places: each is written before it is read, and they are most of the struct. */
    memset(s, 0, offsetof(struct pmm_scan, field));
    s->text = text;
    s->end = text + bytes;
    s->fault.at = text;
    s->venue = wire->venue;
    s->instrument = wire->snapshot_row < 0 ? NULL : &wire->instruments[wire->snapshot_row];
    s->sequence = PMM_WIRE_NO_SEQUENCE;
    s->parts_before = wire->part_count;
    s->wire = wire;
    s->stamp.recv_ns = recv_ns;
    s->stamp.venue_id = wire->venue->venue_id;
    s->stamp.source = PMM_SOURCE_FEED;
}

static int walk_through(struct pmm_scan *s, const char *p) {
    const int is_object = p < s->end && *p == '{';
    p = is_object ? object(s, p, &s->venue->keys) : pmm_json_skip(p, s->end, 0, &s->fault);
    if (!p) return s->fault.code;
    p = json_space(p, s->end);
    return p == s->end ? PMM_OK : pmm_wire_fail(s, p, PMM_ERR_SYNTAX);
}

/* 0, or why nothing of the message is there. */
static int message(struct pmm_scan *s) {
    const char *p = json_space(s->text, s->end);
    const struct mark mark = mark_of(s);
    int code = walk_through(s, p);
    s->venue->know(s);
    if (code == 0) code = s->kind == PMM_WIRE_OTHER ? PMM_ERR_NOT_FOUND : s->venue->finish(s);
    if (code == 0) return PMM_OK;
    if (code != PMM_ERR_NOT_FOUND && s->kind != PMM_WIRE_OTHER) {
        const char *next = refuse(s, p, &mark);
        if (next && json_space(next, s->end) == s->end) return PMM_OK;
        if (next) pmm_wire_fail(s, next, PMM_ERR_SYNTAX);
    }
    s->wire->count = mark.records;
    s->wire->part_count = mark.parts;
    return s->fault.code ? s->fault.code : code;
}

int64_t pmm_wire_scan_one(struct pmm_wire *wire, const char *text, uint64_t bytes, int64_t recv_ns) {
    return pmm_wire_scan(wire, text, &bytes, 1, recv_ns);
}

int64_t pmm_wire_scan(struct pmm_wire *wire, const char *text, const uint64_t *bytes, size_t frames, int64_t recv_ns) {
    struct pmm_scan s;
    if (wire->snapshot_row < -1 || wire->snapshot_row >= (int64_t)wire->instrument_count) return PMM_ERR_ARGUMENT;
    wire->count = wire->part_count = 0;
    wire->code = 0;
    for (size_t i = 0; i < frames; text += bytes[i++]) {
        begin_scan(&s, wire, text, bytes[i], recv_ns);
        s.frame = (uint32_t)i;
        const int code = message(&s);
        wire->sequence = s.sequence;
        if (code == 0) continue;
        wire->code = code == PMM_ERR_FULL && i > 0 ? PMM_OK : code;
        wire->offset = (uint64_t)(s.fault.at - text);
        return (int64_t)i;
    }
    return (int64_t)frames;
}

int64_t pmm_wire_plain(const struct pmm_wire *wire) {
    size_t i = 0;
    while (i < wire->part_count && wire->parts[i].row != PMM_WIRE_NO_ROW && !wire->parts[i].code)
        i++;
    return (int64_t)i;
}
