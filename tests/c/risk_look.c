/*
 * The look of risk over tops that no shared book has: as a backtest makes it.
 */
#include <string.h>

#include "check.h"
#include "risk/risk_look.h"

#define ORDERS 16
#define COUNT  3

struct market {
    int64_t mids[COUNT];
    int asked;
};

static int top_of(const void *market, uint32_t instrument, struct pmm_event *top) {
    struct market *seen = (struct market *)(uintptr_t)market;
    seen->asked++;
    top->price = seen->mids[instrument] - 1;
    top->order_id = (uint64_t)seen->mids[instrument] + 1;
    top->quantity = top->aux = 5;
    return seen->mids[instrument] ? 0 : -1;
}

static struct pmm_event order(uint64_t id, uint8_t kind, uint32_t instrument) {
    return (struct pmm_event){.recv_ns = 7,
                              .price = 100,
                              .quantity = 1,
                              .order_id = id,
                              .instrument_id = instrument,
                              .kind = kind,
                              .side = PMM_SIDE_BID};
}

static struct pmm_risk *make_risk(void) {
    struct pmm_instrument terms[COUNT];
    struct pmm_risk_limits limits[COUNT];
    struct pmm_risk_session session = {1000, 1000, 1000};
    memset(terms, 0, sizeof terms);
    for (int i = 0; i < COUNT; i++)
        limits[i] = (struct pmm_risk_limits){10, 10, 100, 10, 0};
    size_t size = pmm_risk_memsize(ORDERS, COUNT);
    struct pmm_risk *risk = malloc(size);
    CHECK(risk && pmm_risk_init(risk, size, ORDERS, terms, limits, COUNT, &session) == 0);
    return risk;
}

int main(void) {
    struct pmm_risk *risk = make_risk();
    struct market market = {.mids = {100, 100, 0}};
    struct pmm_set judged;
    struct pmm_event batch[8] = {order(1, PMM_KIND_NEW, 2), order(2, PMM_KIND_NEW, 0), order(3, PMM_KIND_CANCEL, 1),
                                 order(4, PMM_KIND_NEW, COUNT)};
    CHECK(pmm_risk_instrument_count(risk) == COUNT);
    CHECK(pmm_risk_judged(risk, batch + 2, 2, &judged) == 0 && pmm_set_is_empty(&judged));
    CHECK(pmm_risk_judged(risk, batch, 4, &judged) == 2);
    CHECK(pmm_risk_look(batch, 4, &judged, 9, top_of, &market) == 2 && market.asked == 2);
    for (uint32_t i = 0; i < 2; i++) {
        CHECK(batch[i].kind == PMM_KIND_TOP && batch[i].recv_ns == 9 && batch[i].source == PMM_SOURCE_RISK);
        CHECK(batch[i].instrument_id == 2 * i && batch[i].flags == (i ? PMM_FLAG_STALE : 0));
    }
    for (uint64_t i = 0; i < 4; i++)
        CHECK(batch[2 + i].order_id == i + 1 && batch[6].kind == 0);
    struct pmm_event out[2 * 8 + ORDERS];
    CHECK(pmm_risk_run(risk, batch, 6, out, 2 * 8 + ORDERS) == 4);
    CHECK(out[0].reason == PMM_REASON_NO_REFERENCE && out[1].kind == PMM_KIND_NEW);
    free(risk);
    return 0;
}
