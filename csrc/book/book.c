/* book.c: the writer's side: records into levels, states, and the sequence that readers go by. */
#include "book/book.h"

#include "base/align.h"
#include "base/assert.h"
#include "base/error.h"
#include "base/kinds.h"
#include "base/prefetch.h"
#include "base/sides.h"
#include "book/book_layout.h"
#include "book/snapshot.h"

#define WARM_LEVELS 24

size_t pmm_book_memsize(uint32_t window, uint32_t far_capacity) {
    size_t ladder = pmm_ladder_memsize(window, far_capacity, 1);
    return ladder == 0 ? 0 : sizeof(struct pmm_book) + 2 * ladder;
}

int pmm_book_init(void *memory, size_t bytes, uint32_t instrument_id, uint32_t window, uint32_t far_capacity) {
    struct pmm_book *book = memory;
    size_t ladder = pmm_ladder_memsize(window, far_capacity, 1);
    if (!pmm_is_room(memory, bytes, pmm_book_memsize(window, far_capacity))) return PMM_ERR_ARGUMENT;
    book->instrument_id = instrument_id;
    book->window = window;
    book->far_capacity = far_capacity;
    book->bids_at = sizeof *book;
    book->state.reason = PMM_REASON_STARTING;
    struct pmm_ladder *bids = (struct pmm_ladder *)(book + 1);
    struct pmm_ladder *asks = (struct pmm_ladder *)((char *)bids + ladder);
    int code = pmm_ladder_init(bids, ladder, 1, window, far_capacity, 1);
    PMM_ASSERT(code == PMM_OK);
    code = pmm_ladder_init(asks, ladder, 0, window, far_capacity, 1);
    PMM_ASSERT(code == PMM_OK);
    /* Last: a file whose maker died before here is not ready. */
    pmm_store_release_u32(&book->asks_at, (uint32_t)(sizeof *book + ladder));
    return PMM_OK;
}

static void look_for_flaws(struct pmm_book *book) {
    const struct pmm_ladder *bids = pmm_book_side(book, PMM_SIDE_BID), *asks = pmm_book_side(book, PMM_SIDE_ASK);
    int no_bids = bids->window_levels == 0, no_asks = asks->window_levels == 0;
    if ((no_bids && bids->overflowed) || (no_asks && asks->overflowed))
        pmm_state_invalidate(&book->state, PMM_REASON_OVERFLOW);
    else if (!no_bids && !no_asks && (bids->best ^ bids->flip) >= (asks->best ^ asks->flip))
        pmm_state_invalidate(&book->state, PMM_REASON_CROSSED);
}

/* What may move the best or the window, and the far levels. */
static __attribute__((noinline)) void change_level(struct pmm_ladder *ladder, int64_t price, int64_t quantity) {
    if (quantity == 0) {
        (void)pmm_ladder_remove(ladder, price);
        return;
    }
    uint32_t slot = pmm_ladder_put(ladder, price);
    if (slot != PMM_LADDER_NONE) pmm_store_relaxed_i64(pmm_book_level(ladder, slot), quantity);
}

/*
 * On a real market a level comes, changes or goes as a coin falls, and a wrong guess costs more than all the rest:
 * away from the best the three are one path without a choice.
 */
static inline void set_level(struct pmm_ladder *ladder, int64_t price, int64_t quantity) {
    int64_t key = price ^ ladder->flip, present = quantity != 0;
    if (!pmm_ladder_inside(ladder, key, present)) {
        change_level(ladder, price, quantity);
        return;
    }
    uint32_t slot = (uint32_t)key & (ladder->window - 1);
    int64_t *level = pmm_book_level(ladder, slot), was = *level != 0;
    pmm_store_relaxed_i64(level, quantity);
    pmm_ladder_note(ladder, slot, was, present);
}

static __attribute__((noinline)) void reject(struct pmm_book *book, const struct pmm_event *event) {
    pmm_store_relaxed_u64(&book->rejected, book->rejected + 1);
    pmm_state_invalidate(&book->state, !pmm_is_side(event->side) ? PMM_REASON_BAD_ORDER
                                       : event->quantity < 0     ? PMM_REASON_BAD_QUANTITY
                                                                 : PMM_REASON_BAD_PRICE);
}

static void bound(struct pmm_ladder *ladder, int64_t price) {
    if (price >= -PMM_LADDER_PRICE_MAX && price <= PMM_LADDER_PRICE_MAX) pmm_ladder_bound(ladder, price);
}

static __attribute__((noinline)) void change_state(struct pmm_book *book, const struct pmm_event *event) {
    if (event->kind == PMM_KIND_BOOK_BEGIN) {
        pmm_ladder_clear(pmm_book_side(book, PMM_SIDE_BID));
        pmm_ladder_clear(pmm_book_side(book, PMM_SIDE_ASK));
        if (event->quantity & PMM_BOUND_BIDS) bound(pmm_book_side(book, PMM_SIDE_BID), event->price);
        if (event->quantity & PMM_BOUND_ASKS) bound(pmm_book_side(book, PMM_SIDE_ASK), (int64_t)event->order_id);
    } else if (event->kind == PMM_KIND_BOOK_END && book->state.loading) {
        look_for_flaws(book);
    }
    pmm_state_apply(&book->state, event);
}

/* What may change a book: depth and its states, and the end of any message, where crossed is looked at. */
static int concerns(const struct pmm_event *event, uint32_t instrument_id) {
    if (event->instrument_id != instrument_id || !pmm_is_of_levels(event->kind)) return 0;
    int passing = event->kind == PMM_KIND_TRADE || event->kind == PMM_KIND_TOP;
    return !passing || (event->flags & PMM_FLAG_LAST);
}

/* Returns 1 if the record was taken. */
static inline int apply_one(struct pmm_book *book, const struct pmm_event *event, struct pmm_ladder *bids,
                            struct pmm_ladder *asks, int64_t *depths) {
    int taken = 1;
    if (event->kind == PMM_KIND_DEPTH) {
        uint64_t biased = (uint64_t)event->price + (uint64_t)PMM_LADDER_PRICE_MAX;
        int ok = pmm_is_side(event->side) && event->quantity >= 0 && biased <= 2 * (uint64_t)PMM_LADDER_PRICE_MAX;
        if (ok) {
            set_level(event->side == PMM_SIDE_BID ? bids : asks, event->price, event->quantity);
            ++*depths;
        } else {
            reject(book, event);
            taken = 0;
        }
    } else if (pmm_is_book_state(event->kind)) {
        change_state(book, event);
    } else {
        taken = 0;
    }
    if ((event->flags & PMM_FLAG_LAST) && book->state.valid && pmm_is_of_levels(event->kind)) look_for_flaws(book);
    return taken;
}

static void enter(struct pmm_book *book) {
    pmm_store_relaxed_u64(&book->sequence, book->sequence + 1);
    pmm_fence_release(); /* odd before the first word that a reader could see half of */
}

static void leave(struct pmm_book *book) {
    const struct pmm_ladder *bids = pmm_book_side(book, PMM_SIDE_BID), *asks = pmm_book_side(book, PMM_SIDE_ASK);
    int64_t bid = 0, ask = 0;
    uint32_t bid_slot = pmm_ladder_best(bids, &bid), ask_slot = pmm_ladder_best(asks, &ask);
    pmm_store_relaxed_i64(&book->bid_price, bid);
    pmm_store_relaxed_i64(&book->bid_quantity, bid_slot == PMM_LADDER_NONE ? 0 : *pmm_book_level(bids, bid_slot));
    pmm_store_relaxed_i64(&book->ask_price, ask);
    pmm_store_relaxed_i64(&book->ask_quantity, ask_slot == PMM_LADDER_NONE ? 0 : *pmm_book_level(asks, ask_slot));
    pmm_store_release_u64(&book->sequence, book->sequence + 1);
}

int64_t pmm_book_apply(struct pmm_book *book, const struct pmm_event *events, size_t n) {
    const uint32_t instrument_id = book->instrument_id;
    struct pmm_ladder *bids = pmm_book_side(book, PMM_SIDE_BID), *asks = pmm_book_side(book, PMM_SIDE_ASK);
    int64_t depths = 0, taken = 0, recv_ns = book->recv_ns;
    size_t i = 0;
    while (i < n && !concerns(events + i, instrument_id))
        i++;
    if (i == n) return 0;

    enter(book);
    for (; i < n; i++) {
        if (events[i].instrument_id != instrument_id) continue;
        if (apply_one(book, events + i, bids, asks, &depths)) {
            taken++;
            recv_ns = events[i].recv_ns;
        }
    }
    pmm_store_relaxed_i64(&book->recv_ns, recv_ns);
    pmm_store_relaxed_u64(&book->applied, book->applied + (uint64_t)depths);
    leave(book);
    return taken;
}

void pmm_book_repair(struct pmm_book *book) {
    if ((book->sequence & 1) == 0) enter(book);
    pmm_ladder_wipe(pmm_book_side(book, PMM_SIDE_BID));
    pmm_ladder_wipe(pmm_book_side(book, PMM_SIDE_ASK));
    pmm_state_set(&book->state, 0, 0, PMM_REASON_STARTING);
    leave(book);
}

void pmm_book_top(const struct pmm_book *book, struct pmm_top *top) {
    top->bid_price = book->bid_price;
    top->bid_quantity = book->bid_quantity;
    top->ask_price = book->ask_price;
    top->ask_quantity = book->ask_quantity;
    top->recv_ns = book->recv_ns;
    top->version = book->sequence;
    top->valid = book->state.valid;
    top->reason = book->state.reason;
}

int pmm_book_valid(const struct pmm_book *book) { return book->state.valid != 0; }

int64_t pmm_book_depth(const struct pmm_book *book, int side, struct pmm_level *out, size_t max) {
    if (!pmm_is_side(side)) return PMM_ERR_ARGUMENT;
    return (int64_t)pmm_book_walk(pmm_book_side(book, side), out, max);
}

int64_t pmm_book_quantity(const struct pmm_book *book, int side, int64_t price) {
    if (!pmm_is_side(side)) return 0;
    const struct pmm_ladder *ladder = pmm_book_side(book, side);
    uint32_t slot = pmm_ladder_find(ladder, price);
    return slot == PMM_LADDER_NONE ? 0 : *pmm_book_level(ladder, slot);
}

int pmm_book_knows(const struct pmm_book *book, int side, int64_t price) {
    const struct pmm_ladder *ladder = pmm_book_side(book, side);
    return (price ^ ladder->flip) > ladder->horizon;
}

void pmm_book_get_stats(const struct pmm_book *book, struct pmm_book_stats *stats) {
    const struct pmm_ladder *bids = pmm_book_side(book, PMM_SIDE_BID), *asks = pmm_book_side(book, PMM_SIDE_ASK);
    stats->applied = pmm_load_relaxed_u64(&book->applied);
    stats->rejected = pmm_load_relaxed_u64(&book->rejected);
    stats->recentred = pmm_load_relaxed_u64(&bids->recentred) + pmm_load_relaxed_u64(&asks->recentred);
    stats->dropped = pmm_load_relaxed_u64(&bids->dropped) + pmm_load_relaxed_u64(&asks->dropped);
    stats->invalidated = pmm_load_relaxed_u64(&book->state.invalidated);
    stats->bid_levels = pmm_ladder_levels(bids);
    stats->ask_levels = pmm_ladder_levels(asks);
}

/* BOOK_BEGIN of a snapshot, with how far either side is known. */
static struct pmm_event beginning(const struct pmm_book *book, int64_t recv_ns) {
    const struct pmm_ladder *bids = pmm_book_side(book, PMM_SIDE_BID), *asks = pmm_book_side(book, PMM_SIDE_ASK);
    struct pmm_event begin = pmm_snapshot_begin(&book->state, book->instrument_id, recv_ns);
    if (bids->overflowed) {
        begin.quantity |= PMM_BOUND_BIDS;
        begin.price = (bids->horizon + 1) ^ bids->flip;
    }
    if (asks->overflowed) {
        begin.quantity |= PMM_BOUND_ASKS;
        begin.order_id = (uint64_t)((asks->horizon + 1) ^ asks->flip);
    }
    return begin;
}

int64_t pmm_book_part(const struct pmm_book *book, int64_t recv_ns, struct pmm_place *place, struct pmm_event *out,
                      size_t max) {
    const struct pmm_ladder *bids = pmm_book_side(book, PMM_SIDE_BID), *asks = pmm_book_side(book, PMM_SIDE_ASK);
    const struct pmm_event level = pmm_snapshot_record(book->instrument_id, recv_ns, PMM_KIND_DEPTH);
    size_t n = 0;
    if (max == 0) return 0;
    if (place->part == PMM_PLACE_BEGIN) {
        if (book->state.loading) return PMM_ERR_AGAIN;
        out[n++] = beginning(book, recv_ns);
        *place = (struct pmm_place){.part = PMM_PLACE_BIDS, .known = {bids->horizon, asks->horizon}};
    }
    n += pmm_snapshot_levels(bids, asks, place, &level, out + n, max - n);
    if (place->part != PMM_PLACE_END || n == max) return (int64_t)n;
    if (place->known[0] != bids->horizon || place->known[1] != asks->horizon) {
        /* Levels were dropped before they were told of: what the beginning said of its bounds is not so any more. */
        *place = (struct pmm_place){0};
        return (int64_t)n;
    }
    out[n++] = pmm_snapshot_end(&book->state, book->instrument_id, recv_ns);
    place->part = PMM_PLACE_DONE;
    return (int64_t)n;
}

int64_t pmm_book_snapshot(const struct pmm_book *book, int64_t recv_ns, struct pmm_event *out, size_t max) {
    const struct pmm_ladder *bids = pmm_book_side(book, PMM_SIDE_BID), *asks = pmm_book_side(book, PMM_SIDE_ASK);
    uint64_t levels = pmm_ladder_levels(bids) + pmm_ladder_levels(asks);
    struct pmm_place place = {0};
    if (max < levels + 2) return PMM_ERR_FULL;
    if (!book->state.loading) return pmm_book_part(book, recv_ns, &place, out, max);
    out[0] = beginning(book, recv_ns);
    place.part = PMM_PLACE_BIDS;
    return 1 + pmm_book_part(book, recv_ns, &place, out + 1, (size_t)levels);
}

/* The levels around the best one, and the bits that lead to them. */
static void warm_side(const struct pmm_ladder *ladder) {
    const uint32_t best = (uint32_t)ladder->best & (ladder->window - 1),
                   from = best > WARM_LEVELS ? best - WARM_LEVELS : 0;
    pmm_prefetch_to_write(ladder, sizeof *ladder);
    pmm_prefetch_to_write(pmm_book_level(ladder, from), (best - from + 1) * sizeof(int64_t));
    pmm_prefetch_to_write(pmm_ladder_at(ladder, ladder->bits0_at) + best / 64, sizeof(uint64_t));
    pmm_prefetch_to_write(pmm_ladder_at(ladder, ladder->bits1_at) + best / 4096, sizeof(uint64_t));
}

void pmm_book_warm(const struct pmm_book *book) {
    pmm_prefetch_to_write(book, sizeof *book);
    warm_side(pmm_book_side(book, PMM_SIDE_BID));
    warm_side(pmm_book_side(book, PMM_SIDE_ASK));
}
