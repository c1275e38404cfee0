/*
 * binance_fields.h: the walk's state, and the readers of single fields, for binance.c alone.
 *
 * What it is. struct scan remembers where each known field's value begins; readers turn one of
 * those values into a number, an instrument or records. A field's place is stored before it is
 * understood, because its meaning ("b": levels or a price) can hang on fields that come later.
 *
 * Every reader checks against s->end by itself. A reader that fails notes where and why in
 * s->fault; those that return a pointer return NULL then, those that return int the code.
 *
 * Internal: not bound to Python.
 */
#ifndef PMM_BINANCE_FIELDS_H
#define PMM_BINANCE_FIELDS_H

#include "wire/binance.h"
#include "wire/json.h"

enum field {
    F_STREAM,
    F_EVENT,
    F_EVENT_TIME,
    F_SYMBOL,
    F_FIRST_ID,
    F_FINAL_ID,
    F_LAST_ID,
    F_BID, /* depthUpdate: levels; bookTicker: price */
    F_ASK,
    F_BIDS, /* snapshot: levels */
    F_ASKS,
    F_BID_QUANTITY,
    F_ASK_QUANTITY,
    F_TRADE_ID,
    F_PRICE,
    F_QUANTITY,
    F_MAKER,
    F_COUNT,
    F_DATA = F_COUNT, /* not stored: its inside is scanned in its place */
    F_UNKNOWN
};

struct scan {
    const char *end;
    struct pmm_json_fault fault;
    const char *field[F_COUNT]; /* where each field's value begins; NULL: not seen */
    uint32_t seen;              /* bit per field that was seen */
    uint32_t done;              /* bit per field whose levels are already records */
    const struct pmm_instrument *instruments;
    size_t instrument_count;
    const struct pmm_instrument *instrument; /* NULL: not known yet */
    struct pmm_event stamp;                  /* what all records of the message share */
    struct pmm_event *out;
    size_t count, max;
    struct pmm_binance_message *message;
};

/* Notes a fault and returns its code. */
int pmm_binance_fail(struct scan *s, const char *at, int code);
/* Which field a key names. */
enum field pmm_binance_field(const char *key, size_t bytes);
/* Whether the value begins with these bytes (a string's with its quotes). */
int pmm_binance_is_word(const struct scan *s, const char *value, const char *word);
/* Sets s->instrument from the string at value, which ends at `stop` or at its quote. */
void pmm_binance_find_instrument(struct scan *s, const char *value, char stop);
/* A whole number that fits into 63 bits; what may follow it was checked by the skip. */
int pmm_binance_whole(struct scan *s, enum field field, uint64_t *value);
/* A quoted decimal, not negative, in ticks or in lots of s->instrument; returns past it. */
const char *pmm_binance_ticks(struct scan *s, const char *p, int64_t *ticks);
const char *pmm_binance_lots(struct scan *s, const char *p, int64_t *lots);
/* Past white space, the byte c and white space again. */
const char *pmm_binance_expect(struct scan *s, const char *p, char c);
/* One more record, a copy of the stamp; NULL and FULL if there is no room. */
struct pmm_event *pmm_binance_append(struct scan *s, const char *at, uint8_t kind);
/* An array of levels as DEPTH records of s->instrument; returns past it. */
const char *pmm_binance_levels(struct scan *s, const char *p, uint8_t side);

#endif
