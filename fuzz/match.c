/*
 * Arbitrary records through the matching engine and its market data through a book: every invariant of both
 * holds after each batch, and the book has what the engine has. Input: sizes, then records of 12 bytes near one
 * price, or whole ones of 64.
 */
#include "book/book.h"
#include "base/error.h"
#include "fuzz.h"
#include "sim/match.h"

#define ORDERS_MAX 40
#define WINDOW     4096
#define BATCH      7
#define OUT        (4 * ORDERS_MAX + 3)
#define INSTRUMENT 5

static struct pmm_match *match;
static size_t match_bytes, book_bytes;
static struct pmm_book *book;

static struct pmm_event near_record(struct input *input, int64_t *now) {
    static const uint8_t KINDS[] = {PMM_KIND_NEW,     PMM_KIND_NEW,   PMM_KIND_NEW,        PMM_KIND_CANCEL,
                                    PMM_KIND_REPLACE, PMM_KIND_QUERY, PMM_KIND_CANCEL_ALL, PMM_KIND_NEW};
    struct pmm_event event = {.instrument_id = INSTRUMENT, .recv_ns = ++*now};
    uint8_t what = (uint8_t)take(input, 1), rules = (uint8_t)take(input, 1);
    event.kind = KINDS[what % 8];
    event.side = what >> 3 & 3;
    event.source = (uint16_t)(what >> 5 & 3);
    event.price = 100000 + (int64_t)(int16_t)take(input, 2) * (rules & 128 ? 4096 : 1);
    event.quantity = (int64_t)(int32_t)take(input, 4);
    event.order_id = take(input, 1);
    event.aux = (rules & 7) | (rules >> 3 & 1) << 8 | (rules >> 4 & 3) << 16;
    event.flags = rules & 64 ? PMM_FLAG_POST_ONLY : 0;
    (void)take(input, 3);
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

static void compare(int side) {
    struct pmm_level theirs[ORDERS_MAX], ours[ORDERS_MAX];
    int64_t n = pmm_match_depth(match, side, theirs, ORDERS_MAX);
    HOLD(n >= 0 && n == pmm_book_depth(book, side, ours, ORDERS_MAX));
    HOLD(memcmp(theirs, ours, (size_t)n * sizeof *ours) == 0);
}

static void run(const struct pmm_event *batch, size_t n, size_t room) {
    struct pmm_event out[OUT];
    for (size_t done = 0; done < n;) {
        size_t consumed = SIZE_MAX;
        int64_t written = pmm_match_run(match, batch + done, n - done, out, room, &consumed);
        HOLD(written >= 0 && (size_t)written <= room && consumed <= n - done);
        (void)pmm_book_apply(book, out, (size_t)written);
        HOLD(consumed > 0 || room < OUT);
        if (consumed == 0) room = OUT;
        done += consumed;
    }
    HOLD(pmm_match_check(match) == PMM_OK);
    compare(PMM_SIDE_BID);
    compare(PMM_SIDE_ASK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    struct pmm_event batch[BATCH];
    struct pmm_event out[OUT];
    int64_t now = 0;
    uint32_t orders = 1 + (uint32_t)take(&input, 1) % ORDERS_MAX, far = 1 + (uint32_t)take(&input, 1) % ORDERS_MAX;
    int whole = (int)take(&input, 1) % 4 == 0;
    if (!match) {
        match_bytes = pmm_match_memsize(ORDERS_MAX, WINDOW, ORDERS_MAX);
        book_bytes = pmm_book_memsize(WINDOW, 2 * ORDERS_MAX);
        match = aligned_alloc(64, (match_bytes + 63) / 64 * 64);
        book = aligned_alloc(64, book_bytes);
    }
    memset(match, 0, match_bytes);
    memset(book, 0, book_bytes);
    HOLD(pmm_match_init(match, match_bytes, INSTRUMENT, orders, WINDOW, far) == PMM_OK);
    HOLD(pmm_book_init(book, book_bytes, INSTRUMENT, WINDOW, 2 * ORDERS_MAX) == PMM_OK);
    pmm_book_repair(book);
    while (input.left > 0) {
        size_t n = 0, room = 1 + (size_t)take(&input, 1) % OUT;
        while (n < BATCH && input.left > 0)
            batch[n++] = whole ? whole_record(&input) : near_record(&input, &now);
        run(batch, n, room);
    }
    HOLD(pmm_match_end_day(match, now, out, OUT) >= 0 && pmm_match_check(match) == PMM_OK);
    return 0;
}
