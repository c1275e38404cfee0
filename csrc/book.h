/*
 * book.h: an L2 order book of one instrument: absolute quantity per price level.
 *
 * What it is. Two sides, each a window of ticks indexed directly with a hierarchy of bitmaps
 * over it (the best level is one or two bit scans), and a sorted table of far levels outside
 * the window, kept exactly. When the best price nears the window's edge the window re-centres
 * and levels move between the two. Any tick range works; far levels are only slower.
 *
 * Who writes, who reads. One writer. Readers in other processes use the _read functions,
 * which are guarded by a sequence word (odd while the writer is inside): they retry a
 * bounded number of times and return STALE if the word stays odd (the writer died inside) and
 * INVALID if the writer has marked the book unusable. The same structure serves in private
 * memory (a strategy's own book), then nobody else reads.
 *
 * Sources. A book is changed by event.h records: BOOK_BEGIN clears it and makes it invalid,
 * DEPTH sets a level, BOOK_END makes it valid, BOOK_INVALID makes it invalid. Other kinds
 * and other instruments are passed over. Crossed is checked at each record with FLAG_LAST
 * and at BOOK_END: a crossed book becomes invalid with reason CROSSED by itself.
 *
 * The library never allocates: memsize(window, far) bytes, zeroed, then init.
 * window: ticks per side, a power of two >= 4096; far: capacity of the far table per side.
 * If the far table is full the worst far level is dropped, counted in `dropped`, and depth
 * beyond it is not exact any more; the top always is.
 */
#ifndef PMM_BOOK_H
#define PMM_BOOK_H

#include "event.h"
#include "segment.h"

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

struct pmm_book_stats {
    uint64_t applied;     /* DEPTH records */
    uint64_t recentred;
    uint64_t dropped;
    uint64_t invalidated;
    uint64_t bid_levels;
    uint64_t ask_levels;
    uint64_t retries;     /* by this process's reads of a shared book: see pmm_book_read_top */
};

size_t pmm_book_memsize(uint32_t window, uint32_t far_capacity); /* 0 if the arguments are bad */
int pmm_book_init(void *memory, size_t bytes, uint32_t instrument_id, uint32_t window, uint32_t far_capacity);
uint64_t pmm_book_fingerprint(void);

/* Segment forms: create the file; open returns the book inside it (segment keeps the handle). */
int pmm_book_create(const char *path, uint32_t instrument_id, uint32_t window, uint32_t far_capacity, const char *name);
int pmm_book_open(struct pmm_segment *segment, struct pmm_book **book, const char *path, int mode);

/*
 * Writer. Applies records in order; those of other instruments or kinds are skipped. Returns the
 * number that changed the book. One odd/even bump of the sequence word per call,
 * so a reader sees a batch whole or not at all.
 */
int64_t pmm_book_apply(struct pmm_book *book, const struct pmm_event *events, size_t n);
/* Restarted writer: makes an odd sequence even and the book invalid (STARTING). */
void pmm_book_repair(struct pmm_book *book);

/* Writer's own process (no seqlock): */
void pmm_book_top(const struct pmm_book *book, struct pmm_top *top);
/* Up to max levels of one side from the best; returns the count. */
int64_t pmm_book_depth(const struct pmm_book *book, int side, struct pmm_level *out, size_t max);
int64_t pmm_book_quantity(const struct pmm_book *book, int side, int64_t price); /* 0 if no level */
void pmm_book_get_stats(const struct pmm_book *book, struct pmm_book_stats *stats);
/* The whole book as BOOK_BEGIN, DEPTH (flag SNAPSHOT), BOOK_END (flag LAST), stamped recv_ns; FULL if max is too small. */
int64_t pmm_book_snapshot(const struct pmm_book *book, int64_t recv_ns, struct pmm_event *out, size_t max);

/* Other processes. 0, STALE or INVALID (top is filled in as far as known, so reason can be read). */
int pmm_book_read_top(const struct pmm_book *book, struct pmm_top *top);
int64_t pmm_book_read_depth(const struct pmm_book *book, int side, struct pmm_level *out, size_t max);

#endif
