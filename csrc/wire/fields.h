/*
 * fields.h: the walk through a venue's JSON message that all venues share, and the readers of single fields.
 *
 * What it is. A venue is a table of keys and three functions (struct pmm_wire_venue). The walk steps through a
 * message once and remembers where the value of each key begins; `know` then says which message it was, and
 * `finish` turns places into numbers, an instrument, records. A place is stored before it is understood, because
 * its meaning ("b": levels or a price) can hang on fields that come later. What is large is read at first sight
 * all the same: a key marked EARLY is offered to the venue's `early` when it comes, and is stepped over if the
 * venue cannot know yet. Objects in an array are walked one by one with a table of their own (pmm_wire_each,
 * pmm_wire_parts), from `early` or at the end.
 *
 * Parts. pmm_wire_open begins what the message says of s->instrument, pmm_wire_close ends it. Where several
 * instruments may stand in one message each is an element of an array given to pmm_wire_parts: what one of them says
 * that cannot be costs that element and no other. The message as a whole is such an element too.
 *
 * Numbers. Prices and quantities become ticks and lots exactly, from quoted decimals or, where the venue says so,
 * from bare ones, with an exponent or without. pmm_wire_token gives a value's text as it was sent.
 *
 * Every reader checks against s->end by itself. A reader that fails notes where and why in
 * s->fault; those that return a pointer return NULL then, those that return int the code.
 *
 * Internal: for venues in this directory, not bound to Python.
 */
#ifndef PMM_WIRE_FIELDS_H
#define PMM_WIRE_FIELDS_H

#include <stddef.h>
#include <string.h>

#include "wire/json.h"
#include "wire/message.h"

#define PMM_WIRE_FIELDS_MAX 32
#define PMM_WIRE_KEY_BYTES  24

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
    /*
     * Sets s->kind by the fields that were seen, OTHER if the message is not hot, and s->instrument where the whole
     * message is of one. Asked of a message that could not be walked through, too: whom does that cost?
     */
    void (*know)(struct pmm_scan *s);
    /* The whole message walked through and hot: its parts. 0, NOT_FOUND if it has none, or what it noted as a fault. */
    int (*finish)(struct pmm_scan *s);
    uint8_t venue_id;
    uint8_t bare;  /* prices and quantities are JSON numbers and not text in quotes */
    uint8_t small; /* symbols may be in small letters where the rows have capitals */
    int64_t unit_ns; /* of the times that are whole numbers */
    /*
     * What stands third in a level, p at its first byte: the id of the single order that the level is. Makes the
     * record an ORDER_ADD of it, or leaves it alone if it is no id; past the value, or NULL with a fault. NULL: a
     * level of this venue is never a single order.
     */
    const char *(*identify)(struct pmm_scan *s, const char *p, struct pmm_event *event);
};

/* One message being read. */
struct pmm_scan {
    const char *end;
    struct pmm_json_fault fault;
    const struct pmm_wire_venue *venue;
    const struct pmm_instrument *instrument; /* NULL: not known yet */
    const char *named;                       /* the value by which it was found; NULL: by none */
    uint32_t seen;                           /* bit per field that was seen */
    uint32_t done;                           /* bit per field whose value is already records */
    uint32_t kind;                           /* enum pmm_wire_kind, as far as it is known */
    uint32_t rounded;                        /* quantities of this element, see struct pmm_wire_part */
    int depth;                               /* containers open around where the walk is */
    uint32_t frame;
    const char *text;                        /* where the message begins */
    struct pmm_wire_part *part;              /* the one that is open; NULL: none */
    size_t parts_before;                     /* parts of the call's messages before this one */
    uint64_t sequence;                       /* of the message, once it is known; NO_SEQUENCE till then */
    struct pmm_wire *wire;
    struct pmm_event stamp;                  /* what all records of the part share */
    const char *field[PMM_WIRE_FIELDS_MAX];  /* where each field's value begins, if it was seen */
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

/* Notes a fault and returns its code. */
int pmm_wire_fail(struct pmm_scan *s, const char *at, int code);
/* 0, or SYNTAX at the end of the message if one of these fields was not seen. */
int pmm_wire_need(struct pmm_scan *s, uint32_t bits);

/* The text of a seen field that is a string or a number; 0 bytes for anything else, or a text cut off. */
struct pmm_wire_token pmm_wire_token(const struct pmm_scan *s, uint32_t field);
/*
 * Sets s->instrument to that of the symbol in a seen field, behind its first `skip` bytes and up to `stop` if that
 * is in it; NULL if it is none of the rows. `small`: the venue writes there in small letters what the rows have in
 * capitals.
 */
void pmm_wire_find(struct pmm_scan *s, uint32_t field, size_t skip, char stop, int small);
/* A whole number of a seen field, that fits into 63 bits; what may follow it was checked by the walk. */
int pmm_wire_whole(struct pmm_scan *s, uint32_t field, uint64_t *value);
/* The same of one in quotes. */
int pmm_wire_quoted_whole(struct pmm_scan *s, uint32_t field, uint64_t *value);
/*
 * A time of a seen field, "2026-08-09T21:05:48.505350477Z", in UTC ns: years 1970 to 2261, a fraction of up to
 * nine digits or none. SYNTAX for anything else.
 */
int pmm_wire_time(struct pmm_scan *s, uint32_t field, int64_t *ns);
/* The same of a count of units of `unit_ns`, as pmm_wire_whole or, in quotes, pmm_wire_quoted_whole reads it. */
int pmm_wire_since(struct pmm_scan *s, uint32_t field, int quoted, int64_t unit_ns, int64_t *ns);
/* A decimal, not negative, in ticks or in lots of s->instrument; returns past it. Ticks must be whole. */
const char *pmm_wire_ticks(struct pmm_scan *s, const char *p, int64_t *ticks);
const char *pmm_wire_lots(struct pmm_scan *s, const char *p, int64_t *lots);
/* What two seen fields say: a price above zero, and a quantity. */
int pmm_wire_level(struct pmm_scan *s, uint32_t price, uint32_t quantity, struct pmm_event *event);

/*
 * Begins a part of s->instrument; a snapshot's with its BOOK_BEGIN. What its records share must be in s->stamp:
 * venue_ns and aux; the rest is set here. FULL, noted, if there is no room.
 */
int pmm_wire_open(struct pmm_scan *s, uint32_t kind, const char *at);
/* Ends the part that is open: a snapshot's with its BOOK_END. FULL as above. */
int pmm_wire_close(struct pmm_scan *s);
/* A part without records, of an instrument that is none of the rows. */
int pmm_wire_unasked(struct pmm_scan *s, uint32_t kind);
/* The venue's time of the open part, where it comes behind its records. */
void pmm_wire_restamp(struct pmm_scan *s, int64_t venue_ns);
/* The venue's sequence number, where it comes behind the records of the open part. */
void pmm_wire_renumber(struct pmm_scan *s, uint64_t sequence);
/* One more record of the open part, a copy of the stamp; NULL and FULL if there is no room. */
struct pmm_event *pmm_wire_append(struct pmm_scan *s, const char *at, uint8_t kind);
/* A part that is one TRADE record, whose price and quantity two seen fields say; side: the aggressor's. */
int pmm_wire_trade(struct pmm_scan *s, uint32_t price, uint32_t quantity, uint64_t id, uint8_t side);

/* Where the best bid and ask stand in a message. */
struct pmm_wire_top_fields {
    uint32_t bid, bid_quantity, ask, ask_quantity;
};
/* A part that is one TOP record. */
int pmm_wire_top(struct pmm_scan *s, const struct pmm_wire_top_fields *fields);

/*
 * p at an array of objects: each is walked with `keys`, whose fields count as not seen before it, and then given
 * to `element`, which returns 0 or what it noted as a fault. Returns past the array.
 */
const char *pmm_wire_each(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                          int (*element)(struct pmm_scan *s));
/* The same for elements that are parts of their own; one that says what cannot be becomes a part with a code. */
const char *pmm_wire_parts(struct pmm_scan *s, const char *p, const struct pmm_wire_keys *keys,
                           int (*element)(struct pmm_scan *s));
/* An array of levels [price, quantity, ...] as DEPTH records of the open part, or as single orders; returns past it. */
const char *pmm_wire_levels(struct pmm_scan *s, const char *p, uint8_t side);
/* An array of changes [side, price, quantity, ...], side "buy" or "sell", in the same way. */
const char *pmm_wire_changes(struct pmm_scan *s, const char *p);

#endif
