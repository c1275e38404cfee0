/*
 * What a scan's parts and records go through behind it, on anything: books of Kraken's depth, parts that follow, tops
 * that wait, levels of single orders, the judge of recordings. All that they read and write stands in heap blocks of
 * exactly its size, so that the address sanitizer sees a byte too many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "book/l3levels.h"
#include "capture/judge.h"
#include "chance.h"
#include "wire/follow.h"
#include "wire/kraken_book.h"

#define HOLD(what) \
    do \
        if (!(what)) { \
            fprintf(stderr, "line %d: %s\n", __LINE__, #what); \
            abort(); \
        } \
    while (0)

static void *block(size_t bytes) {
    void *p = calloc(1, bytes ? bytes : 1);
    HOLD(p);
    return p;
}

/* n records of one message, in a block of their own. */
static struct pmm_event *levels_of(size_t n) {
    struct pmm_event *events = block(n * sizeof *events);
    for (size_t i = 0; i < n; i++)
        events[i] = (struct pmm_event){.kind = draw(40) ? PMM_KIND_DEPTH : PMM_KIND_BOOK_BEGIN,
                                       .side = draw(2) ? PMM_SIDE_BID : PMM_SIDE_ASK,
                                       .price = between(1, 12),
                                       .quantity = between(0, 3),
                                       .flags = i + 1 == n ? PMM_FLAG_LAST : 0};
    return events;
}

static size_t kraken(void) {
    size_t delivered = 0;
    struct pmm_crc32 crc32;
    char *text = block(PMM_KRAKEN_TEXT_BYTES);
    struct pmm_instrument instrument = {.tick_mantissa = 1, .lot_mantissa = 1};
    pmm_crc32_init(&crc32);
    for (uint32_t depth = 1; depth < 6; depth++) {
        const size_t bytes = pmm_kraken_book_memsize(depth);
        struct pmm_kraken_book *book = block(bytes);
        HOLD(pmm_kraken_book_init(book, bytes, depth) == PMM_OK);
        for (int i = 0; i < 20000; i++) {
            const size_t n = draw(3 * depth + 2), max = draw(2 * n + 3);
            struct pmm_event *events = levels_of(n), *out = block(max * sizeof *out);
            struct pmm_wire_part part = {.kind = draw(9) ? PMM_WIRE_DEPTH : PMM_WIRE_TRADE, .count = (uint32_t)n};
            struct pmm_kraken_row row = {.book = book};
            struct pmm_wire wire = {.instruments = &instrument, .out = events, .parts = &part, .part_count = 1};
            uint64_t count = 0;
            if (draw(2)) {
                const int64_t taken = pmm_kraken_follow(&row, &wire, 0, 1, &crc32, out, max, &count);
                HOLD(taken == 0 || taken == 1);
                HOLD(count <= max && (taken || count == 0));
            } else {
                const int64_t taken = pmm_kraken_book_take(book, events, n, out, max);
                HOLD(taken == PMM_ERR_FULL || (taken >= 0 && (size_t)taken <= max));
                count = taken < 0 ? 0 : (uint64_t)taken;
            }
            const int64_t length = pmm_kraken_book_text(book, &instrument, 0, 0, text);
            HOLD(length >= 0 && length <= PMM_KRAKEN_TEXT_BYTES);
            delivered += count;
            free(events);
            free(out);
        }
        free(book);
    }
    free(text);
    return delivered;
}

/* Mostly tops ahead of a book that now and then comes nearer, so that places run out at both ends. */
static size_t tops(void) {
    struct pmm_tops *waiting = block(sizeof *waiting);
    size_t found = 0;
    for (uint64_t id = 1; id < 60000; id += draw(3)) {
        const struct pmm_shown shown = {.id = draw(50) ? id : id - draw(id < 40 ? id : 40)};
        if (shown.id > waiting->last_id) pmm_tops_wait(waiting, &shown);
        HOLD(waiting->first + waiting->count <= PMM_TOPS_MAX);
        const uint64_t lag = id / 10000 % 2 ? 4090 : 5, to = id > lag ? id - lag : 0;
        if (draw(3) && to > waiting->last_id) {
            found += pmm_tops_at(waiting, to) != NULL;
            pmm_tops_advance(waiting, to);
        }
    }
    *waiting = (struct pmm_tops){0};
    for (uint64_t id = 1; id <= PMM_TOPS_MAX; id++)
        pmm_tops_wait(waiting, &(struct pmm_shown){.id = id});
    HOLD(waiting->count == PMM_TOPS_MAX && !pmm_tops_at(waiting, PMM_TOPS_MAX + 1));
    free(waiting);
    return found;
}

static size_t orders(void) {
    const size_t bytes = pmm_l3book_memsize(64, 4096, 64, 0);
    struct pmm_l3book *book = aligned_alloc(64, bytes);
    struct pmm_l3levels *levels = block(sizeof *levels);
    size_t written = 0;
    memset(book, 0, bytes);
    HOLD(pmm_l3book_init(book, bytes, 0, 64, 4096, 64, 0) == PMM_OK);
    pmm_l3levels_init(levels, PMM_L3LEVELS_AGAIN);
    for (int i = 0; i < 100000; i++) {
        static const uint8_t kinds[] = {PMM_KIND_ORDER_ADD,     PMM_KIND_ORDER_ADD,     PMM_KIND_ORDER_ADD,
                                        PMM_KIND_ORDER_REMOVE,  PMM_KIND_ORDER_REPLACE, PMM_KIND_ORDER_REDUCE,
                                        PMM_KIND_ORDER_EXECUTE, PMM_KIND_TRADE};
        const size_t n = 1 + draw(6), max = draw(12);
        struct pmm_event *events = block(n * sizeof *events), *out = block(max * sizeof *out);
        for (size_t k = 0; k < n; k++) {
            events[k] = (struct pmm_event){.kind = kinds[draw(sizeof kinds)],
                                           .side = (uint8_t)draw(3),
                                           .price = between(97, 103),
                                           .quantity = between(0, 5),
                                           .order_id = draw(30),
                                           .aux = between(0, 30),
                                           .recv_ns = i,
                                           .flags = draw(3) ? PMM_FLAG_LAST : 0};
            if (draw(2)) events[k].aux = (int64_t)events[k].order_id;
            if (levels->reason != PMM_REASON_NONE && draw(2)) events[k].kind = PMM_KIND_BOOK_BEGIN;
            if (levels->begun && draw(8) == 0) events[k].kind = PMM_KIND_BOOK_END;
        }
        const int64_t count = pmm_l3levels_take(levels, book, events, n, out, max);
        HOLD(count == PMM_ERR_FULL || (count >= 0 && (size_t)count <= max && levels->consumed <= n));
        HOLD(levels->touched <= PMM_L3LEVELS_TOUCHED);
        written += count > 0 ? (size_t)count : 0;
        free(events);
        free(out);
    }
    free(levels);
    free(book);
    return written;
}

/* n parts of one to three records of two instruments, their events behind them. */
static struct pmm_wire_part *parts_of(size_t n, struct pmm_event **events, size_t *count) {
    struct pmm_wire_part *parts = block(n * sizeof *parts);
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        parts[i] = (struct pmm_wire_part){.kind = (uint32_t)between(PMM_WIRE_DEPTH, PMM_WIRE_TOP),
                                          .row = (uint32_t)draw(2),
                                          .frame = (uint32_t)(i ? parts[i - 1].frame + draw(2) : 0),
                                          .first_id = draw(9),
                                          .final_id = draw(9),
                                          .first = (uint32_t)*count,
                                          .count = (uint32_t)between(1, 3)};
        *count += parts[i].count;
    }
    *events = levels_of(*count);
    for (size_t i = 0; i < n; i++)
        (*events)[parts[i].first + parts[i].count - 1].flags = PMM_FLAG_LAST;
    return parts;
}

static size_t judged(void) {
    const size_t bytes = pmm_book_memsize(4096, 64);
    struct pmm_book *books[2] = {aligned_alloc(64, bytes), aligned_alloc(64, bytes)};
    memset(books[0], 0, bytes);
    memset(books[1], 0, bytes);
    struct pmm_judge_row *rows = block(2 * sizeof *rows);
    size_t taken = 0;
    for (uint32_t i = 0; i < 2; i++)
        HOLD(books[i] && pmm_book_init(books[i], bytes, i, 4096, 64) == PMM_OK);
    for (int i = 0; i < 20000; i++) {
        const size_t n = 1 + draw(6);
        struct pmm_event *events;
        size_t count;
        struct pmm_wire_part *parts = parts_of(n, &events, &count);
        const size_t lines = parts[n - 1].frame + 1;
        int64_t *numbers = block(lines * sizeof *numbers);
        for (size_t line = 0; line < lines; line++)
            numbers[line] = between(1, 5);
        struct pmm_judge judge = {rows, books, numbers, numbers, numbers, draw(2) > 0, 0};
        uint64_t records = 0;
        pmm_judge_frames(&judge, parts, n);
        const int64_t done = pmm_judge_take(&judge, parts, n, events, count, &records);
        HOLD(done >= 1 && (size_t)done <= n && records <= count);
        taken += (size_t)done;
        free(numbers);
        free(parts);
        free(events);
    }
    free(rows);
    free(books[0]);
    free(books[1]);
    return taken;
}

static size_t followed(void) {
    struct pmm_follow_row *rows = block(2 * sizeof *rows);
    uint32_t *touched = block(2 * sizeof *touched);
    struct pmm_follow follow = {.rows = rows, .touched = touched, .sequence = PMM_WIRE_NO_SEQUENCE};
    size_t taken = 0;
    for (int i = 0; i < 20000; i++) {
        const size_t n = 1 + draw(6);
        struct pmm_event *events;
        size_t count;
        struct pmm_wire_part *parts = parts_of(n, &events, &count);
        struct pmm_wire wire = {.out = events, .parts = parts, .part_count = n};
        for (int row = 0; row < 2; row++) {
            rows[row].rule = (uint32_t)draw(3);
            rows[row].kinds = (uint32_t)draw(64);
            rows[row].whole = draw(4) > 0;
            rows[row].last_id = draw(4);
            rows[row].high = INT64_MAX;
        }
        const int64_t done = pmm_follow_run(&follow, &wire, draw(n), PMM_WIRE_NO_ROW);
        HOLD(done >= 0 && (size_t)done <= n && follow.touched_count <= 2);
        taken += (size_t)done;
        free(parts);
        free(events);
    }
    free(rows);
    free(touched);
    return taken;
}

static size_t sums(void) {
    struct pmm_crc32 crc32;
    size_t summed = 0;
    pmm_crc32_init(&crc32);
    for (size_t bytes = 0; bytes < 100; bytes++) {
        char *exact = block(bytes);
        HOLD(bytes == 0 || pmm_crc32(&crc32, 0, exact, bytes) != 0);
        summed += bytes;
        free(exact);
    }
    return summed;
}

int main(void) {
    const size_t counts[] = {kraken(), tops(), orders(), judged(), followed(), sums()};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        printf("%zu ", counts[i]);
        if (counts[i] < 1000) return 1;
    }
    return 0;
}
