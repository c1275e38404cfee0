/*
 * A long random flow through a paper venue with two instruments and little room: every invariant
 * after each call, volume conserved, and the same reports when the flow is cut elsewhere.
 * Run under AddressSanitizer and UndefinedBehaviorSanitizer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "base/error.h"
#include "sim/paper.h"

#define RECORDS       60000
#define OUT           400
#define LEVELS_AROUND 300

static void require(int holds, const char *what, size_t at) {
    if (holds) return;
    fprintf(stderr, "%s, at record %zu\n", what, at);
    exit(1);
}

static struct pmm_event market_record(int64_t now, int64_t middle) {
    struct pmm_event e = {.recv_ns = now, .instrument_id = draw(2) ? 7 : 9, .source = PMM_SOURCE_FEED};
    e.side = (uint8_t)(1 + draw(2));
    e.venue_ns = draw(8) ? now - (int64_t)draw(200000000) : 0;
    e.quantity = (int64_t)draw(40);
    int64_t away = (int64_t)draw(draw(4) ? 6 : LEVELS_AROUND);
    if (!draw(2000)) e.quantity = INT64_MAX - (int64_t)draw(3);
    if (!draw(2000)) e.venue_ns = draw(2) ? INT64_MIN + (int64_t)draw(3) : INT64_MAX - (int64_t)draw(3);
    uint64_t what = draw(400);
    if (what < 4) {
        e.kind = (uint8_t)(what < 2 ? PMM_KIND_BOOK_BEGIN : what == 2 ? PMM_KIND_BOOK_INVALID : PMM_KIND_TEXT);
    } else if (what < 24) {
        e.kind = PMM_KIND_BOOK_END;
        e.flags = PMM_FLAG_LAST;
    } else if (what < 150) {
        e.kind = PMM_KIND_TRADE;
        e.price = middle + (e.side == PMM_SIDE_BID ? away : -away);
    } else {
        e.kind = PMM_KIND_DEPTH;
        e.flags = draw(3) ? PMM_FLAG_LAST : 0;
        e.quantity = draw(3) ? e.quantity : 0;
        e.price = middle + (e.side == PMM_SIDE_BID ? -1 - away : away);
    }
    return e;
}

static struct pmm_event order_record(int64_t now, int64_t middle) {
    static const uint8_t kinds[] = {PMM_KIND_NEW,     PMM_KIND_NEW,    PMM_KIND_NEW,  PMM_KIND_NEW,
                                    PMM_KIND_REPLACE, PMM_KIND_CANCEL, PMM_KIND_QUERY};
    struct pmm_event e = {.recv_ns = now, .instrument_id = draw(2) ? 7 : 9, .order_id = draw(200)};
    e.source = draw(6) ? PMM_SOURCE_GATEWAY : PMM_SOURCE_TRADERS;
    e.kind = draw(200) ? kinds[draw(sizeof kinds)] : PMM_KIND_CANCEL_ALL;
    if (e.kind == PMM_KIND_CANCEL_ALL && draw(2)) e.instrument_id = PMM_INSTRUMENT_ALL;
    e.side = (uint8_t)(1 + draw(2));
    e.quantity = (int64_t)draw(50);
    int64_t away = (int64_t)draw(draw(8) ? 6 : LEVELS_AROUND);
    e.price = middle + (e.side == PMM_SIDE_BID ? -away : away) * (draw(6) ? 1 : -1);
    e.flags = draw(4) ? 0 : PMM_FLAG_POST_ONLY;
    if (e.kind == PMM_KIND_NEW) e.aux = (int64_t)(draw(4) | (uint64_t)!draw(10) << 8 | draw(4) << 16);
    if (!draw(50)) e.aux = (int64_t)(chance_state >> 1) * (draw(2) ? 1 : -1);
    return e;
}

static struct pmm_paper *make(uint32_t cancel) {
    static const uint32_t ids[] = {7, 9};
    struct pmm_paper_config config = {
        .settle_ns = PMM_PAPER_SETTLE_NS, .cancel = cancel, .orders = 48, .window = 4096, .far_capacity = 8};
    size_t bytes = pmm_paper_memsize(2, &config);
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    memset(memory, 0xA5, bytes);
    require(memory && pmm_paper_init(memory, bytes, ids, 2, &config) == 0, "init", 0);
    return memory;
}

/* Runs the flow in pieces and keeps every report; checks volume at each record if pieces are single. */
static size_t run(struct pmm_paper *paper, const struct pmm_event *in, size_t piece, struct pmm_event **all) {
    static struct pmm_event out[OUT];
    size_t count = 0, room = 0, consumed;
    for (size_t at = 0; at < RECORDS; at += consumed) {
        size_t n = at + piece < RECORDS ? piece : RECORDS - at;
        int64_t written = pmm_paper_run(paper, in + at, n, out, OUT, &consumed);
        require(written >= 0 && (written || consumed), "no progress", at);
        require(pmm_paper_check(paper) == 0, "an invariant is broken", at);
        int64_t filled = 0;
        for (int64_t i = 0; i < written; i++)
            if (out[i].kind == PMM_KIND_FILL) filled += out[i].quantity;
        if (piece == 1 && in[at].kind == PMM_KIND_TRADE)
            require(filled <= in[at].quantity, "more filled than traded", at);
        if (count + (size_t)written > room) {
            room = 2 * room + OUT;
            *all = realloc(*all, room * sizeof **all);
        }
        if (written) memcpy(*all + count, out, (size_t)written * sizeof out[0]);
        count += (size_t)written;
    }
    return count;
}

int main(void) {
    struct pmm_event *in = malloc(RECORDS * sizeof *in);
    for (uint32_t cancel = 0; cancel <= PMM_PAPER_CANCEL_SQUARE; cancel++) {
        chance_state = 88172645463325252u + cancel;
        int64_t now = 1000000000, middle = 10000;
        for (size_t i = 0; i < RECORDS; i++) {
            now += (int64_t)draw(40000000);
            if (!draw(400)) middle += (int64_t)draw(3) - 1;
            if (!draw(20000)) middle += (int64_t)draw(9000) - 4500;
            in[i] = draw(3) ? market_record(now, middle) : order_record(now, middle);
        }
        struct pmm_event *single = NULL, *pieces = NULL;
        struct pmm_paper *first = make(cancel), *second = make(cancel);
        size_t a = run(first, in, 1, &single), b = run(second, in, 997, &pieces);
        require(a == b && memcmp(single, pieces, a * sizeof *single) == 0, "cuts change reports", RECORDS);
        size_t fills = 0;
        for (size_t i = 0; i < a; i++)
            fills += single[i].kind == PMM_KIND_FILL;
        require(fills > 1000, "a flow that fills too little shows nothing", fills);
        printf("%zu reports, %zu fills, %u open\n", a, fills, pmm_paper_order_count(first));
        free(single);
        free(pieces);
        free(first);
        free(second);
    }
    free(in);
    return 0;
}
