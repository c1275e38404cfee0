/* turn_market.c: the simulated venue's market out to its feed. */
#include "turn/outlet_part.h"
#include "turn/turn.h"

static int64_t market_part(const void *market, uint32_t instrument, int64_t recv_ns, struct pmm_place *place,
                           struct pmm_event *out, size_t max) {
    return pmm_market_part(market, instrument, recv_ns, place, out, max);
}

int64_t pmm_market_resync(struct pmm_outlet *outlet, const struct pmm_market *market, int64_t now_ns) {
    return pmm_outlet_resync(outlet, market_part, market, now_ns);
}
