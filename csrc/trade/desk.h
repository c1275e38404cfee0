/*
 * desk.h: what a strategy sits at: its own books, its working orders, its position.
 *
 * What it is. pmm_desk_apply takes the input log's records in order and keeps, per instrument,
 * the book (built from these records alone), the position (from fills) and the state of
 * every order the strategy has out. A strategy states what it wants in the market
 * (struct pmm_quotes); pmm_desk_decide compares that with what is out and writes the least set of NEW,
 * REPLACE and CANCEL. Deterministic: a decision depends on the records and on nothing else.
 *
 * Rows. A desk has some of the session's instruments, at most DESK_INSTRUMENTS_MAX, each in a row of its own: row_of
 * tells which. Records and decisions name instruments by their ids; what is said of several is a bit for each row.
 *
 * Order slots. Each side of an instrument has 8 slots; one operation is in flight per slot.
 *   FREE -> NEW -> LIVE -> REPLACING -> LIVE, LIVE -> CANCELLING -> FREE, REPLACING -> LEAVING -> CANCELLING
 * A rejected NEW rests its side of the instrument for reject_rest_ns of log time, and a refused REPLACE
 * or CANCEL rests its slot, so that a refusal is not answered with the same order at once. A refused
 * REPLACE that asked for less, a smaller quantity or a price further from the market, leaves an order in the
 * market that is more than is wanted: it is cancelled instead (LEAVING). So is, at START, what was in flight: in rings
 * that were made anew nobody answers it. An order that is refused as UNKNOWN_ORDER is gone.
 *
 * Least set. A working order within requote_ticks of a wanted price stays, unless more of it is left
 * than is wanted, or so much of it is filled that less than half of the wanted quantity is left. What is wanted
 * and not there takes over an order that is not wanted (REPLACE), or a free slot (NEW); the rest is
 * CANCELled. A wanted level without a positive price, or of less than the instrument's quantity_min, is none.
 *
 * What is looked at. Most turns are of one instrument. pmm_desk_decide looks at the rows in `looks`, whose records or
 * wanted quotes are new, and at those whose time has come: a rest is over, a book has become stale. Of the others it
 * knows that a look would find nothing to do. So whoever writes `wanted` himself calls pmm_desk_look; pmm_desk_quote
 * does. The terms (stale_ns to requote_ticks, replace) are set before the first record.
 *
 * Orders beside the quotes. pmm_desk_send puts one order of any terms in line for the next pmm_desk_decide,
 * pmm_desk_cancel takes one back. Up to SENT_MAX of them are out at once, over all instruments, in slots of their own
 * that the wanted quotes never touch: reports find them there, their fills move the position, and the report that ends
 * one frees its slot. Their decisions come behind the quotes', so that what a turn pulls is gone before what it sends
 * arrives: first the CANCELs, then the NEWs, each as they were asked for. A CANCEL waits for the NEW's answer; a
 * refused one is repeated after reject_rest_ns. In flight at START they are cancelled, as the quotes are.
 *
 * Children of a parent order. A router that splits parents is code of the strategy: it calls pmm_desk_send for a child
 * and keeps the id that it gets beside the parent, in the memory that it freezes. No record carries a parent; the
 * reports of a child carry its id.
 *
 * FLATTEN of one of its instruments closes the desk: no instrument is quoted, pmm_desk_send takes nothing (NOT_READY),
 * and what is out is cancelled, until RESUME. Of that instrument, once nothing of ours is out and its book is good, the
 * position is closed by IOC orders against the best price, none larger than the record allows or worse than that price
 * by its slippage. The next goes reject_rest_ns after the one before; where so many in a row as it allows have filled
 * nothing, or less than quantity_min is left, no more is tried. All of it is in the log, so a replay does the same.
 *
 * PARAMETER of one of its instruments changes how its maker quotes, from the batch on that it is in (pmm_desk_tune).
 *
 * When the quotes are pulled, whatever the strategy wants: the book is invalid or older than stale_ns; risk is lost,
 * or the instrument's feed or its venue's gateway; HALT, until RESUME; STOP. Then nothing but CANCELs is asked for, and
 * once the orders are gone nothing at all. All of it but the book is true of orders beside the quotes too: they are
 * cancelled and none is taken. A book that is invalid or stale refuses market orders alone.
 *
 * Who owns. Plain memory of the strategy process. Books are the caller's, in private memory.
 */
#ifndef PMM_DESK_H
#define PMM_DESK_H

#include "book/book.h"
#include "base/event.h"
#include "base/position.h"
#include "base/source.h"
#include "trade/quote.h"

#define PMM_DESK_INSTRUMENTS_MAX 64
#define PMM_DESK_NO_ROW          0xFF
#define PMM_DESK_SENT_MAX        64   /* orders beside the quotes, of all instruments */
#define PMM_DESK_TRIES_MAX       1000 /* of a FLATTEN */
#define PMM_DESK_DECISIONS_MAX   1088 /* of one decide: every slot of both kinds */

enum pmm_slot_state {
    PMM_SLOT_FREE = 0,
    PMM_SLOT_NEW = 1,
    PMM_SLOT_LIVE = 2,
    PMM_SLOT_REPLACING = 3,
    PMM_SLOT_CANCELLING = 4,
    PMM_SLOT_LEAVING = 5     /* as LIVE, but to be cancelled */
};

struct pmm_slot {
    uint64_t order_id;
    int64_t price;           /* as the venue has it, or will once NEW is acknowledged */
    int64_t quantity;        /* the order's total */
    int64_t filled;
    int64_t wanted_price;    /* as the REPLACE in flight will make it; without one, the same as price */
    int64_t wanted_quantity; /* and as quantity */
    int64_t rest_until_ns;   /* LIVE, LEAVING: not touched before */
    uint32_t state;          /* enum pmm_slot_state */
    uint32_t reserved;
};

/* An order beside the quotes. Whether its slot is used, and what is to be done with it: bits of struct pmm_desk. */
struct pmm_sent {
    uint64_t order_id;     /* stays when the order is gone, until another takes the slot */
    int64_t price;         /* 0: a market order */
    int64_t quantity;
    int64_t filled;
    int64_t rest_until_ns; /* no CANCEL before */
    int64_t terms;         /* NEW's aux */
    uint32_t state;        /* enum pmm_slot_state: NEW, LIVE, CANCELLING */
    uint8_t row;
    uint8_t side;          /* enum pmm_side */
    uint8_t flags;         /* NEW's */
    uint8_t reserved;
};

struct pmm_desk_instrument {
    struct pmm_book *book;
    struct pmm_quotes wanted;
    struct pmm_slot slots[2][PMM_QUOTE_LEVELS_MAX]; /* [0] bids, [1] asks */
    int64_t rest_until_ns[2];    /* no NEW on that side before */
    int64_t quantity_min;        /* lots: the least that the venue takes; positive */
    int64_t position;            /* lots, from fills since the journal began */
    int64_t market_ns;           /* recv_ns of its last market record */
    int64_t market_cause_ns;     /* the same, if it came in this batch: what a decision is due to */
    int64_t due_ns;              /* when it is to be looked at again, whatever comes or does not */
    int64_t close_most;          /* lots of an order that closes the position; 0: it is not to be closed */
    int64_t close_e8;            /* how far from the best price it may trade, x 1e-8 */
    int64_t close_from;          /* the position when the last one was sent */
    int64_t close_at_ns;         /* no other before */
    uint32_t close_tries;        /* how many in a row may fill nothing */
    uint32_t close_failed;       /* so many have */
    uint64_t fills;              /* counted in the position */
    uint64_t unknown_reports;    /* reports of orders that are in no slot of either kind */
    struct pmm_dust dust;        /* what fees in the base currency leave of the position below a lot */
    uint32_t instrument_id;
    uint16_t venue_number;       /* whose gateway's loss pulls its quotes */
    uint16_t feed_number;        /* whose loss does, too */
};

struct pmm_desk {
    int64_t clock_ns;
    int64_t stale_ns;
    int64_t reject_rest_ns;
    int64_t requote_ticks;
    uint64_t next_order_id;
    uint64_t changed;        /* bit r: the book of the instrument in row r changed in this batch, or its state did */
    uint64_t traded;         /* bit r: a TRADE of it in this batch */
    uint64_t filled;         /* bit r: a FILL of ours in this batch */
    uint64_t pulled;         /* bit r: not quoted: HALT, STOP, or a process is lost that it needs */
    uint64_t looks;          /* bit r: the next decide looks at it */
    int64_t due_ns;          /* no row is due before, by the log's clock */
    uint32_t instrument_count;
    uint32_t stopping;       /* STOP was seen */
    uint32_t replace;        /* 1: the venue can REPLACE; 0: cancel, then new */
    uint32_t halted;         /* the last of HALT and RESUME was HALT */
    uint32_t closing;        /* the last of FLATTEN and RESUME was FLATTEN */
    uint32_t parameters;     /* so many PARAMETERs in this batch */
    uint64_t sent_used;      /* bit i: an order is in sent[i] */
    uint64_t sent_queued;    /* those whose NEW is not decided yet */
    uint64_t sent_leaving;   /* those that are to be cancelled, or are being */
    struct pmm_sent sent[PMM_DESK_SENT_MAX];
    struct pmm_peers peers;
    uint8_t row_of[PMM_INSTRUMENTS_MAX]; /* by instrument id; NO_ROW: not ours */
    struct pmm_desk_instrument instruments[PMM_DESK_INSTRUMENTS_MAX]; /* by row; instrument_count of them count */
};

/*
 * instruments: their rows of the session's table; books: an initialised one of each. The desk's rows are in their
 * order. owner: the strategy's number, which its order ids carry. ARGUMENT: none or too many of them, an id twice, or
 * a number that there is not.
 */
int pmm_desk_init(struct pmm_desk *desk, struct pmm_book *const *books, const struct pmm_instrument *instruments,
                  uint32_t instrument_count, uint32_t owner);

/* NO_ROW if the instrument is not ours. */
static inline uint32_t pmm_desk_row_of(const struct pmm_desk *desk, uint32_t instrument_id) {
    return instrument_id < PMM_INSTRUMENTS_MAX ? desk->row_of[instrument_id] : PMM_DESK_NO_ROW;
}

/* Applies a batch; changed, traded and filled tell what happened in it. Returns n. */
int64_t pmm_desk_apply(struct pmm_desk *desk, const struct pmm_event *events, size_t n);

/* Sets what the batch just applied says of the makers' parameters (PARAMETER). makers: as in quote. */
void pmm_desk_tune(const struct pmm_desk *desk, struct pmm_maker *const *makers, const struct pmm_event *events,
                   size_t n);

/*
 * Lets the makers state what they want of the instruments that changed in this batch. makers: by
 * row, NULL where somebody else states it.
 */
void pmm_desk_quote(struct pmm_desk *desk, struct pmm_maker *const *makers);

/* The instrument's `wanted` is not what it was: the next decide looks at it. Nothing, if it is not ours. */
void pmm_desk_look(struct pmm_desk *desk, uint32_t instrument_id);

/* 1 if the instrument may be quoted now: ours, book valid and fresh, peers there, neither halted nor stopping. */
int pmm_desk_quotable(const struct pmm_desk *desk, uint32_t instrument_id);

/*
 * Puts a new order in line: the next decide sends it. price: 0 for a market order, positive otherwise; type,
 * time_in_force: enum pmm_order_type and pmm_time_in_force; flags: 0, or FLAG_POST_ONLY for what may rest. Its order
 * id, or ARGUMENT (not ours, less than quantity_min, or what no order can be), NOT_READY (the quotes are pulled: HALT,
 * STOP or a lost process), INVALID (a market order, and the book is invalid or stale), FULL.
 */
int64_t pmm_desk_send(struct pmm_desk *desk, uint32_t instrument_id, uint32_t side, int64_t price, int64_t quantity,
                      uint32_t type, uint32_t time_in_force, uint32_t flags);

/*
 * The order is to be cancelled; one that is still in line is gone at once, and no report tells. 0, also if it is on its
 * way out already; NOT_FOUND if it is out of no pmm_desk_send, or gone.
 */
int pmm_desk_cancel(struct pmm_desk *desk, uint64_t order_id);

/*
 * The decisions that bring the market to what is wanted. The count; never more than max, and with a max of
 * DECISIONS_MAX all of them.
 */
int64_t pmm_desk_decide(struct pmm_desk *desk, struct pmm_event *out, size_t max);

/* 1 while orders that close positions are to be sent or are out. */
int pmm_desk_closing(const struct pmm_desk *desk);

/* Brings near what a batch touches of the rows that moved last, or of all where they are few. makers: as in quote. */
void pmm_desk_warm(const struct pmm_desk *desk, struct pmm_maker *const *makers);

/* Orders that are out (any state but FREE) or in line, over all instruments. */
int64_t pmm_desk_working(const struct pmm_desk *desk);

#endif
