/*
 * fields.h: the walk through a venue's JSON message that all scanners share, and the readers of single fields.
 *
 * What it is. A venue is a table of keys (struct pmm_wire_venue). pmm_wire_walk steps through a message
 * once and remembers where the value of each key begins; the venue's own code then says which message it
 * was and turns places into numbers, an instrument, records. A place is stored before it is understood,
 * because its meaning ("b": levels or a price) can hang on fields that come later. What is large is read
 * at first sight all the same: a key marked EARLY is offered to the venue's `early` when it comes, and is
 * stepped over if the venue cannot know yet. Objects in an array are walked one by one with a table of
 * their own (pmm_wire_each), from `early` or at the end.
 *
 * Numbers. Prices and quantities become ticks and lots exactly, from quoted decimals or, where the venue
 * says so, from bare ones. pmm_wire_token gives a value's text as it was sent: a checksum may be over that.
 *
 * Every reader checks against s->end by itself. A reader that fails notes where and why in
 * s->fault; those that return a pointer return NULL then, those that return int the code.
 *
 * Internal: for scanners in this directory, not bound to Python.
 */
#ifndef PMM_WIRE_FIELDS_H
#define PMM_WIRE_FIELDS_H

#include <stddef.h>
#include <string.h>

#include "wire/json.h"
#include "wire/message.h"

#define PMM_WIRE_FIELDS_MAX 32
#define PMM_WIRE_KEY_BYTES  16

/* How a key is taken; flags. */
#define PMM_WIRE_EARLY  1 /* offered to the venue at first sight */
#define PMM_WIRE_OUTER  2 /* a key of the outermost object alone, unknown within another */
#define PMM_WIRE_INSIDE 4 /* an object (OUTER) whose members count as if they stood in its place; not stored */

struct pmm_wire_key {
    char text[PMM_WIRE_KEY_BYTES]; /* padded with NUL, which no key of a text can hold */
    uint8_t field;                 /* below PMM_WIRE_FIELDS_MAX */
    uint8_t flags;
};

/* The keys of one object; those that are looked for most stand first. */
struct pmm_wire_keys {
    const struct pmm_wire_key *rows;
    size_t count;
};

/* Of an array of rows. */
#define PMM_WIRE_KEYS(array) {(array), sizeof(array) / sizeof *(array)}

struct pmm_scan;

/* One venue's messages. */
struct pmm_wire_venue {
    struct pmm_wire_keys keys;
    /*
     * An EARLY field, its place just stored: past its value, now that it is records; or NULL, with a fault
     * if it cannot be, without one if that cannot be known yet.
     */
    const char *(*early)(struct pmm_scan *s, uint32_t field);
    uint8_t venue_id;
    uint8_t bare; /* prices and quantities are JSON numbers and not text in quotes */
};

struct pmm_scan {
    const char *end;
    struct pmm_json_fault fault;
    const struct pmm_wire_venue *venue;
    const struct pmm_instrument *instrument; /* NULL: not known yet */
    const char *named;                       /* the value by which it was found; NULL: by none */
    uint32_t seen;                           /* bit per field that was seen */
    uint32_t done;                           /* bit per field whose levels are already records */
    int depth;                               /* containers open around where the walk is */
    size_t count;
    struct pmm_wire *wire;
    struct pmm_event stamp;                /* what all records of the message share */
    const char *field[PMM_WIRE_FIELDS_MAX]; /* where each field's value begins, if it was seen */
};

/* A value as it was sent, without the quotes of a string. */
struct pmm_wire_token {
    const char *text;
    size_t bytes;
};

#define PMM_WIRE_BIT(field) (UINT32_C(1) << (field))

/* Whether all of these fields have been seen. */
static inline int pmm_wire_has(const struct pmm_scan *s, uint32_t bits) { return (s->seen & bits) == bits; }

/* Whether a field has been seen and its value begins with these bytes (a string's with its quotes). */
#define PMM_WIRE_IS(s, f, word) \
    (pmm_wire_has((s), PMM_WIRE_BIT(f)) && (size_t)((s)->end - (s)->field[f]) >= sizeof(word) - 1 && \
     memcmp((s)->field[f], (word), sizeof(word) - 1) == 0)

/*
 * A scan of one message: clears wire->message and fills *s. 0, or ARGUMENT where wire->snapshot_row is
 * no row; -1 leaves the instrument to be found.
 */
int pmm_wire_begin(struct pmm_scan *s, const struct pmm_wire_venue *venue, struct pmm_wire *wire, const char *text,
                   size_t bytes, int64_t recv_ns);
/* Steps through the whole text. 0, or SYNTAX, RANGE, and what `early` found. */
int pmm_wire_walk(struct pmm_scan *s, const char *text);
/* Ends a scan: the row and offset that belong into the message; what the scanner returns. */
int64_t pmm_wire_end(struct pmm_scan *s, const char *text, int code);

/* Notes a fault and returns its code. */
int pmm_wire_fail(struct pmm_scan *s, const char *at, int code);
/* The text of a seen field that is a string or a number; 0 bytes for anything else, or a text cut off. */
struct pmm_wire_token pmm_wire_token(const struct pmm_scan *s, uint32_t field);
/*
 * Sets s->instrument to that of the symbol in a seen field, up to `stop` if that is in it; NULL if it is
 * none of the rows. `small`: the venue writes there in small letters what the table has in capitals.
 */
void pmm_wire_find(struct pmm_scan *s, uint32_t field, char stop, int small);
/* A whole number of a seen field, that fits into 63 bits; what may follow it was checked by the walk. */
int pmm_wire_whole(struct pmm_scan *s, uint32_t field, uint64_t *value);
/* The same of one in quotes. */
int pmm_wire_quoted_whole(struct pmm_scan *s, uint32_t field, uint64_t *value);
/*
 * A time of a seen field, "2026-08-09T21:05:48.505350477Z", in UTC ns: years 1970 to 2261, a fraction of up to
 * nine digits or none. SYNTAX for anything else.
 */
int pmm_wire_time(struct pmm_scan *s, uint32_t field, int64_t *ns);
/* A decimal, not negative, in ticks or in lots of s->instrument; returns past it. Ticks must be whole. */
const char *pmm_wire_ticks(struct pmm_scan *s, const char *p, int64_t *ticks);
const char *pmm_wire_lots(struct pmm_scan *s, const char *p, int64_t *lots);
/* One more record, a copy of the stamp; NULL and FULL if there is no room. */
struct pmm_event *pmm_wire_append(struct pmm_scan *s, const char *at, uint8_t kind);
/*
 * p at an array of objects: each is walked with `keys`, whose fields count as not seen before it, and then given
 * to `element`, which returns 0 or what it noted as a fault. Returns past the array.
 */
const char *pmm_wire_each(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                          int (*element)(struct pmm_scan *s));
/* An array of levels [price, quantity, ...] as DEPTH records of s->instrument; returns past it. */
const char *pmm_wire_levels(struct pmm_scan *s, const char *p, uint8_t side);

#endif
