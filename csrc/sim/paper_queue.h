/*
 * paper_queue.h: the state of the paper venue and its queue model. Private: cffi never reads it.
 *
 * paper.c holds the memory, the stream and the reading functions, paper_order.c what a
 * participant may ask for, paper_account.c what is remembered of levels, paper_queue.c the
 * model: what the market does to an order that rests. The rules are written in paper.h.
 * Everything lives in the memory that the caller gave to pmm_paper_init: struct pmm_paper, its
 * markets behind it, then each market's orders and book. They find each other by distances, so
 * that a copy of the memory is the same venue wherever it lies.
 */
#ifndef PMM_PAPER_QUEUE_H
#define PMM_PAPER_QUEUE_H

#include "base/align.h"
#include "base/sides.h"
#include "sim/paper.h"

struct paper_order {
    uint64_t order_id;
    int64_t price;
    int64_t total;
    int64_t leaves;   /* > 0 while it stands in a side */
    int64_t ahead;    /* market quantity in front of it; while unseen the most that it can be */
    int64_t credit;   /* gained from decreases that a late trade may still explain */
    int64_t since_ns; /* the market's depth_ns when ahead was first known: older trades were before it */
    uint16_t source;
    uint8_t venue_id;
    uint8_t flags;
    uint8_t self_trade;
    uint8_t unseen;
};

/* What is known of one level apart from its displayed quantity; dropped when all three are 0. */
struct paper_account {
    int64_t price;
    int64_t traded;      /* since the level's last depth message */
    int64_t traded_ns;
    int64_t unexplained; /* decreases that no trade explained yet */
    int64_t depth_ns;    /* of the last of them */
    int64_t taken;       /* by our own orders since the level's last depth message */
};

struct paper_side {
    uint32_t orders;
    uint32_t accounts;
    uint64_t orders_at; /* from this structure's first byte: paper_orders */
    struct paper_account account[PMM_PAPER_LEVELS];
};

struct paper_market {
    uint32_t instrument_id;
    uint32_t valid;    /* the book is; 0 from the record on that ends it: BEGIN, INVALID, one that cannot be right */
    int64_t sequence;  /* execution sequence */
    int64_t depth_ns;  /* venue time of the last consistent depth message; 0: none known */
    uint64_t book_at;  /* from this structure's first byte: paper_book */
    struct paper_side side[2]; /* by enum pmm_side - 1 */
};

struct pmm_paper {
    struct pmm_paper_config config;
    uint32_t markets;
    int64_t sequence; /* of reports that belong to no market */
    uint16_t index[PMM_INSTRUMENTS_MAX]; /* of the market by instrument id; markets if there is none */
    struct pmm_level level[PMM_PAPER_LEVELS]; /* scratch: displayed less taken */
};

/* One record at work: where it acts and where its reports go. */
struct paper_turn {
    struct pmm_paper *paper;
    struct paper_market *market; /* NULL: no such instrument */
    const struct pmm_event *cause;
    struct pmm_event *out;
    size_t count;
};

static inline struct paper_market *paper_market(const struct pmm_paper *paper, uint32_t i) {
    return (struct paper_market *)((uintptr_t)paper + pmm_lines(sizeof *paper)) + i;
}
/* A side's open orders: best price first, then oldest. */
static inline struct paper_order *paper_orders(const struct paper_side *side) {
    return (struct paper_order *)((uintptr_t)side + side->orders_at);
}
static inline struct pmm_book *paper_book(const struct paper_market *market) {
    return (struct pmm_book *)((uintptr_t)market + market->book_at);
}

/* Higher is better for the side that rests, whichever side it is. */
static inline int64_t paper_rank(int side, int64_t price) { return side == PMM_SIDE_BID ? price : -price; }
/* Whether an order of side with this limit would trade with a resting opposite order at price. */
static inline int paper_crosses(int side, int64_t limit, int64_t price) {
    return side == PMM_SIDE_BID ? price <= limit : price >= limit;
}
static inline int64_t paper_min(int64_t a, int64_t b) { return a < b ? a : b; }
/* Of quantities, neither negative; what cannot be counted stays at the most that can be. */
static inline int64_t paper_add(int64_t a, int64_t b) { return a < INT64_MAX - b ? a + b : INT64_MAX; }

/* Writes a report for order and gives it the next execution sequence. */
void paper_report(struct paper_turn *turn, const struct paper_order *order, int side, int kind, int64_t price,
                  int64_t quantity, int reason);
/* Takes the order at position out of its side; later ones move up. */
void paper_remove(struct paper_side *side, uint32_t position);
/* Puts order behind all that rank as well or better, with a first estimate of the queue ahead. */
void paper_rest(struct paper_turn *turn, int side, struct paper_order *order);
/* The account of a level, or NULL. */
struct paper_account *paper_find_account(struct paper_side *side, int64_t price);
/* The same, made if need be. NULL only if every account remembers what we took: that must not be forgotten. */
struct paper_account *paper_make_account(struct paper_side *side, int64_t price);
/* Drops what is older than settle_ns at now_ns. */
void paper_settle_accounts(struct paper_side *side, int64_t now_ns, int64_t settle_ns);
/* Credits must not outlive their account: a later late trade would take back too much. */
void paper_clear_credit(struct paper_side *side, int64_t price);

/* Loads paper->level with a side's displayed levels less what was taken of them; returns the count. */
size_t paper_load(struct paper_turn *turn, int side);
/* How many more levels of a side there is room to remember as taken. */
uint32_t paper_places(const struct paper_side *side);
/* Marks quantity of a level as taken. 0 if there is no room to remember it: then it must not be taken. */
int paper_take(struct paper_turn *turn, int side, int64_t price, int64_t quantity);

/* An open order's side (0: none) and position; source 0 finds anybody's. */
int paper_find(const struct paper_market *market, uint64_t order_id, uint16_t source, uint32_t *at);

/* NEW, REPLACE, CANCEL or QUERY. */
void paper_on_order(struct paper_turn *turn);
/* 1 when no order is left to cancel, 0 when out is full first: the record is run again then. */
int paper_on_cancel_all(struct paper_turn *turn, size_t max);
/* A market record, other kinds pass: the book, the queues ahead and the fills of resting orders. */
void paper_on_market(struct paper_turn *turn);

#endif
