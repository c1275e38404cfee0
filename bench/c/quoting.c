/*
 * A market maker's quote: fair value, skew for the inventory, three levels a side, from a book whose top has moved
 * since the last look. Sixteen books with different tops are looked at in turn.
 */
#include "measure.h"

#include "trade/quote.h"

#define BOOKS 16

static struct pmm_book *make_book(int64_t mid) {
    size_t bytes = pmm_book_memsize(4096, 64);
    struct pmm_book *book = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    memset(book, 0, bytes);
    need(pmm_book_init(book, bytes, 0, 4096, 64) == 0, "book");
    struct pmm_event e = {.recv_ns = 1, .kind = PMM_KIND_BOOK_BEGIN};
    pmm_book_apply(book, &e, 1);
    for (int i = 0; i < 20; i++) {
        struct pmm_event bid = {
            .recv_ns = 1, .kind = PMM_KIND_DEPTH, .side = PMM_SIDE_BID, .price = mid - 1 - i, .quantity = 100 + i};
        struct pmm_event ask = {
            .recv_ns = 1, .kind = PMM_KIND_DEPTH, .side = PMM_SIDE_ASK, .price = mid + 1 + i, .quantity = 90 + i};
        pmm_book_apply(book, &bid, 1);
        pmm_book_apply(book, &ask, 1);
    }
    e.kind = PMM_KIND_BOOK_END;
    pmm_book_apply(book, &e, 1);
    return book;
}

static const struct pmm_maker_params PARAMS = {
    .risk_aversion = 0.02,
    .fill_decay_per_tick = 0.4,
    .fill_rate_per_s = 2,
    .volatility_halflife_s = 30,
    .volatility_floor = 3,
    .imbalance_lean_ticks = 1,
    .spread_min_ticks = 2,
    .spread_max_ticks = 60,
    .level_spacing_ticks = 2,
    .quantity_min = 1,
    .quote_quantity = 2000,
    .inventory_max = 40000,
    .maker_fee_e8 = -2000,
    .levels = 3,
    .fair_value = PMM_FAIR_MICROPRICE,
    .imbalance_levels = 3,
};

static int64_t total;

static void pass(const char *name, struct pmm_book **books, size_t n, int64_t step_ns) {
    struct pmm_maker maker;
    struct pmm_quotes quotes;
    need(pmm_maker_init(&maker, &PARAMS) == 0, "maker");
    int64_t clock = 1000000000;
    for (size_t i = 0; i < n / 10; i++)
        pmm_maker_quote(&maker, books[i % BOOKS], 0, clock += step_ns, &quotes);
    uint64_t t0 = ticks();
    for (size_t i = 0; i < n; i++) {
        int64_t position = (int64_t)(i & 15) * 1000 - 8000;
        pmm_maker_quote(&maker, books[i % BOOKS], position, clock += step_ns, &quotes);
        total += quotes.bids[0].price + quotes.asks[2].price;
    }
    uint64_t t = ticks() - t0;
    need(quotes.bid_count == 3 && quotes.ask_count == 3, "three levels a side");
    emit(name, ticks_to_ns(t) / (double)n);
}

int main(int argc, char **argv) {
    struct arguments args = begin(argc, argv);
    struct pmm_book *books[BOOKS], *same[BOOKS];
    for (int i = 0; i < BOOKS; i++) {
        books[i] = make_book(60000 + i % 5);
        same[i] = books[0];
    }
    size_t n = counting(&args) ? 10000 : amount(&args, 1000000);
    for (int round = 0; round < args.rounds; round++) {
        pass("moved", books, n, 1000000);
        if (counting(&args)) continue;
        pass("still", same, n, 1000000);
        emit_yardstick();
    }
    if (counting(&args)) emit("units.pmm_maker_quote", 1.1 * (double)n);
    fprintf(stderr, "%ld\n", (long)total);
    return 0;
}
