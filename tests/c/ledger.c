/*
 * Takes FILL, FILL_BUSTED, FEE and TOP records from its input and prints what risk shows of instrument 0 after each:
 * the test holds it against integers without an end, the sanitizers hold that nothing wrapped on the way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "risk/risk.h"

#define ORDERS 64

int main(int count, char **arguments) {
    struct pmm_instrument terms;
    memset(&terms, 0, sizeof terms);
    terms.quantity_min = 1;
    terms.maker_fee_e8 = count > 2 ? atoll(arguments[1]) : 0;
    terms.taker_fee_e8 = count > 2 ? atoll(arguments[2]) : 0;
    terms.tick_mantissa = count > 3 ? atoll(arguments[3]) : 1;
    terms.tick_decimals = count > 4 ? (uint8_t)atoi(arguments[4]) : 0;
    terms.lot_mantissa = count > 5 ? atoll(arguments[5]) : 1;
    terms.lot_decimals = count > 6 ? (uint8_t)atoi(arguments[6]) : 0;
    struct pmm_risk_limits limits = {1, 1, 1, 1, 0};
    struct pmm_risk_session session = {1, 1, 1};
    size_t size = pmm_risk_memsize(ORDERS, 1);
    struct pmm_risk *risk = malloc(size);
    struct pmm_event *out = malloc((2 + ORDERS) * sizeof *out), in;
    if (pmm_risk_init(risk, size, ORDERS, &terms, &limits, 1, &session) != 0) return 1;
    while (fread(&in, sizeof in, 1, stdin) == 1) {
        struct pmm_position p;
        if (pmm_risk_run(risk, &in, 1, out, 2 + ORDERS) < 0 || pmm_risk_position(risk, 0, &p) != 0) return 2;
        printf("%lld %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld\n", (long long)p.cash,
               (long long)p.cost, (long long)p.realised, (long long)p.unrealised, (long long)p.fees,
               (long long)p.turnover, (long long)p.beyond, (long long)p.position, (long long)p.bought,
               (long long)p.sold, (long long)p.bid_fills, (long long)p.ask_fills, (long long)p.refused_reports,
               (long long)p.base_dust_e18, (long long)p.quote_dust_e18);
    }
    free(out);
    free(risk);
    return 0;
}
