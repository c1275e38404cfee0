/*
 * One thread writes a book as fast as it can, another reads it. Each batch x makes every level's
 * quantity 16 x + its rank and puts the bids below price_of(x), the asks above: whatever mixes two batches shows.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomics.h"
#include "book/book.h"
#include "base/error.h"

#define LEVELS      8
#define WINDOW      4096
#define READS       3000
#define BATCHES_MAX 3000000

static struct pmm_book *book;
static uint32_t enough;

/* Stays, steps, and jumps beyond the window, so that levels move to the far tables while a reader walks. */
static int64_t price_of(int64_t x) { return x % 8 == 0 ? 50000 : 1000 + x / 3 % 1000; }

static struct pmm_event depth_record(int side, int64_t price, int64_t quantity) {
    struct pmm_event event;
    memset(&event, 0, sizeof event);
    event.kind = PMM_KIND_DEPTH;
    event.side = (uint8_t)side;
    event.price = price;
    event.quantity = quantity;
    return event;
}

static void *write_batches(void *unused) {
    struct pmm_event batch[4 * LEVELS + 2];
    for (int64_t x = 1; x < BATCHES_MAX && pmm_load_acquire_u32(&enough) == 0; x++) {
        size_t n = 0;
        int fresh = x == 1 || x % 64 == 0;
        if (fresh) {
            batch[n] = depth_record(0, 0, 0);
            batch[n++].kind = PMM_KIND_BOOK_BEGIN;
        }
        for (int i = 0; i < LEVELS && !fresh && price_of(x) != price_of(x - 1); i++) {
            batch[n++] = depth_record(PMM_SIDE_BID, price_of(x - 1) - 1 - i, 0);
            batch[n++] = depth_record(PMM_SIDE_ASK, price_of(x - 1) + 1 + i, 0);
        }
        for (int i = LEVELS - 1; i >= 0; i--) {
            batch[n++] = depth_record(PMM_SIDE_BID, price_of(x) - 1 - i, 16 * x + i);
            batch[n++] = depth_record(PMM_SIDE_ASK, price_of(x) + 1 + i, 16 * x + i);
        }
        batch[n] = depth_record(0, 0, 0);
        batch[n].kind = PMM_KIND_BOOK_END;
        batch[n++].flags = PMM_FLAG_LAST;
        pmm_book_apply(book, batch, n);
    }
    return unused;
}

static int fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    return 1;
}

static int read_once(int *tops, int *depths) {
    struct pmm_top top;
    struct pmm_level levels[LEVELS + 4];
    int code = pmm_book_read_top(book, &top);
    if (code == 0) {
        int64_t x = top.bid_quantity / 16;
        ++*tops;
        if (top.bid_quantity != top.ask_quantity || top.bid_quantity != 16 * x) return fail("torn top");
        if (top.bid_price != price_of(x) - 1 || top.ask_price != price_of(x) + 1) return fail("prices of another top");
    } else if (code != PMM_ERR_STALE) {
        return fail("a book that is never invalid reads as invalid");
    }
    int side = 1 + *depths % 2;
    int64_t n = pmm_book_read_depth(book, side, levels, LEVELS + 4);
    if (n == PMM_ERR_STALE) return 0;
    ++*depths;
    if (n != LEVELS) return fail("not all levels");
    int64_t x = levels[0].quantity / 16, step = side == PMM_SIDE_BID ? -1 : 1;
    for (int i = 0; i < LEVELS; i++)
        if (levels[i].quantity != 16 * x + i || levels[i].price != price_of(x) + step * (1 + i))
            return fail("torn depth");
    return 0;
}

int main(void) {
    size_t bytes = pmm_book_memsize(WINDOW, 64);
    pthread_t writer;
    struct pmm_top top = {0};
    int tops = 0, depths = 0, wrong = 0;
    book = aligned_alloc(64, bytes);
    memset(book, 0, bytes);
    if (pmm_book_init(book, bytes, 0, WINDOW, 64) != 0) return 2;
    if (pthread_create(&writer, NULL, write_batches, NULL) != 0) return 2;
    while (pmm_book_read_top(book, &top) != 0) {
    }
    while (!wrong && (tops < READS || depths < READS))
        wrong = read_once(&tops, &depths);
    pmm_store_release_u32(&enough, 1);
    pthread_join(writer, NULL);
    free(book);
    return wrong;
}
