/* fields.c: single fields of a message: its instrument, whole numbers, times, prices and quantities. */
#include "wire/fields.h"

#include "base/decimal_inline.h"
#include "base/error.h"
#include "wire/instant.h"
#include "wire/json_inline.h"

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

void pmm_wire_find(struct pmm_scan *s, uint32_t field, size_t skip, char stop, int small) {
    if (s->named == s->field[field]) return;
    s->named = s->field[field];
    s->instrument = NULL;
    const struct pmm_wire_token token = pmm_wire_token(s, field);
    if (token.bytes <= skip || *s->named != '"') return;
    const char *begin = token.text + skip;
    const char *stopped = stop ? memchr(begin, stop, token.bytes - skip) : NULL;
    const size_t bytes = stopped ? (size_t)(stopped - begin) : token.bytes - skip;
    char name[PMM_SYMBOL_BYTES] = {0};
    if (bytes == 0 || bytes >= sizeof name) return;
    memcpy(name, begin, bytes);
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

int pmm_wire_since(struct pmm_scan *s, uint32_t field, int quoted, int64_t unit_ns, int64_t *ns) {
    uint64_t count = 0;
    const int code = quoted ? pmm_wire_quoted_whole(s, field, &count) : pmm_wire_whole(s, field, &count);
    if (code < 0) return code;
    return __builtin_mul_overflow((int64_t)count, unit_ns, ns) ? pmm_wire_fail(s, s->field[field], PMM_ERR_RANGE) : 0;
}

#define PLAIN_BYTES 64

/*
 * A bare number with an exponent, which starts at p: the same without one, in `plain`. Past it, and the bytes of
 * `plain`, 0 if they are too many.
 */
static const char *without_exponent(const char *p, const char *end, char *plain, size_t *bytes) {
    char digits[PLAIN_BYTES];
    size_t count = 0;
    int64_t point = 0, exponent = 0, behind = 0, sign;
    *bytes = 0;
    for (; p < end && (is_digit(*p) || *p == '.'); p++) {
        if (*p == '.') {
            behind = 1;
            continue;
        }
        if (count == PLAIN_BYTES) return p;
        digits[count++] = *p;
        point += !behind;
    }
    p++;
    sign = p < end && *p == '-' ? -1 : 1;
    p += p < end && (*p == '-' || *p == '+');
    const char *first = p;
    for (; p < end && is_digit(*p); p++)
        exponent = exponent < PLAIN_BYTES ? exponent * 10 + (*p - '0') : exponent;
    point += sign * exponent;
    if (p == first || point < -PLAIN_BYTES / 2 || point > PLAIN_BYTES / 2 || count > PLAIN_BYTES / 2) return p;
    char *out = plain;
    if (point <= 0) *out++ = '0';
    if (point <= 0) *out++ = '.';
    for (int64_t i = point; i < 0; i++)
        *out++ = '0';
    for (int64_t i = 0; i < (int64_t)count || i < point; i++) {
        if (i > 0 && i == point) *out++ = '.';
        *out++ = i < (int64_t)count ? digits[i] : '0';
    }
    *bytes = (size_t)(out - plain);
    return p;
}

static const char *exponential(struct pmm_scan *s, const char *p, int64_t mantissa, uint32_t decimals, int64_t *units,
                               int *exact) {
    char plain[2 * PLAIN_BYTES];
    size_t bytes = 0;
    const char *next = without_exponent(p, s->end, plain, &bytes);
    /* A digit may not end the text: what stands behind ends a number and is none of it. */
    const int64_t used = bytes ? decimal_scan_down(plain, bytes, mantissa, decimals, units, exact) : PMM_ERR_RANGE;
    return used < 0 ? pmm_json_fail(&s->fault, p, (int)used) : next;
}

/* Behind digits and points: where the exponent of a number that is too long for the quick way would be. */
static const char *digits_end(const char *p, const char *end) {
    while (p < end && (is_digit(*p) || *p == '.'))
        p++;
    return p;
}

static inline const char *decimal(struct pmm_scan *s, const char *p, int64_t mantissa, uint32_t decimals,
                                  int64_t *units, int *exact) {
    const int quotes = !s->venue->bare;
    if (quotes && (p >= s->end || *p != '"')) return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
    p += quotes;
    const int64_t used = decimal_scan_down(p, (size_t)(s->end - p), mantissa, decimals, units, exact);
    if (used < 0 && !(used == PMM_ERR_RANGE && !quotes)) return pmm_json_fail(&s->fault, p, (int)used);
    if (*p == '-') return pmm_json_fail(&s->fault, p, PMM_ERR_RANGE);
    if (!quotes) {
        const char *stop = used < 0 ? digits_end(p, s->end) : p + used;
        if (stop < s->end && (*stop | 32) == 'e') return exponential(s, p, mantissa, decimals, units, exact);
        return used < 0 ? pmm_json_fail(&s->fault, p, (int)used) : stop;
    }
    p += used;
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
    s->rounded += next && !exact;
    return next;
}

int pmm_wire_level(struct pmm_scan *s, uint32_t price, uint32_t quantity, struct pmm_event *event) {
    if (!pmm_wire_ticks(s, s->field[price], &event->price) || !pmm_wire_lots(s, s->field[quantity], &event->quantity))
        return s->fault.code;
    return event->price == 0 ? pmm_wire_fail(s, s->field[price], PMM_ERR_RANGE) : PMM_OK;
}
