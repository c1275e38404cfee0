/*
 * book.h: an L2 order book of one instrument: absolute quantity per price level.
 *
 * What it is. Two sides, each a ladder (ladder.h): a window of ticks indexed directly with a hierarchy
 * of bitmaps over it, and blocks of far levels outside the window, kept exactly. When the
 * best price nears the window's edge the window re-centres and levels move between the two. Any tick
 * range works; far levels are only slower. The best of both sides stands once more in one line
 * with the sequence word, so a reader of the top touches one cache line.
 *
 * Who writes, who reads. One writer. Readers in other processes use the _read functions,
 * which are guarded by a sequence word (odd while the writer is inside): they retry a
 * bounded number of times and return STALE if they never got a whole one (the writer died inside, or
 * has lost its processor there: whether it lives, the segment says) and INVALID if the writer has
 * marked the book unusable. The same structure serves in private memory (a strategy's own book),
 * then nobody else reads.
 *
 * Sources. A book is changed by event.h records. Other kinds and other instruments are passed over.
 *   BOOK_BEGIN    clears it; it is loading: invalid, with the record's reason (RESYNC if it has none). A bound
 *                 that it states stays until the next: levels beyond it are not taken, as if dropped
 *   DEPTH         sets a level, in any state
 *   BOOK_END      makes a loading book valid; one that turned invalid since its BEGIN, or has had none, stays so
 *   BOOK_INVALID  makes it invalid, with the record's reason, until the next BEGIN and END
 * A new book is invalid, reason STARTING. By itself a valid or ending book becomes invalid
 *   CROSSED       best bid not below best ask, looked at in each market data record with
 *                 FLAG_LAST and at BOOK_END
 *   OVERFLOW      looked at there too: a side that dropped far levels, or is bounded, has lost all those it knew
 * and in any state, at once, by a DEPTH record that cannot be right, which is not applied
 * but counted in `rejected`: BAD_QUANTITY (negative), BAD_PRICE (beyond +-2^62), BAD_ORDER (no side).
 * Prices of zero and below are prices like any other.
 *
 * The library never allocates: memsize(window, far) bytes, zeroed, 64-byte aligned, then init.
 * window: ticks per side, a power of two, 4096 to 262144; far: far levels per side, 1 to 2^22.
 * If there are that many the worst far level is dropped and counted in `dropped`; from then until the
 * next BOOK_BEGIN levels at or beyond it are not taken. So what depth gives is always exact
 * from the best to its end, it is only shorter; and the top is exact or the book invalid (OVERFLOW).
 *
 * In the segment (kind BOOK), behind its header; the fingerprint covers these rows and ladder.h's:
 *
 *   offset bytes field          written by the writer
 *   0      8     sequence       odd while it is inside
 *   8      8     bid_price      the top, when it leaves
 *   16     8     bid_quantity
 *   24     8     ask_price
 *   32     8     ask_quantity
 *   40     8     recv_ns        of the last record that changed the book
 *   48     4     valid          1 or 0
 *   52     4     reason         why it is invalid
 *   56     4     loading        1 between BOOK_BEGIN and what ends it
 *   60     4     reserved
 *   64     8     invalidated
 *   72     4     instrument_id  fixed, as the four after it
 *   76     4     window
 *   80     4     far_capacity
 *   84     4     bids_at        from the book's first byte: the bids' ladder
 *   88     4     asks_at
 *   92     4     reserved
 *   96     8     applied
 *   104    8     rejected
 *   112    16    reserved
 *   128          the two ladders
 */
#ifndef PMM_BOOK_H
#define PMM_BOOK_H

#include "base/event.h"
#include "shared/segment.h"

struct pmm_book; /* opaque: lives in a segment's payload or in private memory */

struct pmm_level {
    int64_t price;
    int64_t quantity;
};

struct pmm_top {
    int64_t bid_price;    /* valid only where the quantity is not 0 */
    int64_t bid_quantity; /* 0: no bids */
    int64_t ask_price;
    int64_t ask_quantity;
    int64_t recv_ns;      /* of the last record that changed the book */
    uint64_t version;     /* the sequence word: same version, same book */
    uint32_t valid;
    uint32_t reason;      /* why it is invalid */
};

/* How far a snapshot that is sent in pieces has got; zero: not begun. */
enum pmm_place_part {
    PMM_PLACE_BEGIN = 0,
    PMM_PLACE_BIDS = 1,
    PMM_PLACE_ASKS = 2,
    PMM_PLACE_END = 3,
    PMM_PLACE_DONE = 4
};

struct pmm_place {
    int64_t price;        /* of the last level sent; means something if passed */
    uint32_t part;        /* enum pmm_place_part */
    uint32_t passed;      /* 1: a level of this side was sent */
    int64_t known[2];     /* either side's horizon (ladder.h) at the beginning; one that moves begins it anew */
};

struct pmm_book_stats {
    uint64_t applied;     /* DEPTH records */
    uint64_t rejected;    /* DEPTH records that could not be right */
    uint64_t recentred;   /* moves of either side's window */
    uint64_t dropped;     /* levels not kept: beyond the far ones' capacity */
    uint64_t invalidated; /* times that a valid or loading book became invalid */
    uint64_t bid_levels;
    uint64_t ask_levels;
};

size_t pmm_book_memsize(uint32_t window, uint32_t far_capacity); /* 0 if the arguments are bad */
/* ARGUMENT if the memory is too small or not aligned, or the sizes are bad. */
int pmm_book_init(void *memory, size_t bytes, uint32_t instrument_id, uint32_t window, uint32_t far_capacity);
uint64_t pmm_book_fingerprint(void);

/*
 * Segment forms: create the file; open returns the book inside it (segment keeps the handle; close it with
 * pmm_segment_close). Codes of segment.h; create: ARGUMENT for bad sizes; open: LAYOUT too
 * if the sizes inside do not fit the file. A writer opens with PMM_OPEN_OWN and then calls repair.
 */
int pmm_book_create(const char *path, uint32_t instrument_id, uint32_t window, uint32_t far_capacity, const char *name);
int pmm_book_open(struct pmm_segment *segment, struct pmm_book **book, const char *path, int mode);

/*
 * Writer. Applies records in order; those of other instruments or kinds are skipped. Returns the
 * number taken (rejected ones are not). One odd/even bump of the sequence word per call, so a
 * reader sees a batch whole or not at all; none if no record concerns this book.
 */
int64_t pmm_book_apply(struct pmm_book *book, const struct pmm_event *events, size_t n);
/* New or restarted writer: empties the book, whatever is in it (invalid, STARTING), and makes the sequence even. */
void pmm_book_repair(struct pmm_book *book);

/* Writer's own process (no seqlock). The stats alone anyone may read: each value is whole, the set approximate. */
void pmm_book_top(const struct pmm_book *book, struct pmm_top *top);
int pmm_book_valid(const struct pmm_book *book); /* 1 or 0: whether it may be used, as top says too */
/* Up to max levels of one side from the best, valid or not; returns the count, or ARGUMENT. */
int64_t pmm_book_depth(const struct pmm_book *book, int side, struct pmm_level *out, size_t max);
/* (bids - asks) / (bids + asks) of the quantities at up to so many best levels a side: -1 to 1; 0 of an empty book. */
double pmm_book_imbalance(const struct pmm_book *book, size_t levels);
int64_t pmm_book_quantity(const struct pmm_book *book, int side, int64_t price); /* 0 if no level */
/* 1 if a price without a level is one where nothing rests; 0 if it lies beyond what is known of the side. */
int pmm_book_knows(const struct pmm_book *book, int side, int64_t price);
void pmm_book_get_stats(const struct pmm_book *book, struct pmm_book_stats *stats);
/*
 * The whole book as BOOK_BEGIN, DEPTH (flag SNAPSHOT, best first, bids before asks), BOOK_END (flag LAST), stamped
 * recv_ns. An invalid book ends with BOOK_INVALID and its reason instead, one still loading with neither, so that
 * whoever applies it is where this one is. Returns the count; FULL if max (at most levels + 2) is too small.
 */
int64_t pmm_book_snapshot(const struct pmm_book *book, int64_t recv_ns, struct pmm_event *out, size_t max);
/*
 * The same in pieces of up to max records, while the book goes on: place tells how far it has got, DONE after the last
 * piece. Whoever gets the pieces must get every change since the first one too, in order (snapshot.h says why that
 * makes the same book), and none of the pieces after a BOOK_BEGIN or BOOK_INVALID among these. Returns the
 * count; AGAIN if it is not begun and the book is loading: half of it could come after its end.
 */
int64_t pmm_book_part(const struct pmm_book *book, int64_t recv_ns, struct pmm_place *place, struct pmm_event *out,
                      size_t max);

/*
 * Other processes. 0 (depth: the count), STALE, INVALID, or ARGUMENT. read_top fills top in
 * as far as known: INVALID has the last prices and the reason; STALE has valid 0 and reason STALE.
 */
int pmm_book_read_top(const struct pmm_book *book, struct pmm_top *top);
int64_t pmm_book_read_depth(const struct pmm_book *book, int side, struct pmm_level *out, size_t max);

/* Owner: brings near what a change around the best prices touches. */
void pmm_book_warm(const struct pmm_book *book);

#endif
