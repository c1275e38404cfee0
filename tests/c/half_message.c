/*
 * A feed's pushes on one thread, a desk with a maker on the other: no turn ends inside a message.
 *
 * Each message takes both sides' best levels away and puts new ones: whoever stops inside sees a book with a
 * side missing, and pulls its quotes. argv[1] is an empty directory. Exit 0 if that never happened.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trade/desk.h"
#include "base/error.h"
#include "trade/quote.h"
#include "turn/stage.h"

#define MESSAGES 200000
#define RECORDS  4
#define WINDOW   4096
#define FAR      64
/* No multiple of a message: a full batch is cut inside one. */
#define BATCH (PMM_MESSAGE_MAX + 1)

static struct pmm_ring writer;

static struct pmm_event depth(int side, int64_t price, int64_t quantity) {
    return (struct pmm_event){
        .recv_ns = 1, .price = price, .quantity = quantity, .kind = PMM_KIND_DEPTH, .side = (uint8_t)side};
}

static void push(const struct pmm_event *events, size_t n) {
    while (pmm_ring_push_bulk(&writer, events, n) < 0)
        sched_yield();
}

static void *feed(void *unused) {
    struct pmm_event begin = {.kind = PMM_KIND_BOOK_BEGIN, .flags = PMM_FLAG_SNAPSHOT};
    struct pmm_event end = {.kind = PMM_KIND_BOOK_END, .flags = PMM_FLAG_SNAPSHOT | PMM_FLAG_LAST};
    struct pmm_event snapshot[] = {begin, depth(PMM_SIDE_BID, 1000, 5), depth(PMM_SIDE_ASK, 1010, 5), end};
    push(snapshot, 4);
    for (int i = 0; i < MESSAGES; i++) {
        int64_t was = i % 2, is = 1 - was;
        struct pmm_event message[RECORDS] = {depth(PMM_SIDE_BID, 1000 + was, 0), depth(PMM_SIDE_ASK, 1010 + was, 0),
                                             depth(PMM_SIDE_BID, 1000 + is, 5), depth(PMM_SIDE_ASK, 1010 + is, 5)};
        message[RECORDS - 1].flags = PMM_FLAG_LAST;
        push(message, RECORDS);
    }
    return unused;
}

static struct pmm_book *make_book(void) {
    size_t bytes = pmm_book_memsize(WINDOW, FAR);
    void *memory = aligned_alloc(64, bytes);
    memset(memory, 0, bytes);
    return pmm_book_init(memory, bytes, 0, WINDOW, FAR) == 0 ? memory : NULL;
}

static int one_sided(const struct pmm_book *book) {
    struct pmm_top top;
    pmm_book_top(book, &top);
    return top.bid_quantity == 0 || top.ask_quantity == 0;
}

/* Turns until everything was taken; in how many the desk stood inside a message. */
static uint64_t trade(struct pmm_ring *ring, struct pmm_desk *desk, struct pmm_maker *const *makers) {
    static struct pmm_event batch[BATCH], decisions[64];
    struct pmm_stage stage = {.inputs = {ring}, .input_count = 1};
    uint64_t taken = 0, halves = 0;
    while (taken < 4 + (uint64_t)MESSAGES * RECORDS) {
        int64_t n = pmm_stage_poll(&stage, batch, BATCH);
        pmm_ring_release(ring);
        if (n == 0) continue;
        taken += (uint64_t)n;
        pmm_desk_apply(desk, batch, (size_t)n);
        pmm_desk_quote(desk, makers);
        (void)pmm_desk_decide(desk, decisions, 64);
        halves += (uint64_t)(one_sided(desk->instruments[0].book) || desk->instruments[0].wanted.bid_count == 0);
    }
    return halves;
}

int main(int argc, char **argv) {
    static struct pmm_desk desk;
    static struct pmm_maker maker;
    struct pmm_maker *makers[PMM_DESK_INSTRUMENTS_MAX] = {&maker};
    const struct pmm_instrument terms = {.instrument_id = 0};
    struct pmm_maker_params params = {.risk_aversion = 0.01,
                                      .fill_decay_per_tick = 0.5,
                                      .fill_rate_per_s = 1,
                                      .volatility_halflife_s = 1,
                                      .volatility_floor = 1,
                                      .spread_min_ticks = 1,
                                      .spread_max_ticks = 50,
                                      .level_spacing_ticks = 1,
                                      .quote_quantity = 5,
                                      .inventory_max = 100,
                                      .levels = 1,
                                      .imbalance_levels = 1};
    char path[512];
    pthread_t thread;
    struct pmm_ring reader;
    struct pmm_book *book = make_book();
    if (argc != 2 || book == NULL || pmm_maker_init(&maker, &params) < 0) return 2;
    snprintf(path, sizeof path, "%s/ring", argv[1]);
    if (pmm_desk_init(&desk, &book, &terms, 1, 0) < 0 || pmm_ring_create(path, 16384, "half") < 0) return 2;
    if (pmm_ring_open_writer(&writer, path) < 0 || pmm_ring_open_reader(&reader, path) < 0) return 2;
    pthread_create(&thread, NULL, feed, NULL);
    uint64_t halves = trade(&reader, &desk, makers);
    pthread_join(thread, NULL);
    printf("%llu turns ended inside a message\n", (unsigned long long)halves);
    return halves != 0;
}
