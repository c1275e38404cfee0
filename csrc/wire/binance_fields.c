/* binance_fields.c: one field after the other: numbers to ticks and lots, words, levels, and where it went wrong. */
#include "wire/binance_fields.h"

#include <string.h>

#include "base/decimal_inline.h"
#include "base/error.h"

int pmm_binance_fail(struct scan *s, const char *at, int code) {
    s->fault.at = at;
    s->fault.code = code;
    return code;
}

static enum field field_of_letter(char letter) {
    switch (letter) {
    case 'e': return F_EVENT;
    case 'E': return F_EVENT_TIME;
    case 's': return F_SYMBOL;
    case 'U': return F_FIRST_ID;
    case 'u': return F_FINAL_ID;
    case 'b': return F_BID;
    case 'B': return F_BID_QUANTITY;
    case 'a': return F_ASK;
    case 'A': return F_ASK_QUANTITY;
    case 't': return F_TRADE_ID;
    case 'p': return F_PRICE;
    case 'q': return F_QUANTITY;
    case 'm': return F_MAKER;
    default: return F_UNKNOWN;
    }
}

enum field pmm_binance_field(const char *key, size_t bytes) {
    if (bytes == 1) return field_of_letter(*key);
    if (bytes == 4)
        return memcmp(key, "bids", 4) == 0   ? F_BIDS
               : memcmp(key, "asks", 4) == 0 ? F_ASKS
               : memcmp(key, "data", 4) == 0 ? F_DATA
                                             : F_UNKNOWN;
    if (bytes == 6) return memcmp(key, "stream", 6) == 0 ? F_STREAM : F_UNKNOWN;
    return bytes == 12 && memcmp(key, "lastUpdateId", 12) == 0 ? F_LAST_ID : F_UNKNOWN;
}

int pmm_binance_is_word(const struct scan *s, const char *value, const char *word) {
    size_t bytes = strlen(word);
    return (size_t)(s->end - value) >= bytes && memcmp(value, word, bytes) == 0;
}

/* Whether bytes name the symbol: as it is written, or in lower case. */
static int names(const char *symbol, const char *text, size_t bytes) {
    if (bytes == 0 || bytes >= PMM_SYMBOL_BYTES || symbol[bytes] != '\0') return 0;
    if (memcmp(symbol, text, bytes) == 0) return 1;
    for (size_t i = 0; i < bytes; i++) {
        char c = symbol[i];
        if (text[i] != c && !(c >= 'A' && c <= 'Z' && text[i] == (c | 32))) return 0;
    }
    return 1;
}

/* Finds the instrument of the string at value, up to its closing quote or `stop`. */
void pmm_binance_find_instrument(struct scan *s, const char *value, char stop) {
    if (*value != '"') return;
    const char *text = value + 1;
    size_t bytes = 0;
    while (text[bytes] != stop && text[bytes] != '"') /* ends: the string was scanned whole */
        bytes++;
    s->instrument = NULL;
    for (size_t row = 0; row < s->instrument_count; row++)
        if (names(s->instruments[row].symbol, text, bytes)) {
            s->instrument = &s->instruments[row];
            return;
        }
}

/* A whole number, not negative, as JSON writes it; what may follow it was checked by the skip. */
int pmm_binance_whole(struct scan *s, enum field field, uint64_t *value) {
    const char *p = s->field[field];
    uint64_t v = 0;
    const char *first = p;
    for (; p < s->end && *p >= '0' && *p <= '9'; p++) {
        const uint64_t digit = (uint64_t)(*p - '0');
        if (v > (INT64_MAX - digit) / 10) return pmm_binance_fail(s, p, PMM_ERR_RANGE);
        v = v * 10 + digit;
    }
    if (p == first) return pmm_binance_fail(s, p, p < s->end && *p == '-' ? PMM_ERR_RANGE : PMM_ERR_SYNTAX);
    if (p < s->end && (*p == '.' || (*p | 32) == 'e')) return pmm_binance_fail(s, p, PMM_ERR_RANGE);
    *value = v;
    return PMM_OK;
}

static const char *quoted(struct scan *s, const char *p, int64_t mantissa, uint32_t decimals, int64_t *units,
                          int *exact) {
    if (p >= s->end || *p != '"') return pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
    p++;
    int64_t used = decimal_scan_down(p, (size_t)(s->end - p), mantissa, decimals, units, exact);
    if (used < 0) return pmm_json_fail(&s->fault, p, (int)used);
    if (*p == '-') return pmm_json_fail(&s->fault, p, PMM_ERR_RANGE);
    p += used;
    return p < s->end && *p == '"' ? p + 1 : pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
}

const char *pmm_binance_ticks(struct scan *s, const char *p, int64_t *ticks) {
    const struct pmm_instrument *i = s->instrument;
    int exact = 0;
    const char *next = quoted(s, p, i->tick_mantissa, i->tick_decimals, ticks, &exact);
    return next == NULL || exact ? next : pmm_json_fail(&s->fault, p + 1, PMM_ERR_RANGE);
}

const char *pmm_binance_lots(struct scan *s, const char *p, int64_t *lots) {
    const struct pmm_instrument *i = s->instrument;
    int exact = 0;
    const char *next = quoted(s, p, i->lot_mantissa, i->lot_decimals, lots, &exact);
    s->message->rounded += next != NULL && !exact;
    return next;
}

const char *pmm_binance_expect(struct scan *s, const char *p, char c) {
    p = pmm_json_space(p, s->end);
    return p < s->end && *p == c ? pmm_json_space(p + 1, s->end) : pmm_json_fail(&s->fault, p, PMM_ERR_SYNTAX);
}

/* One more record; NULL and FULL if there is no room. */
struct pmm_event *pmm_binance_append(struct scan *s, const char *at, uint8_t kind) {
    if (s->count == s->max) {
        pmm_binance_fail(s, at, PMM_ERR_FULL);
        return NULL;
    }
    struct pmm_event *event = &s->out[s->count++];
    *event = s->stamp;
    event->kind = kind;
    return event;
}

/*
 * ["price","quantity"] without white space, as Binance writes it. Returns past it, or NULL
 * without a fault where it is anything else: the long way then finds out what.
 */
static const char *tight_level(struct scan *s, const char *p, struct pmm_event *event) {
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
    s->message->rounded += !exact;
    return p + used + 2;
}

/* The same with white space and more elements; what is wrong with it is noted here. */
static const char *loose_level(struct scan *s, const char *p, struct pmm_event *event) {
    if ((p = pmm_binance_expect(s, p, '[')) == NULL) return NULL;
    const char *price = p;
    p = pmm_binance_ticks(s, p, &event->price);
    if (p == NULL || (p = pmm_binance_expect(s, p, ',')) == NULL) return NULL;
    if (event->price == 0) return pmm_json_fail(&s->fault, price, PMM_ERR_RANGE);
    p = pmm_binance_lots(s, p, &event->quantity);
    if (p == NULL) return NULL;
    p = pmm_json_space(p, s->end);
    while (p < s->end && *p == ',') {
        p = pmm_json_skip(pmm_json_space(p + 1, s->end), s->end, 4, &s->fault);
        if (p == NULL) return NULL;
        p = pmm_json_space(p, s->end);
    }
    return pmm_binance_expect(s, p, ']');
}

const char *pmm_binance_levels(struct scan *s, const char *p, uint8_t side) {
    p = pmm_binance_expect(s, p, '[');
    if (p == NULL || (p < s->end && *p == ']')) return p ? p + 1 : NULL;
    for (;;) {
        struct pmm_event *event = pmm_binance_append(s, p, PMM_KIND_DEPTH);
        if (event == NULL) return NULL;
        event->side = side;
        const char *next = tight_level(s, p, event);
        if (next == NULL && (next = loose_level(s, p, event)) == NULL) return NULL;
        p = pmm_json_space(next, s->end);
        if (p < s->end && *p == ']') return p + 1;
        if ((p = pmm_binance_expect(s, p, ',')) == NULL) return NULL;
    }
}
