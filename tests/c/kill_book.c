/*
 * A book's writer killed at any instruction, in its repair too: a reader that comes then gets the book
 * before the batch, the book after it, or STALE; a writer that comes then repairs it and has, after a
 * snapshot, exactly that snapshot. usage: kill_book LIVE COPY (empty directories)
 */
#include <string.h>

#include "base/error.h"
#include "book/book_layout.h"
#include "kill_steps.h"

#define WINDOW  4096
#define FAR     8
#define BATCHES 14
#define LEVELS  3
#define LIVES   2

static const char *const NAMES[] = {"book"};
static uint64_t stale_answers;

static const char *path_in(const char *directory) {
    static char path[600];
    snprintf(path, sizeof path, "%s/book", directory);
    return path;
}

/* Steps, and now and then jumps beyond the window, so that levels move to the far tables and back. */
static int64_t price_of(uint64_t x) { return 10000 + (int64_t)(x % 5 == 0 ? 20000 : x); }

static struct pmm_event depth_record(int side, int64_t price, int64_t quantity) {
    return (struct pmm_event){.kind = PMM_KIND_DEPTH, .side = (uint8_t)side, .price = price, .quantity = quantity};
}

static size_t add_levels(struct pmm_event *batch, size_t n, uint64_t x, int gone) {
    for (int i = 0; i < LEVELS; i++) {
        int64_t quantity = gone ? 0 : (int64_t)(16 * x) + i;
        batch[n++] = depth_record(PMM_SIDE_BID, price_of(x) - 1 - i, quantity);
        batch[n++] = depth_record(PMM_SIDE_ASK, price_of(x) + 1 + i, quantity);
    }
    return n;
}

/* Batch x of a life: the first is a snapshot, the others move the market from where x - 1 left it. */
static void apply(struct pmm_book *book, uint64_t x, int fresh) {
    struct pmm_event batch[4 * LEVELS + 2];
    size_t n = 0;
    if (fresh)
        batch[n++] = (struct pmm_event){.kind = PMM_KIND_BOOK_BEGIN};
    else
        n = add_levels(batch, n, x - 1, 1);
    n = add_levels(batch, n, x, 0);
    batch[n++] = (struct pmm_event){.kind = PMM_KIND_BOOK_END, .flags = PMM_FLAG_LAST};
    CHECK(pmm_book_apply(book, batch, n) == (int64_t)n);
}

static int has_batch(const struct pmm_level *levels, int64_t n, int side, uint64_t x) {
    int64_t step = side == PMM_SIDE_BID ? -1 : 1;
    if (n != LEVELS) return 0;
    for (int i = 0; i < LEVELS; i++)
        if (levels[i].quantity != (int64_t)(16 * x) + i || levels[i].price != price_of(x) + step * (1 + i)) return 0;
    return 1;
}

static void live(const char *directory) {
    for (int life = 0; life < LIVES; life++) {
        struct pmm_segment segment;
        struct pmm_book *book;
        CHECK(pmm_book_open(&segment, &book, path_in(directory), PMM_OPEN_OWN) == 0);
        notes->kept = 0; /* from here the book may be invalid */
        pmm_book_repair(book);
        for (uint64_t i = 0; i < BATCHES; i++) {
            notes->begun = notes->acknowledged + 1;
            apply(book, notes->begun, i == 0);
            notes->acknowledged = notes->begun;
            notes->kept = 1; /* from here it is never invalid until the next repair */
        }
        pmm_segment_close(&segment);
    }
}

static void look_as_reader(const struct pmm_book *book) {
    struct pmm_top top;
    struct pmm_level levels[LEVELS + 2];
    int code = pmm_book_read_top(book, &top);
    CHECK(code == PMM_OK || code == PMM_ERR_STALE || (code == PMM_ERR_INVALID && !notes->kept));
    stale_answers += code == PMM_ERR_STALE;
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        int64_t n = pmm_book_read_depth(book, side, levels, LEVELS + 2);
        CHECK((n < 0 ? n : 0) == code);
        if (code != PMM_OK) continue;
        uint64_t x = (uint64_t)levels[0].quantity / 16;
        CHECK(x >= notes->acknowledged && x <= notes->begun && has_batch(levels, n, side, x));
        CHECK((side == PMM_SIDE_BID ? top.bid_price : top.ask_price) == levels[0].price);
        CHECK((side == PMM_SIDE_BID ? top.bid_quantity : top.ask_quantity) == levels[0].quantity);
    }
}

static void look(const char *copy) {
    struct pmm_segment segment;
    struct pmm_book *book;
    struct pmm_level levels[LEVELS + 2];
    CHECK(pmm_book_open(&segment, &book, path_in(copy), PMM_OPEN_OWN) == 0);
    look_as_reader(book);
    uint64_t sequence = book->sequence;
    pmm_book_repair(book);
    CHECK(book->sequence % 2 == 0 && book->sequence > sequence);
    uint64_t x = notes->begun + 7;
    apply(book, x, 1);
    for (int side = PMM_SIDE_BID; side <= PMM_SIDE_ASK; side++) {
        CHECK(pmm_ladder_check(pmm_book_side(book, side)) == PMM_OK);
        CHECK(has_batch(levels, pmm_book_read_depth(book, side, levels, LEVELS + 2), side, x));
    }
    pmm_segment_close(&segment);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    if (pmm_book_create(path_in(argv[1]), 0, WINDOW, FAR, "steps") != 0) return 2;
    step_through(argv[1], argv[2], NAMES, 1, live, look);
    CHECK(notes->acknowledged == LIVES * BATCHES && stale_answers > 100);
    printf("%llu instructions, %llu states\n", (unsigned long long)instructions, (unsigned long long)states);
    return 0;
}
