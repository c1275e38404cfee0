/* A random flow through the matching engine, checked as it goes; run under sanitizers. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "check.h"
#include "base/error.h"
#include "sim/match.h"

#define ORDERS 300
#define OUT    (4 * ORDERS + 3)

static struct pmm_event random_event(int i) {
    static const uint8_t kinds[] = {PMM_KIND_NEW,    PMM_KIND_NEW,     PMM_KIND_NEW,   PMM_KIND_NEW,
                                    PMM_KIND_CANCEL, PMM_KIND_REPLACE, PMM_KIND_QUERY, PMM_KIND_DEPTH};
    struct pmm_event event = {.recv_ns = i, .instrument_id = 5, .kind = kinds[between(0, 7)]};
    if (between(0, 999) == 0) event.kind = PMM_KIND_CANCEL_ALL;
    event.side = (uint8_t)between(0, 40) % 3;
    event.price = between(0, 9) == 0 ? between(-1, INT64_C(1) << 60) : 1000000 + i * 3 + between(-40, 40);
    event.quantity = between(0, 30) == 0 ? (int64_t)chance() : between(1, 50);
    event.order_id = (uint64_t)between(1, 900) * (between(0, 1) ? UINT64_C(0x9E3779B97F4A7C15) : 1);
    event.aux = between(0, 3) | (between(0, 9) == 0) << 8 | between(0, 3) << 16;
    event.source = (uint16_t)between(1, 3);
    event.flags = between(0, 5) == 0 ? PMM_FLAG_POST_ONLY : 0;
    return event;
}

int main(void) {
    size_t bytes = pmm_match_memsize(ORDERS, 4096, 120);
    void *memory = aligned_alloc(64, bytes);
    struct pmm_event *out = malloc(OUT * sizeof *out);
    struct pmm_match *match = memory;
    CHECK(pmm_match_init(memory, bytes, 5, ORDERS, 4096, 120) == PMM_OK);
    CHECK(pmm_match_init(memory, bytes - 1, 5, ORDERS, 4096, 120) == PMM_ERR_ARGUMENT);
    int64_t bought = 0, sold = 0, written = 0;
    for (int i = 0; i < 200000; i++) {
        struct pmm_event event = random_event(i);
        size_t consumed;
        int64_t n = pmm_match_run(match, &event, 1, out, OUT, &consumed);
        CHECK(n >= 0 && n <= OUT && consumed == 1);
        for (int64_t k = 0; k < n; k++) {
            if (out[k].kind != PMM_KIND_FILL) continue;
            *(out[k].side == PMM_SIDE_BID ? &bought : &sold) += out[k].quantity;
        }
        written += n;
        CHECK(bought == sold);
        CHECK(i % 50 != 0 || pmm_match_check(match) == PMM_OK);
        CHECK(i % 9999 != 0 || pmm_match_end_day(match, i, out, OUT) >= 0);
        CHECK(i % 5000 != 0 || pmm_match_snapshot(match, i, out, OUT) >= 2);
        CHECK(i % 5000 != 0 || pmm_match_orders(match, 0, out, OUT) == pmm_match_order_count(match));
    }
    printf("%lld records, %lld lots\n", (long long)written, (long long)bought);
    free(out);
    free(memory);
    return bought > 0 ? 0 : 1;
}
