/*
 * outlet.h: one reader of market data: its ring, and what it is still owed.
 *
 * What it is. Between a writer of market data (the feed, the simulated venue) and one ring. A reader that cannot
 * keep up loses changes, and a book that has lost one is wrong for ever; so an instrument whose changes did not fit
 * is stale for this reader: it gets nothing of it but, in front of whatever it gets next, BOOK_INVALID (RESYNC),
 * and then a whole snapshot. The other instruments go on. A reader that attaches or asks is owed every instrument
 * that it has; of the writer's others it is sent nothing.
 *
 * A resync ends and is whole, whatever the sizes.
 *   It goes on where it stopped: one instrument after the other, each in pieces of what there is room for; changes
 *     of the one under way are pushed from its BOOK_BEGIN on, between the pieces (snapshot.h says why that is right).
 *   Pieces leave half of the ring to changes. If changes do not fit all the same, the instruments that they touch
 *     are stale again; so a snapshot is begun again only because its reader lost something, never because it
 *     is large, and a call that finds no room costs a look at the reader's cursor.
 *   A request leaves the snapshot under way alone: a reader that asks again and again still gets each in its turn. An
 *     attach does not, for a new reader may know nothing of its beginning.
 *   A book that is loading is sent when it is whole: a reader that gets its second half would take it for all.
 *   A BOOK_BEGIN or BOOK_INVALID of the instrument under way that is pushed ends its snapshot: from there the changes
 *     alone make the same book.
 *
 * A push is of whole messages. One that is longer than PMM_MESSAGE_MAX makes its instruments stale: no reader need
 * have room for more.
 *
 * Who owns. One thread of the writing process; ring, bell and scratch belong to the caller and outlive it.
 */
#ifndef PMM_OUTLET_H
#define PMM_OUTLET_H

#include "base/set.h"
#include "shared/bell.h"
#include "book/book.h"
#include "shared/ring.h"

#define PMM_OUTLET_SCRATCH 4096
/* Of its ring: the longest message fits beside what a resync has put there. */
#define PMM_OUTLET_CAPACITY_MIN 4096

struct pmm_outlet {
    struct pmm_ring *ring;
    struct pmm_bell *bell;        /* NULL: nobody parks there */
    struct pmm_event *scratch;    /* PMM_OUTLET_SCRATCH records; outlets of one thread may share it */
    struct pmm_set instruments;   /* that the reader has */
    struct pmm_set stale;         /* of these: its changes are not pushed, for its snapshot has not begun */
    struct pmm_set untold;        /* of these: the reader's book of it may still be valid */
    struct pmm_place place;       /* of the snapshot under way */
    uint32_t sending;             /* its instrument, or PMM_INSTRUMENT_ALL */
    uint32_t next;                /* the instrument whose turn is next */
    uint32_t seen;                /* attaches and requests of the reader answered so far */
    uint32_t attaches;            /* of these */
    uint16_t source;              /* of the writer */
    uint8_t venue_id;
    uint8_t reserved;
    uint32_t reserved2;
    uint64_t overflows;           /* pushes that found no room */
    uint64_t resyncs;             /* snapshots that were sent to their end */
    uint64_t resent;              /* records of snapshots */
};

/* A new writer knows nothing of what its reader holds: all that it has is stale. instruments: copied. */
void pmm_outlet_init(struct pmm_outlet *outlet, struct pmm_ring *ring, struct pmm_bell *bell, struct pmm_event *scratch,
                     const struct pmm_set *instruments, uint16_t source, uint8_t venue_id);

/*
 * Whole messages, in order: all of each that is of the reader's instruments into the ring, or none, and then these are
 * stale. Rings the bell.
 */
void pmm_outlet_push(struct pmm_outlet *outlet, const struct pmm_event *events, size_t n);

/* 1 if the reader is owed nothing, as far as it has been asked. */
int pmm_outlet_settled(const struct pmm_outlet *outlet);

#endif
