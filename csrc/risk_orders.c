#include <string.h>

#include "risk_internal.h"

static uint32_t home(const struct pmm_risk *risk, uint64_t order_id) {
    return (uint32_t)((order_id * 0x9E3779B97F4A7C15ull) >> 32) & risk->order_mask;
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
    risk->instruments[e->instrument_id].position.open_orders++;
    risk_expose(risk, &risk->orders[i], +1);
    return &risk->orders[i];
}

void risk_order_remove(struct pmm_risk *risk, struct risk_order *order) {
    risk_expose(risk, order, -1);
    risk->instruments[order->instrument_id].position.open_orders--;
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

int64_t risk_order_exposure(const struct risk_order *order) {
    int64_t total = order->asked_quantity > order->quantity ? order->asked_quantity : order->quantity;
    return total > order->filled ? total - order->filled : 0;
}

void risk_expose(struct pmm_risk *risk, const struct risk_order *order, int sign) {
    struct pmm_position *p = &risk->instruments[order->instrument_id].position;
    int64_t *open = order->side == PMM_SIDE_BID ? &p->open_bid : &p->open_ask;
    *open += sign * risk_order_exposure(order);
}

void risk_position_fill(struct risk_instrument *in, const struct pmm_event *e) {
    struct pmm_position *p = &in->position;
    int64_t signed_quantity = e->side == PMM_SIDE_BID ? e->quantity : -e->quantity;
    int64_t notional = e->price * e->quantity;
    int64_t fee_e8 = e->flags & PMM_FLAG_MAKER ? in->terms.maker_fee_e8 : in->terms.taker_fee_e8;
    p->cash -= e->price * signed_quantity;
    p->fees += pmm_fee(e->price, e->quantity, fee_e8);
    p->turnover += notional;
    p->bought += e->side == PMM_SIDE_BID ? e->quantity : 0;
    p->sold += e->side == PMM_SIDE_BID ? 0 : e->quantity;
    p->bid_fills += e->side == PMM_SIDE_BID;
    p->ask_fills += e->side != PMM_SIDE_BID;

    int64_t held = p->position;
    int64_t held_abs = held < 0 ? -held : held;
    int reduces = held != 0 && (held > 0) != (signed_quantity > 0);
    int64_t closed = reduces ? (e->quantity < held_abs ? e->quantity : held_abs) : 0;
    /* 128 bits: cost x lots. The division's remainder stays in cost, so nothing is lost to rounding. */
    int64_t closed_cost = closed ? (int64_t)((__int128)p->cost * closed / held_abs) : 0;
    int64_t closed_proceeds = (held > 0 ? closed : -closed) * e->price;
    p->realised += closed_proceeds - closed_cost;
    p->cost -= closed_cost;
    int64_t opened = e->quantity - closed;
    p->cost += (signed_quantity > 0 ? opened : -opened) * e->price;
    p->position += signed_quantity;
}

int64_t pmm_position_unrealised(const struct pmm_position *position) {
    if (position->bid_price == 0 || position->ask_price == 0) return 0;
    int64_t mark = (position->bid_price + position->ask_price) >> 1;
    return position->position * mark - position->cost;
}
