/*
 * follow.h: which parts of a scan simply follow, so that nobody need look at each.
 *
 * What it is. Most parts of a market's messages are the next of a book that is whole. What becomes of any other (a
 * snapshot, a gap, a number that cannot be, an instrument not asked for) the caller judges, part by part, and what he
 * knows of each book then stands in its row here. Between those, a call goes over as many parts as simply follow and
 * moves the rows' numbers on.
 *
 * Who owns. The caller: both structs and all that they point to, zeroed; he fills in rows, touched and
 * sequenced, and each row's rule, kinds, low and high. One thread.
 */
#ifndef PMM_FOLLOW_H
#define PMM_FOLLOW_H

#include "wire/message.h"
#include "wire/tops.h"

enum pmm_follow_rule {
    PMM_FOLLOW_ANY = 0,     /* a whole book's updates follow: the venue numbers none */
    PMM_FOLLOW_LATER = 1,   /* those whose number is beyond the book's */
    PMM_FOLLOW_NUMBERED = 2 /* those that also begin at the next number, or before it */
};

struct pmm_follow_row {
    uint64_t last_id;      /* of an update: where the book stands */
    int64_t low, high;     /* a TOP with a bid below or an ask above is to be looked at */
    struct pmm_tops *tops; /* where TOPs wait; NULL: nobody compares them */
    uint32_t rule;         /* enum pmm_follow_rule */
    uint32_t kinds;        /* bits 1 << enum pmm_wire_kind: what may simply follow */
    uint8_t whole;         /* the book is, and may be given: nothing follows otherwise */
    uint8_t fresh;         /* no update since its snapshot */
    uint8_t renewing;      /* its updates are also kept for another snapshot: each is to be looked at */
    uint8_t touched;       /* it is among `touched` */
};

struct pmm_follow {
    struct pmm_follow_row *rows; /* one for each of wire->instruments */
    uint32_t *touched;           /* rows of whose books the last call went over an update; room for all */
    uint64_t touched_count;
    uint64_t sequence;           /* of the last message on the connection; NO_SEQUENCE: none yet */
    uint32_t sequenced;          /* 1: each message's number must be the last one's plus one */
};

/*
 * Goes over wire->parts from `from` on as far as they simply follow and their records stand one behind the other;
 * returns how many. `frame`: a message whose number was judged already, NO_ROW if none was.
 */
int64_t pmm_follow_run(struct pmm_follow *follow, const struct pmm_wire *wire, uint64_t from, uint32_t frame);

#endif
