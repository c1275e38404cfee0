/* The sequence lock of a book, its own code, on the weakest memory: a reader never mixes two batches. */
#include "book/book.h"
#include "base/error.h"
#include "weak_memory.h"

#define WINDOW  4096
#define FAR     4
#define BATCHES 8
#define ROUNDS  300
#define LEVELS  2

static struct pmm_event depth_record(int side, int64_t price, int64_t quantity) {
    return (struct pmm_event){.kind = PMM_KIND_DEPTH, .side = (uint8_t)side, .price = price, .quantity = quantity};
}

/* Each batch moves the market by a tick and gives every level a quantity of its own. */
static void write_batch(int64_t x) {
    struct pmm_event batch[4 * LEVELS + 2];
    size_t n = 0;
    if (x == 1) batch[n++] = (struct pmm_event){.kind = PMM_KIND_BOOK_BEGIN};
    for (int i = 0; i < LEVELS && x > 1; i++) {
        batch[n++] = depth_record(PMM_SIDE_BID, 1000 + x - 1 - 1 - i, 0);
        batch[n++] = depth_record(PMM_SIDE_ASK, 1000 + x - 1 + 1 + i, 0);
    }
    for (int i = 0; i < LEVELS; i++) {
        batch[n++] = depth_record(PMM_SIDE_BID, 1000 + x - 1 - i, 16 * x + i);
        batch[n++] = depth_record(PMM_SIDE_ASK, 1000 + x + 1 + i, 16 * x + i);
    }
    batch[n++] = (struct pmm_event){.kind = PMM_KIND_BOOK_END, .flags = PMM_FLAG_LAST};
    pmm_book_apply((struct pmm_book *)writers, batch, n);
}

static int read_top(int round) {
    struct pmm_top top;
    if (pmm_book_read_top((struct pmm_book *)readers, &top) != PMM_OK) return 0;
    int64_t x = top.bid_quantity / 16;
    check(top.bid_quantity == top.ask_quantity && top.bid_price == 1000 + x - 1 && top.ask_price == 1000 + x + 1,
          "the top is of two batches", round);
    return 1;
}

static int read_depth(int round, int side) {
    struct pmm_level levels[LEVELS + 2];
    int64_t n = pmm_book_read_depth((struct pmm_book *)readers, side, levels, LEVELS + 2);
    if (n < 0) return 0;
    int64_t x = levels[0].quantity / 16, step = side == PMM_SIDE_BID ? -1 : 1;
    check(n == LEVELS, "levels are missing", round);
    for (int i = 0; i < LEVELS; i++)
        check(levels[i].quantity == 16 * x + i && levels[i].price == 1000 + x + step * (1 + i),
              "the depth is of two batches", round);
    return 1;
}

int main(void) {
    int read = 0, moved = 0;
    const size_t bytes = pmm_book_memsize(WINDOW, FAR);
    weak_make(bytes);
    for (int round = 0; round < ROUNDS; round++) {
        queued = oldest = epoch = 0;
        memset(writers, 0, bytes);
        if (pmm_book_init(writers, bytes, 0, WINDOW, FAR) != PMM_OK) return 2;
        write_batch(1);
        weak_settle();
        for (int64_t x = 2; x < 2 + BATCHES; x++)
            write_batch(x);
        for (int i = 0; i < 4; i++) {
            size_t before = oldest;
            read += round % 3 ? read_depth(round, round % 3) : read_top(round);
            moved += oldest != before;
        }
    }
    fprintf(stderr, "%d reads, %d beside stores that arrived\n", read, moved);
    weak_free();
    return read > ROUNDS && moved > ROUNDS ? 0 : 1;
}
