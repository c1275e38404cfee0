/*
 * Arbitrary records through an L3 book, with and without its ring of ids: every invariant holds after each
 * batch, the two agree, and a book made from the snapshot has the same queues. The same records as levels: what is
 * written are the sums, and never of a crossed book. Input: sizes, then records of 8 bytes near one price, or whole
 * ones of 64.
 */
#include "base/error.h"
#include "fuzz.h"
#include "book/l3book.h"
#include "book/l3levels.h"

#define ORDERS_MAX 40
#define WINDOW     4096
#define LEVELS_MAX 40
#define ID_RING    64
#define BATCH      9
#define INSTRUMENT 5
#define BOOKS      4 /* with a ring, without, the copy made from a snapshot, and the one that is told as levels */

static struct pmm_l3book *books[BOOKS];
static size_t bytes[BOOKS];

static struct pmm_event near_record(struct input *input, int64_t *now) {
    static const uint8_t KINDS[] = {PMM_KIND_ORDER_ADD,    PMM_KIND_ORDER_ADD,     PMM_KIND_ORDER_REDUCE,
                                    PMM_KIND_ORDER_REMOVE, PMM_KIND_ORDER_REPLACE, PMM_KIND_ORDER_EXECUTE,
                                    PMM_KIND_BOOK_END,     PMM_KIND_ORDER_ADD};
    struct pmm_event event = {.instrument_id = INSTRUMENT, .recv_ns = ++*now};
    uint8_t what = (uint8_t)take(input, 1);
    event.kind = KINDS[what % 8];
    event.side = what >> 3 & 3;
    event.flags = what >> 5 & 1 ? PMM_FLAG_LAST : 0;
    event.price = (int64_t)(int16_t)take(input, 2) * (what >> 6 & 1 ? 4096 : 1);
    event.quantity = (int64_t)(int16_t)take(input, 2);
    event.order_id = take(input, 1) * (what >> 7 ? ID_RING : 1);
    event.aux = (int64_t)take(input, 2);
    return event;
}

static struct pmm_event whole_record(struct input *input) {
    struct pmm_event event = {0};
    size_t n = input->left < sizeof event ? input->left : sizeof event;
    memcpy(&event, input->data, n);
    input->data += n;
    input->left -= n;
    if (event.instrument_id % 4) event.instrument_id = INSTRUMENT;
    return event;
}

static void have_the_same(const struct pmm_l3book *one, const struct pmm_l3book *other) {
    struct pmm_level levels[2][ORDERS_MAX];
    struct pmm_l3_order queue[2][ORDERS_MAX];
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        int64_t n = pmm_l3book_depth(one, side, levels[0], ORDERS_MAX);
        HOLD(n >= 0 && n == pmm_l3book_depth(other, side, levels[1], ORDERS_MAX));
        HOLD(memcmp(levels[0], levels[1], (size_t)n * sizeof levels[0][0]) == 0);
        for (int64_t i = 0; i < n; i++) {
            int64_t orders = pmm_l3book_queue(one, side, levels[0][i].price, queue[0], ORDERS_MAX);
            HOLD(orders > 0 && orders == pmm_l3book_queue(other, side, levels[0][i].price, queue[1], ORDERS_MAX));
            HOLD(memcmp(queue[0], queue[1], (size_t)orders * sizeof queue[0][0]) == 0);
            int64_t ahead = pmm_l3book_queue_ahead(one, queue[0][orders - 1].order_id);
            HOLD(ahead == levels[0][i].quantity - queue[0][orders - 1].quantity);
        }
    }
}

static void hold_told(const struct pmm_l3book *book, const struct pmm_event *out, int64_t n) {
    struct pmm_top top;
    pmm_l3book_top(book, &top);
    HOLD(!top.bid_quantity || !top.ask_quantity || top.bid_price < top.ask_price);
    for (int64_t i = 0; i < n; i++) {
        HOLD(!(out[i].flags & PMM_FLAG_LAST) == (i + 1 < n));
        HOLD(out[i].kind == PMM_KIND_DEPTH || out[0].kind == PMM_KIND_BOOK_BEGIN);
        if (out[i].kind == PMM_KIND_DEPTH)
            HOLD(out[i].quantity == pmm_l3book_quantity(book, out[i].side, out[i].price));
    }
}

/* Record by record, so that what is written is of the book as it is. */
static void tell_levels(struct pmm_l3levels *levels, struct pmm_l3book *book, const struct pmm_event *events,
                        size_t n) {
    static struct pmm_event out[PMM_L3LEVELS_TOUCHED + 3];
    for (size_t i = 0; i < n; i++) {
        int64_t count = pmm_l3levels_take(levels, book, &events[i], 1, out, sizeof out / sizeof *out);
        HOLD(count >= 0 && levels->touched <= PMM_L3LEVELS_TOUCHED);
        HOLD(levels->consumed == (events[i].instrument_id == INSTRUMENT));
        if (count > 0 && (out[0].kind == PMM_KIND_DEPTH || out[0].kind == PMM_KIND_BOOK_BEGIN))
            if (events[i].kind != PMM_KIND_DEPTH) hold_told(book, out, count);
    }
    HOLD(pmm_l3book_check(book) == PMM_OK);
}

static void init(int i, uint32_t orders, uint32_t levels) {
    memset(books[i], 0, bytes[i]);
    HOLD(pmm_l3book_init(books[i], bytes[i], INSTRUMENT, orders, WINDOW, levels, i == 1 ? 0 : ID_RING) == PMM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    struct pmm_event batch[BATCH], snapshot[ORDERS_MAX + 2];
    struct pmm_top top, other;
    struct pmm_l3levels told;
    int64_t now = 0;
    uint32_t orders = 1 + (uint32_t)take(&input, 1) % ORDERS_MAX, levels = 1 + (uint32_t)take(&input, 1) % LEVELS_MAX;
    int whole = (int)take(&input, 1) % 4 == 0;
    for (int i = 0; i < BOOKS; i++) {
        bytes[i] = pmm_l3book_memsize(ORDERS_MAX, WINDOW, LEVELS_MAX, i == 1 ? 0 : ID_RING);
        if (!books[i]) books[i] = aligned_alloc(64, (bytes[i] + 63) / 64 * 64);
        init(i, orders, levels);
    }
    pmm_l3levels_init(&told, orders & 1 ? PMM_L3LEVELS_AGAIN : 0);
    told.reason = PMM_REASON_NONE; /* as if a snapshot of nothing had come: few inputs have a whole one */
    while (input.left > 0) {
        size_t n = 0;
        while (n < BATCH && input.left > 0)
            batch[n++] = whole ? whole_record(&input) : near_record(&input, &now);
        int64_t taken = pmm_l3book_apply(books[0], batch, n);
        HOLD(taken >= 0 && (size_t)taken <= n && taken == pmm_l3book_apply(books[1], batch, n));
        HOLD(pmm_l3book_check(books[0]) == PMM_OK && pmm_l3book_check(books[1]) == PMM_OK);
        have_the_same(books[0], books[1]);
        tell_levels(&told, books[3], batch, n);
    }
    int64_t n = pmm_l3book_snapshot(books[0], now, snapshot, ORDERS_MAX + 2);
    HOLD(n >= 0);
    init(2, orders, levels);
    (void)pmm_l3book_apply(books[2], snapshot, (size_t)n);
    HOLD(pmm_l3book_check(books[2]) == PMM_OK);
    have_the_same(books[0], books[2]);
    pmm_l3book_top(books[0], &top);
    pmm_l3book_top(books[2], &other);
    HOLD(top.bid_quantity == other.bid_quantity && top.ask_quantity == other.ask_quantity);
    HOLD(!top.bid_quantity || top.bid_price == other.bid_price);
    HOLD(!top.ask_quantity || top.ask_price == other.ask_price);
    /* Inside a venue's message a valid book may be crossed; a snapshot ends one. */
    int crossed = top.bid_quantity && top.ask_quantity && top.bid_price >= top.ask_price;
    HOLD(other.valid == (top.valid && !crossed));
    return 0;
}
