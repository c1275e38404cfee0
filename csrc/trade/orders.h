/*
 * orders.h: the state of every order at a venue: the gateway's logic.
 *
 * What it is. One deterministic function over the gateway's input log. In: orders from risk (NEW, REPLACE, CANCEL), an
 * operator's CANCEL_ALL,
 * what the venue says of them, HALT / RESUME, PEER_LOST / PEER_BACK, START, STOP, TIMER. Out: what goes to the venue
 * (NEW, REPLACE, CANCEL, QUERY) and what goes to risk (the venue's reports, and REJECTED / REPLACE_REJECTED /
 * CANCEL_REJECTED of what is not sent). Nothing is ever sent twice without an answer to a QUERY in between, but a
 * CANCEL, which twice does what once does.
 *
 *   NEW --> pending new --ACK--> live --REPLACE--> pending replace --REPLACED, REPLACE_REJECTED--> live
 *               |                 |
 *               |                 '--CANCEL--> pending cancel --CANCELLED--> gone
 *               '--REJECTED--> gone          (a FILL or REPLACED that leaves nothing: gone)
 *   any but live --no answer in time, UNSURE--> unknown --QUERY-->; live --UNSURE (UNLISTED)--> unknown
 *   any --restart of this process or of the venue--> unknown
 *        ACK, ORDER_STATUS: it is there; REJECTED (UNKNOWN_ORDER): the venue does not have it, gone once it has said
 *        so `misses` times and for miss_spread_ns (NOT_SENT; as CANCELLED if it had it). Of one that is live that is
 *        not believed: it is asked for. What is filled of it says that it was there, not that it is.
 *
 * Not sent, with the first reason that holds: KILL_SWITCH (between HALT and RESUME, from STOP until START), PEER_LOST,
 * TOO_OLD (made more than order_age_max_ns before the log's clock), DUPLICATE_ORDER, CAPACITY (the table is full) for
 * a NEW; UNKNOWN_ORDER, then the first three, then TOO_LATE (not live) for a REPLACE. A CANCEL of a known order always
 * passes; that of an unknown one waits for the answer to its QUERY, that of one that is done for its end. A refusal
 * answers the question that it is of. One of an order that is here because the venue does not know it (UNKNOWN_ORDER)
 * is not passed on, for risk would forget the order, or as TOO_LATE if it is of a REPLACE: the venue is asked.
 *
 * HALT, STOP, CANCEL_ALL and the loss of a peer cancel every order; START, and the exchange that is back, query every
 * one; TIMER queries those that are not live and unanswered for answer_timeout_ns, and for twice as long after each
 * QUERY, up to eight times, but no longer than until miss_spread_ns is over. In the order in which they came. What is
 * unknown since a START, the loss of the exchange, or because a CANCEL or REPLACE went unanswered is cancelled when it
 * turns out to be there: nobody watched it. A NEW that went unanswered and is there is live.
 *
 * An order that the venue has and this table has not (ORDER_STATUS) is adopted: risk is told (ORDER_STATUS), and it is
 * cancelled. One that was given up, because the venue did not have it or refused it, is back the same way by whatever
 * says that it has it: ACK, REPLACED, FILL, FILLED_TOTAL, ORDER_STATUS. The FILLs of one that was never here stand
 * before its ORDER_STATUS, which says what is left. One that is known to be done stays so: its ACK, ORDER_STATUS and
 * CANCELLED go no further: what a venue says may be older than what it has said. All this as far as GONE_MAX orders
 * back.
 *
 * Fills. One that was seen (executions.h) is dropped and counted in duplicates; one of an order that is not here is
 * passed on and counted in unknown_fills. One that no venue could mean (pmm_report_fault), or of an instrument that
 * cannot be, is passed on for risk to refuse, and counts for nothing. A fill of an order without an ACK is one.
 * FILL_BUSTED and FEE count once each, too (where executions are RISING each that comes is one). A FILL_BUSTED of an
 * order that is known here, whose FILL was never told (SEEN), tells of both. What it was taken from is no part of later
 * totals: a FILLED_TOTAL from before it must not come behind it.
 *
 * FILLED_TOTAL is what the venue says is filled in all; less than before is older, and nothing. It stands before the
 * CANCELLED of the same answer. An order of which more is filled than FILLs have told is behind: it is not gone before
 * they have, and it is queried like one that is unanswered. Where reason is INFERRED at once, else when INFER_AFTER
 * queries have not brought them, what lacks is inferred: one or two FILLs, reason INFERRED, which have the notional
 * that the venue said; where there is none that could be, the order's price, or 1 if it has none. They cost nothing
 * (FLAG_FEE_TOLD). Until then its CANCELLED waits here. When the total rises, more at the same prices comes beside
 * them. A FILL that tells of such a part takes its place: silently where it is the same, its price and its fee told by
 * FEE; where not, the inferred ones are FILL_BUSTED and the rest inferred anew (reason CORRECTED of each). So all that
 * is passed on sums up to what the venue says. An order that is done waits so for a quarter of an hour and more, then
 * it is gone as it was inferred (unconfirmed). Of an order that is gone the same holds, but nobody waits: what lacks
 * is inferred at once. Of one that was adopted and never known here the first FILLED_TOTAL says what was filled
 * before.
 *
 * TEXT behind a report is kept if it is the order's venue id.
 *
 * Who owns. The caller's plain memory (memsize, init), one thread. No pointer stands in it: a copy of the bytes is
 * the state.
 */
#ifndef PMM_ORDERS_H
#define PMM_ORDERS_H

#include "base/event.h"

#define PMM_ORDERS_CAPACITY_MAX 1048576
#define PMM_ORDERS_INFER_AFTER  5
#define PMM_VENUE_ID_BYTES      64 /* NUL-padded; one that is longer is cut */
#define PMM_ORDERS_GONE_MAX     1024

enum pmm_order_state {
    PMM_ORDER_FREE = 0, /* a slot without an order */
    PMM_ORDER_PENDING_NEW = 1,
    PMM_ORDER_LIVE = 2,
    PMM_ORDER_PENDING_REPLACE = 3,
    PMM_ORDER_PENDING_CANCEL = 4,
    PMM_ORDER_UNKNOWN = 5,
    PMM_ORDER_CLOSING = 6 /* done at the venue; fills are still to come */
};

enum pmm_execution_numbers {
    PMM_EXECUTIONS_RISING = 0,
    PMM_EXECUTIONS_SEEN = 1
};

struct pmm_orders_terms {
    int64_t order_age_max_ns;
    int64_t answer_timeout_ns;
    int64_t miss_spread_ns;
    uint32_t misses;     /* 1 to 255 */
    uint32_t capacity;   /* 1 to CAPACITY_MAX */
    uint32_t executions; /* enum pmm_execution_numbers */
    uint32_t reserved;
};

/* One order that the venue may know. */
struct pmm_order {
    uint64_t order_id;
    int64_t price;
    int64_t quantity;       /* the order's total */
    int64_t filled;         /* of it, with what is inferred */
    int64_t asked_ns;       /* the log's clock when the last question about it went out; when it went, of one gone */
    int64_t notional;       /* of the FILLs, ticks x lots */
    int64_t total;          /* what the venue says is filled in all */
    int64_t total_notional; /* of these; 0: it has not said */
    int64_t inferred;       /* lots that no FILL has told of */
    int64_t inferred_price; /* theirs; */
    int64_t inferred_over;  /* of so many of them it is one tick more */
    int64_t miss_ns;        /* when the venue said first that it does not have it */
    uint32_t instrument_id;
    uint32_t next;          /* slot of the one that came next, 0: none; of a free slot, the next free one */
    uint32_t previous;      /* of the one that came before, 0: none */
    uint16_t end_reason;    /* of its CANCELLED */
    uint8_t side;
    uint8_t state;          /* enum pmm_order_state */
    uint8_t acknowledged;   /* the venue has said that it has it */
    uint8_t replacing;      /* a REPLACE of it is unanswered, whatever else was asked since */
    uint8_t leaving;        /* to be cancelled once it is known to be there */
    uint8_t ended;          /* 1: its CANCELLED waits for its fills, 2: it has been passed on */
    uint8_t queries;        /* since it was known, up to 255 */
    uint8_t misses;
    uint8_t missed;         /* it is gone because the venue did not have it, or refused it */
    uint8_t adopted;        /* what was filled before it was known is not known */
    uint8_t flags;          /* the NEW's */
    uint8_t own_cancel;     /* the last CANCEL was begun here: nobody else repeats it */
    uint8_t reserved[6];
    char venue_id[PMM_VENUE_ID_BYTES];
};

/* The head of the table; what it keeps of executions, the orders and their index stand behind it. */
struct pmm_orders {
    struct pmm_orders_terms terms;
    int64_t clock_ns;       /* the log's, as far as it has been decided on */
    uint64_t duplicates;
    uint64_t unknown_fills;
    uint64_t inferred;      /* times that a fill was inferred because none came */
    uint64_t unconfirmed;   /* inferred for good: their fills never came */
    uint64_t adopted;
    uint64_t overfilled;    /* fills beyond an order's total */
    uint64_t unsure;        /* answers that said nothing */
    uint64_t misses;        /* orders that were gone because the venue did not have them */
    uint64_t text_of;       /* the order that a TEXT is of, 0: none */
    uint32_t count;         /* orders in the table */
    uint32_t peers_lost;    /* bit enum pmm_source: a gateway has one peer of a role */
    uint32_t halted;        /* the last of HALT and RESUME was HALT */
    uint32_t stopping;      /* the last of STOP and START was STOP */
    uint32_t free;          /* slot of the free list's first, 0: full */
    uint32_t gone;          /* how many have gone, as far as it is counted: the last is at (gone - 1) % GONE_MAX */
};

/* 0 if the terms are out of their ranges. */
size_t pmm_orders_memsize(const struct pmm_orders_terms *terms);

/* orders: memory that is 8-byte aligned. ARGUMENT, also for times that are negative. */
int pmm_orders_init(struct pmm_orders *orders, size_t bytes, const struct pmm_orders_terms *terms);

/* The most decisions that the next n records may lead to. */
size_t pmm_orders_room(const struct pmm_orders *orders, const struct pmm_event *in, size_t n);

/* Runs n records; the count of decisions in out. FULL, and nothing has happened, if max is less than their room. */
int64_t pmm_orders_run(struct pmm_orders *orders, const struct pmm_event *in, size_t n, struct pmm_event *out,
                       size_t max);

/* NULL if it is not there. Until the next run. */
const struct pmm_order *pmm_orders_find(const struct pmm_orders *orders, uint64_t order_id);

/* The order that came next; of NULL the one that came first; NULL behind the last. */
const struct pmm_order *pmm_orders_next(const struct pmm_orders *orders, const struct pmm_order *order);

/* Of those that are gone the one that went `back` before the last, until the next run; NULL: it is forgotten. */
const struct pmm_order *pmm_orders_gone(const struct pmm_orders *orders, uint32_t back);

#endif
