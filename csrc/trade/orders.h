/*
 * orders.h: the state of every order at a venue: the gateway's logic.
 *
 * What it is. One deterministic function over the gateway's input log. In: orders from risk (NEW, REPLACE, CANCEL),
 * execution reports of the venue, HALT / RESUME, PEER_LOST / PEER_BACK, START, STOP, TIMER. Out: what goes to the venue
 * (NEW, REPLACE, CANCEL, QUERY) and what goes to risk (the venue's reports, and REJECTED / REPLACE_REJECTED /
 * CANCEL_REJECTED of what is not sent). Nothing is ever sent twice without an answer to a QUERY in between.
 *
 *   NEW --> pending new --ACK--> live --REPLACE--> pending replace --REPLACED, REPLACE_REJECTED--> live
 *               |                 |
 *               |                 '--CANCEL--> pending cancel --CANCELLED--> gone
 *               '--REJECTED--> gone          (a FILL or REPLACED that leaves nothing: gone)
 *   any --no answer in time, restart of this process or of the venue--> unknown --QUERY-->
 *        ORDER_STATUS: cancelled (nobody watched it); REJECTED: the venue does not have it, gone (NOT_SENT)
 *
 * Not sent, with the first reason that holds: KILL_SWITCH (between HALT and RESUME, from STOP until START), PEER_LOST,
 * TOO_OLD (made more than order_age_max_ns before the log's clock), DUPLICATE_ORDER, CAPACITY (the table is full) for
 * a NEW; UNKNOWN_ORDER, then the first three, then TOO_LATE (not live) for a REPLACE. A CANCEL of a known order always
 * passes; that of an unknown one waits for the answer to its QUERY. A refusal answers the question that it is of; one
 * of an order that is here because the venue does not know it (UNKNOWN_ORDER) is not passed on: the venue is asked.
 *
 * HALT, STOP and the loss of a peer cancel every order; START, and the exchange that is back, query every one; TIMER
 * queries those that are not live and unanswered for more than answer_timeout_ns. In the order in which they came.
 *
 * Fills. One that was seen (executions.h) is dropped and counted in duplicates; one of an order that is not here is
 * passed on and counted in unknown_fills. One that no venue could mean (pmm_report_fault), or of an instrument that
 * cannot be, is passed on for risk to refuse, and counts for nothing.
 *
 * Who owns. The caller's plain memory (memsize, init), one thread. No pointer stands in it: a copy of the bytes is
 * the state.
 */
#ifndef PMM_ORDERS_H
#define PMM_ORDERS_H

#include "base/event.h"

#define PMM_ORDERS_CAPACITY_MAX 1048576

enum pmm_order_state {
    PMM_ORDER_FREE = 0, /* a slot without an order */
    PMM_ORDER_PENDING_NEW = 1,
    PMM_ORDER_LIVE = 2,
    PMM_ORDER_PENDING_REPLACE = 3,
    PMM_ORDER_PENDING_CANCEL = 4,
    PMM_ORDER_UNKNOWN = 5
};

/* One order that the venue may know. */
struct pmm_order {
    uint64_t order_id;
    int64_t price;
    int64_t quantity;       /* the order's total */
    int64_t filled;
    int64_t asked_ns;       /* the log's clock when the last question about it went out */
    uint32_t instrument_id;
    uint32_t next;          /* slot of the one that came next, 0: none; of a free slot, the next free one */
    uint32_t previous;      /* of the one that came before, 0: none */
    uint8_t side;
    uint8_t state;          /* enum pmm_order_state */
    uint8_t acknowledged;   /* the venue has said that it has it */
    uint8_t replacing;      /* a REPLACE of it is unanswered, whatever else was asked since */
};

/* The head of the table; what it keeps of executions, the orders and their index stand behind it. */
struct pmm_orders {
    int64_t clock_ns;       /* the log's, as far as it has been decided on */
    int64_t order_age_max_ns;
    int64_t answer_timeout_ns;
    uint64_t duplicates;
    uint64_t unknown_fills;
    uint32_t count;         /* orders in the table */
    uint32_t capacity;
    uint32_t peers_lost;    /* bit enum pmm_source: a gateway has one peer of a role */
    uint32_t halted;        /* the last of HALT and RESUME was HALT */
    uint32_t stopping;      /* the last of STOP and START was STOP */
    uint32_t free;          /* slot of the free list's first, 0: full */
};

/* Bytes for so many orders; 0 if that is 0 or more than CAPACITY_MAX. */
size_t pmm_orders_memsize(uint32_t capacity);

/* orders: memory that is 8-byte aligned. ARGUMENT, also for times that are negative. */
int pmm_orders_init(struct pmm_orders *orders, size_t bytes, uint32_t capacity, int64_t order_age_max_ns,
                    int64_t answer_timeout_ns);

/* The most decisions that the next n records may lead to. */
size_t pmm_orders_room(const struct pmm_orders *orders, const struct pmm_event *in, size_t n);

/* Runs n records; the count of decisions in out. FULL, and nothing has happened, if max is less than their room. */
int64_t pmm_orders_run(struct pmm_orders *orders, const struct pmm_event *in, size_t n, struct pmm_event *out,
                       size_t max);

/* NULL if it is not there. Until the next run. */
const struct pmm_order *pmm_orders_find(const struct pmm_orders *orders, uint64_t order_id);

/* The order that came next; of NULL the one that came first; NULL behind the last. */
const struct pmm_order *pmm_orders_next(const struct pmm_orders *orders, const struct pmm_order *order);

#endif
