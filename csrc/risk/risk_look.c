/* risk_look.c: what a batch depends on of the market, put into it. */
#include "risk/risk_look.h"

#include <string.h>

#include "risk/risk_internal.h"

uint32_t pmm_risk_instrument_count(const struct pmm_risk *risk) { return risk->instrument_count; }

uint32_t pmm_risk_judged(const struct pmm_risk *risk, const struct pmm_event *batch, size_t n, struct pmm_set *judged) {
    *judged = (struct pmm_set){{0}};
    for (size_t i = 0; i < n; i++) {
        const uint8_t kind = batch[i].kind;
        const int depends = kind == PMM_KIND_NEW || kind == PMM_KIND_REPLACE || kind == PMM_KIND_FILL;
        if (depends && batch[i].instrument_id < risk->instrument_count) pmm_set_add(judged, batch[i].instrument_id);
    }
    return pmm_set_count(judged);
}

size_t pmm_risk_look(struct pmm_event *batch, size_t n, const struct pmm_set *judged, int64_t now_ns,
                     pmm_risk_top *top_of, const void *market) {
    const size_t count = pmm_set_count(judged);
    memmove(batch + count, batch, n * sizeof *batch);
    for (uint32_t id = pmm_set_first(judged); id != PMM_INSTRUMENT_ALL; id = pmm_set_next(judged, id + 1)) {
        struct pmm_event top = {.instrument_id = id, .kind = PMM_KIND_TOP, .source = PMM_SOURCE_RISK};
        top.recv_ns = now_ns;
        if (top_of(market, id, &top) < 0) top.flags = PMM_FLAG_STALE;
        *batch++ = top;
    }
    return count;
}
