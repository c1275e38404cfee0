/* show.c: positions and quotes from where they are counted into the rows that everybody reads. */
#include "turn/show.h"

#include "base/error.h"

int pmm_positions_publish(struct pmm_rows *positions, const struct pmm_risk *risk) {
    struct pmm_position_shown shown = {.reserved = {0}};
    int alarming = 0;
    for (uint32_t id = 0; pmm_risk_position(risk, id, &shown.position) == PMM_OK; id++) {
        pmm_risk_refused(risk, id, shown.refused);
        int code = pmm_rows_put(positions, id, &shown, sizeof shown);
        if (code < 0) return code;
        alarming += shown.position.refused_reports != 0 || shown.position.beyond != 0;
    }
    return alarming;
}

int pmm_quotes_publish(struct pmm_rows *quotes, const struct pmm_desk *desk) {
    for (uint32_t row = 0; row < desk->instrument_count; row++) {
        const struct pmm_desk_instrument *in = &desk->instruments[row];
        const struct pmm_quotes *wanted = &in->wanted;
        struct pmm_quote_shown shown = {
            .bid_price = wanted->bid_count ? wanted->bids[0].price : 0,
            .ask_price = wanted->ask_count ? wanted->asks[0].price : 0,
            .unknown_reports = (int64_t)in->unknown_reports,
        };
        int code = pmm_rows_put(quotes, in->instrument_id, &shown, sizeof shown);
        if (code < 0) return code;
    }
    return PMM_OK;
}
