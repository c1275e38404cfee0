/*
 * The sequence lock of a book, its own code, on a memory as weak as C11 allows: every store of the
 * writer arrives at the reader when chance will have it, and a load may give what was there since
 * the reader's last acquire. ThreadSanitizer cannot see these orders, since the payload is
 * relaxed atomics and it knows no fences; x86 does not show their absence.
 *
 * The writer's copy and the reader's are two blocks, so its plain loads see its stores at once. A store goes into the writer's and into a
 * queue; entries of the queue arrive in the reader's copy in any order but: those of one word in
 * theirs, and none before a release that stands in front of it lets it. The reader sees, for each
 * word, a value between its floor (the copy at its last acquire) and now, and never goes back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "book/book.h"
#include "base/error.h"
#include "weak_atomics.h"

#define WINDOW    4096
#define FAR       4
#define BATCHES   8
#define ROUNDS    300
#define QUEUE_MAX 4096
#define LEVELS    2

struct store {
    size_t at;
    unsigned bytes;
    uint64_t value;
    unsigned epoch; /* releases before it */
    int arrived;
};

static char *writers, *readers, *floors; /* three copies of one book */
static size_t book_bytes;
static struct store queue[QUEUE_MAX];
static size_t queued, oldest;
static unsigned epoch;

static uint64_t random_state = 88172645463325252ull;

static uint64_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void arrive(struct store *store) {
    memcpy(readers + store->at, &store->value, store->bytes);
    store->arrived = 1;
    while (oldest < queued && queue[oldest].arrived)
        oldest++;
}

/* The first store of its word among those that no release holds back, from a place that chance picks. */
static void let_one_arrive(void) {
    if (oldest == queued) return;
    size_t ready = oldest;
    while (ready < queued && queue[ready].epoch == queue[oldest].epoch)
        ready++;
    size_t picked = oldest + next_random() % (ready - oldest);
    for (size_t i = oldest; i <= picked; i++)
        if (!queue[i].arrived && queue[i].at == queue[picked].at) {
            arrive(&queue[i]);
            return;
        }
}

static int is_in(const void *at, const char *copy) {
    return (const char *)at >= copy && (const char *)at < copy + book_bytes;
}

void weak_fence_release(void) { epoch++; }

void weak_store(void *at, unsigned bytes, uint64_t value, enum weak_order order) {
    memcpy(at, &value, bytes);
    if (!is_in(at, writers) || queued == QUEUE_MAX) abort();
    if (order == WEAK_ORDERED) epoch++;
    queue[queued++] =
        (struct store){.at = (size_t)((char *)at - writers), .bytes = bytes, .value = value, .epoch = epoch};
}

void weak_fence_acquire(void) { memcpy(floors, readers, book_bytes); }

uint64_t weak_load(const void *at, unsigned bytes, enum weak_order order) {
    uint64_t value = 0;
    if (!is_in(at, readers)) {
        memcpy(&value, at, bytes);
        return value;
    }
    size_t word = (size_t)((const char *)at - readers);
    for (uint64_t n = next_random() % 8 < 6 ? 0 : next_random() % 12; n > 0; n--)
        let_one_arrive();
    if (next_random() % 2) memcpy(floors + word, readers + word, bytes);
    memcpy(&value, floors + word, bytes);
    if (order == WEAK_ORDERED) weak_fence_acquire();
    return value;
}

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

static void check(int good, const char *what, int round) {
    if (good) return;
    fprintf(stderr, "round %d: %s\n", round, what);
    exit(1);
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
    book_bytes = pmm_book_memsize(WINDOW, FAR);
    writers = aligned_alloc(64, book_bytes);
    readers = aligned_alloc(64, book_bytes);
    floors = aligned_alloc(64, book_bytes);
    for (int round = 0; round < ROUNDS; round++) {
        queued = oldest = epoch = 0;
        memset(writers, 0, book_bytes);
        if (pmm_book_init(writers, book_bytes, 0, WINDOW, FAR) != PMM_OK) return 2;
        write_batch(1);
        memcpy(readers, writers, book_bytes);
        memcpy(floors, writers, book_bytes);
        queued = oldest = epoch = 0;
        for (int64_t x = 2; x < 2 + BATCHES; x++)
            write_batch(x);
        for (int i = 0; i < 4; i++) {
            size_t before = oldest;
            read += round % 3 ? read_depth(round, round % 3) : read_top(round);
            moved += oldest != before;
        }
    }
    fprintf(stderr, "%d reads, %d beside stores that arrived\n", read, moved);
    free(writers);
    free(readers);
    free(floors);
    return read > ROUNDS && moved > ROUNDS ? 0 : 1;
}
