/*
 * l3levels.h: levels from single orders: what a session that knows levels is told of a venue that tells orders.
 *
 * What it is. It takes a venue's records of one instrument (ORDER_*, and what comes between), keeps the L3 book of
 * them, and writes what a book of levels is told: a DEPTH of each level that a message touched, with its new sum, and
 * of a snapshot of orders one of levels. TRADE, TOP, BOOK_INVALID go through as they are.
 *
 * Rules. They are those of l3book.h, with what venues leave open:
 *   REMOVE, or REPLACE of an order by itself, that does not rest: passed over (`passed_over`). Venues tell of orders
 *                     that never rested, too
 *   EXECUTE, REDUCE   of what does not rest: the book is wrong
 *   REPLACE by itself at the same price with less: keeps its place; with 0: goes
 *   any quantity 0    of an ADD, EXECUTE or REDUCE: less than a lot, nothing
 *   REMOVE, EXECUTE   with another side than the order's: the book is wrong
 *   REPLACE           the same (BAD_ORDER); no venue turns an order round
 *   ADD               of an id that rests: the book is wrong, unless AGAIN says that the venue may repeat what a
 *                     snapshot has; then, with the same side and price, it is what its quantity is now
 * Where ids are folded from longer ones two orders may have one id. If the second comes to rest, or goes on the other
 * side, that is seen and the book begins anew; if it goes on the same side without having rested it takes the first
 * with it, which is seen when that trades.
 *
 * Crossed. A venue may tell of an order before it tells what that order took. As long as the best bid is not below
 * the best ask nothing is written: what was touched waits for the message that uncrosses the book, and for CROSSED_NS
 * at most, by any record that comes or by `look`. So who has the levels never has a crossed book, but the one of a
 * moment ago; where nothing comes it is who calls that has to look.
 *
 * Faults. What cannot be ends the following: `reason` says why, nothing of the message is written, and orders are
 * passed over until the next BOOK_BEGIN. Who calls looks at it after each call.
 *
 * DEPTH records share with the message's last one all but kind, side, price, quantity, order_id and aux, which are 0.
 *
 * Who owns. The caller: a struct, zeroed, and the L3 book; one thread. The library never allocates.
 */
#ifndef PMM_L3LEVELS_H
#define PMM_L3LEVELS_H

#include "book/l3book.h"

#define PMM_L3LEVELS_AGAIN      1
#define PMM_L3LEVELS_TOUCHED    256 /* levels that may wait; more are a fault, OVERFLOW */
#define PMM_L3LEVELS_CROSSED_NS 1000000000

struct pmm_l3levels_place {
    int64_t price;
    int64_t side;
};

struct pmm_l3levels {
    int64_t crossed_ns;   /* recv_ns of the message that crossed the book; 0: it is not */
    uint64_t passed_over; /* records of orders that do not rest */
    uint64_t consumed;    /* records that the last call took */
    uint32_t reason;      /* enum pmm_reason: why orders are not followed; NONE: they are */
    uint32_t rules;       /* AGAIN, or 0 */
    uint32_t touched;
    uint32_t begun;       /* 1: a BOOK_BEGIN came, and no BOOK_END yet */
    struct pmm_l3levels_place places[PMM_L3LEVELS_TOUCHED];
};

/* Follows from the next BOOK_BEGIN on. */
void pmm_l3levels_init(struct pmm_l3levels *levels, uint32_t rules);

/*
 * Takes records up to one of another instrument, or one for whose levels there is no room behind those before: then
 * come again with the rest. Returns how many records were written; levels->consumed says how many were taken.
 * FULL if the very first has no room: a snapshot's BOOK_END needs its levels and two, any other what waits and two.
 */
int64_t pmm_l3levels_take(struct pmm_l3levels *levels, struct pmm_l3book *book, const struct pmm_event *events,
                          size_t n, struct pmm_event *out, size_t max);

/* At this time, of the records' clock: a book that is crossed for longer than CROSSED_NS is not followed any more. */
void pmm_l3levels_look(struct pmm_l3levels *levels, int64_t now_ns);

#endif
