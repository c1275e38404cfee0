/* Random records on a book against plain arrays of quantities. Exit 0 if all agree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "book/book.h"
#include "chance.h"
#include "check.h"
#include "base/error.h"

#define WINDOW     4096
#define PRICES     60000
#define LOW        (-20000)
#define INSTRUMENT 7

static int64_t model[3][PRICES]; /* by side and price - LOW */
static struct pmm_level depth[PRICES];
static struct pmm_event copy[2 * PRICES + 2];
static struct pmm_book *make(uint32_t far) {
    size_t bytes = pmm_book_memsize(WINDOW, far);
    void *memory = aligned_alloc(64, bytes);
    memset(memory, 0, bytes);
    CHECK(pmm_book_init(memory, bytes, INSTRUMENT, WINDOW, far) == 0);
    return memory;
}

/* What the book gives is the model's best levels without a hole; all of them if nothing was dropped. */
static void compare_side(struct pmm_book *book, int side, int exact) {
    int64_t n = pmm_book_depth(book, side, depth, PRICES), k = 0, all = 0;
    for (int i = 0; i < PRICES; i++) {
        int at = side == PMM_SIDE_BID ? PRICES - 1 - i : i;
        if (model[side][at] == 0) continue;
        all++;
        if (k == n) continue;
        CHECK(depth[k].price == at + LOW && depth[k].quantity == model[side][at]);
        CHECK(pmm_book_quantity(book, side, at + LOW) == model[side][at]);
        k++;
    }
    CHECK(k == n && (!exact || n == all));
}

/* The imbalance is that of the levels which depth gives, however many are asked for. */
static void compare_imbalance(struct pmm_book *book, size_t levels) {
    double sums[3] = {0};
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        int64_t n = pmm_book_depth(book, side, depth, levels);
        CHECK(n <= (int64_t)levels);
        for (int64_t i = 0; i < n; i++)
            sums[side] += (double)depth[i].quantity;
    }
    double all = sums[PMM_SIDE_BID] + sums[PMM_SIDE_ASK];
    CHECK(pmm_book_imbalance(book, levels) == (all > 0 ? (sums[PMM_SIDE_BID] - sums[PMM_SIDE_ASK]) / all : 0));
}

static void compare(struct pmm_book *book, struct pmm_book *other) {
    struct pmm_top top, again;
    struct pmm_book_stats stats;
    pmm_book_get_stats(book, &stats);
    pmm_book_top(book, &top);
    CHECK((top.version & 1) == 0);
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++)
        compare_side(book, side, stats.dropped == 0);
    for (size_t levels = 0; levels < 600; levels = 2 * levels + 1)
        compare_imbalance(book, levels);
    if (pmm_book_depth(book, PMM_SIDE_BID, depth, 1) == 1)
        CHECK(top.bid_price == depth[0].price && top.bid_quantity == depth[0].quantity);
    else
        CHECK(top.bid_quantity == 0);
    CHECK(pmm_book_read_top(book, &again) == (top.valid ? 0 : PMM_ERR_INVALID));
    CHECK(again.bid_price == top.bid_price && again.ask_quantity == top.ask_quantity);

    int64_t n = pmm_book_snapshot(book, 5, copy, sizeof copy / sizeof *copy);
    CHECK(n >= 1 &&
          pmm_book_snapshot(book, 5, copy, (size_t)(stats.bid_levels + stats.ask_levels + 1)) == PMM_ERR_FULL);
    CHECK(pmm_book_apply(other, copy, (size_t)n) == n);
    if (stats.dropped == 0) {
        for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++)
            compare_side(other, side, 1);
        pmm_book_top(other, &again);
        CHECK(again.valid == top.valid && again.reason == top.reason && again.ask_price == top.ask_price);
    }
}

static int64_t pick(int64_t centre, int side) {
    int64_t away = draw(12) == 0 ? (int64_t)draw(PRICES / 3) : (int64_t)draw(300);
    int64_t at = side == PMM_SIDE_BID ? centre - 1 - away : centre + away;
    return at < 0 ? 0 : at >= PRICES ? PRICES - 1 : at;
}

/* The best levels of a side go one after the other, until the far ones are the best. */
static void drain(struct pmm_book *book, int side, int64_t count) {
    int64_t n = pmm_book_depth(book, side, depth, (size_t)count);
    for (int64_t i = 0; i < n; i++) {
        struct pmm_event event = {.kind = PMM_KIND_DEPTH, .side = (uint8_t)side, .instrument_id = INSTRUMENT};
        event.price = depth[i].price;
        model[side][event.price - LOW] = 0;
        CHECK(pmm_book_apply(book, &event, 1) == 1);
    }
}

static void play(uint32_t far, int steps) {
    struct pmm_book *book = make(far), *other = make(PRICES);
    struct pmm_event batch[64];
    int64_t centre = PRICES / 2, bad = 0;
    memset(model, 0, sizeof model);
    for (int step = 0; step < steps; step++) {
        size_t n = 1 + draw(63);
        memset(batch, 0, sizeof batch);
        if (draw(50) == 0) drain(book, 1 + (int)draw(2), (int64_t)draw(600));
        if (draw(40) == 0) centre = PRICES / 4 + (int64_t)draw(PRICES / 2);
        for (size_t i = 0; i < n; i++) {
            uint64_t what = draw(3000);
            int side = 1 + (int)draw(2);
            batch[i].instrument_id = INSTRUMENT;
            batch[i].recv_ns = step;
            batch[i].kind = what == 0 ? PMM_KIND_BOOK_BEGIN : what < 20 ? PMM_KIND_BOOK_END : PMM_KIND_DEPTH;
            batch[i].flags = draw(4) == 0 ? PMM_FLAG_LAST : 0;
            batch[i].side = (uint8_t)side;
            int64_t at = pick(centre, side);
            batch[i].price = at + LOW;
            batch[i].quantity = draw(100) < 45 ? 0 : 1 + (int64_t)draw(1000);
            if (what == 0) {
                memset(model, 0, sizeof model);
                batch[i].quantity = 0; /* no bound */
            } else if (what == 21) {
                batch[i].instrument_id = INSTRUMENT + 1;
            } else if (what == 22) {
                batch[i].quantity = -1 - (int64_t)draw(5);
                bad++;
            } else if (what == 23) {
                batch[i].price = draw(2) ? INT64_MAX : INT64_MIN;
                bad++;
            } else if (what == 24) {
                batch[i].side = draw(2) ? 0 : 200;
                bad++;
            } else if (what >= 20) {
                model[side][at] = batch[i].quantity;
            }
        }
        (void)pmm_book_apply(book, batch, n);
        if (step % 61 == 0) compare(book, other);
    }
    struct pmm_book_stats stats;
    pmm_book_get_stats(book, &stats);
    CHECK(stats.rejected == (uint64_t)bad && bad > 0);
    CHECK(stats.recentred > 20);
    CHECK((stats.dropped > 0) == (far < 1000));
    pmm_book_repair(book);
    pmm_book_get_stats(book, &stats);
    CHECK(stats.bid_levels == 0 && stats.ask_levels == 0);
    free(book);
    free(other);
}

/* A level at every tick, and the best goes up to the window's last one: there its ring closes within a word. */
static void fill_window(int side) {
    struct pmm_book *book = make(PRICES);
    int64_t better = side == PMM_SIDE_BID ? 1 : -1;
    memset(model, 0, sizeof model);
    for (int i = 0; i < 2 * WINDOW; i++) {
        int64_t at = PRICES / 2 + better * (i < WINDOW ? -i : i - WINDOW);
        struct pmm_event event = {.kind = PMM_KIND_DEPTH, .side = (uint8_t)side, .instrument_id = INSTRUMENT};
        event.price = at + LOW;
        event.quantity = model[side][at] = 1 + i;
        CHECK(pmm_book_apply(book, &event, 1) == 1);
        if (i % 37 == 0) compare_side(book, side, 1);
    }
    free(book);
}

int main(void) {
    fill_window(PMM_SIDE_BID);
    fill_window(PMM_SIDE_ASK);
    play(PRICES, 12000);
    play(16, 12000);
    return 0;
}
