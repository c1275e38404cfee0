/* risk_orders.c: the table of open orders by id. */
#include <string.h>

#include "risk/risk_internal.h"

/*
 * Orders stand in the table itself, not behind an index of slots and tags (order_index.h): that would cost a fifth more
 * instructions a record, and a second miss.
 */
static uint32_t home(const struct pmm_risk *risk, uint64_t order_id) {
    return (uint32_t)((order_id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & risk->order_mask;
}

struct risk_order *risk_order_find(struct pmm_risk *risk, uint64_t order_id) {
    for (uint32_t i = home(risk, order_id); risk->orders[i].order_id; i = (i + 1) & risk->order_mask)
        if (risk->orders[i].order_id == order_id) return &risk->orders[i];
    return NULL;
}

struct risk_order *risk_order_add(struct pmm_risk *risk, const struct pmm_event *e) {
    /* A quarter stays empty: probes end, and stay short. */
    if (risk->order_count >= risk->order_mask - risk->order_mask / 4) return NULL;
    uint32_t i = home(risk, e->order_id);
    while (risk->orders[i].order_id)
        i = (i + 1) & risk->order_mask;
    risk->orders[i] = (struct risk_order){
        .order_id = e->order_id,
        .price = e->price,
        .quantity = e->quantity,
        .instrument_id = e->instrument_id,
        .side = e->side,
    };
    risk->order_count++;
    struct risk_ledger *ledger = &risk_instrument_of(risk, e->instrument_id)->ledger;
    ledger->open_orders++;
    ledger->open[e->side != PMM_SIDE_BID] += e->quantity;
    return &risk->orders[i];
}

void risk_order_remove(struct pmm_risk *risk, struct risk_order *order) {
    struct risk_ledger *ledger = &risk_instrument_of(risk, order->instrument_id)->ledger;
    ledger->open_orders--;
    ledger->open[order->side != PMM_SIDE_BID] -= risk_order_exposure(order);
    risk->order_count--;
    /* Backward shift: entries behind the hole move up unless they are at or past their home. */
    uint32_t hole = (uint32_t)(order - risk->orders);
    for (uint32_t i = (hole + 1) & risk->order_mask; risk->orders[i].order_id; i = (i + 1) & risk->order_mask) {
        uint32_t from_home = (i - home(risk, risk->orders[i].order_id)) & risk->order_mask;
        if (from_home >= ((i - hole) & risk->order_mask)) {
            risk->orders[hole] = risk->orders[i];
            hole = i;
        }
    }
    memset(&risk->orders[hole], 0, sizeof risk->orders[hole]);
}
