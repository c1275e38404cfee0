/* risk_check.c: the checks of one order, in their order, and the reason of the first that fails. */
#include "base/sides.h"
#include "base/terms.h"
#include "risk/risk_internal.h"

/* Refills by the log's clock, so that no step of a wall clock mints messages. */
static bool take_token(struct pmm_risk *risk) {
    const int64_t one = 1000000000;
    int64_t full = risk->session.messages_burst * one;
    pmm_wide tokens_e9 = (pmm_wide)(risk->clock_ns - risk->tokens_ns) * risk->session.messages_per_s + risk->tokens_e9;
    risk->tokens_ns = risk->clock_ns;
    risk->tokens_e9 = tokens_e9 > full ? full : (int64_t)tokens_e9;
    if (risk->tokens_e9 < one) return false;
    risk->tokens_e9 -= one;
    return true;
}

static inline int is_unpriced(const struct pmm_event *e) {
    return e->kind == PMM_KIND_NEW && pmm_type_of(e) != PMM_TYPE_LIMIT;
}

static uint16_t check_form(const struct risk_instrument *in, const struct pmm_event *e,
                           const struct risk_order *order) {
    if (e->kind != PMM_KIND_NEW && e->kind != PMM_KIND_REPLACE) return PMM_REASON_BAD_ORDER;
    if (!pmm_is_side(e->side)) return PMM_REASON_BAD_ORDER;
    if (is_unpriced(e) && (pmm_type_of(e) != PMM_TYPE_MARKET || e->price != 0)) return PMM_REASON_BAD_ORDER;
    if (e->kind == PMM_KIND_NEW && (order || e->order_id == 0)) return PMM_REASON_DUPLICATE_ORDER;
    if (e->kind == PMM_KIND_REPLACE && (!order || order->instrument_id != e->instrument_id || order->side != e->side))
        return PMM_REASON_UNKNOWN_ORDER;
    if (e->kind == PMM_KIND_REPLACE && (order->cancelling || order->asked_quantity)) return PMM_REASON_TOO_LATE;
    if (e->price <= 0 && !is_unpriced(e)) return PMM_REASON_BAD_PRICE;
    if (e->quantity <= 0 || e->quantity < in->terms.quantity_min) return PMM_REASON_BAD_QUANTITY;
    return 0;
}

static uint16_t check_collar(const struct risk_instrument *in, int64_t price) {
    if (!in->reference_good) return PMM_REASON_NO_REFERENCE;
    pmm_wide twice_mid = (pmm_wide)in->ledger.bid_price + in->ledger.ask_price;
    pmm_wide off = ((pmm_wide)price * 2 - twice_mid) * 10000, most = twice_mid * in->limits.collar_e4;
    /* Of a market order, which has the price 0, it is only asked that its market is seen. */
    return (off > most || off < -most) && price != 0 ? PMM_REASON_PRICE_COLLAR : 0;
}

/* The position if everything open on the order's side filled, with the order as asked. */
static int within_position(const struct risk_instrument *in, const struct pmm_event *e,
                           const struct risk_order *order) {
    const struct risk_ledger *ledger = &in->ledger;
    pmm_wide adds = e->quantity;
    if (order) adds -= (pmm_wide)order->filled + risk_order_exposure(order);
    if (adds < 0) adds = 0; /* until a REPLACE to less is answered, the larger one counts */
    const int is_ask = e->side != PMM_SIDE_BID;
    pmm_wide position = is_ask ? -(pmm_wide)ledger->position : ledger->position;
    return position + ledger->open[is_ask] + adds <= in->limits.position_max;
}

uint16_t risk_check(struct pmm_risk *risk, const struct pmm_event *e) {
    if (risk->halted || risk->stopping) return PMM_REASON_KILL_SWITCH;
    const uint32_t owner = pmm_owner_of(e->order_id);
    if (owner >= PMM_NUMBERS_MAX || pmm_is_lost(&risk->peers, PMM_SOURCE_STRATEGY, owner)) return PMM_REASON_PEER_LOST;
    if (e->instrument_id >= risk->instrument_count) return PMM_REASON_BAD_INSTRUMENT;
    const struct risk_instrument *in = risk_instrument_of(risk, e->instrument_id);
    if (pmm_is_lost(&risk->peers, PMM_SOURCE_GATEWAY, in->terms.venue_number)) return PMM_REASON_PEER_LOST;
    struct risk_order *order = risk_order_find(risk, e->order_id);
    uint16_t reason = check_form(in, e, order);
    if (reason) return reason;
    if (e->quantity > in->limits.order_quantity_max) return PMM_REASON_ORDER_SIZE;
    if (e->recv_ns < risk->clock_ns - risk->session.intent_age_max_ns) return PMM_REASON_TOO_OLD;
    const int seen = !pmm_is_lost(&risk->peers, PMM_SOURCE_FEED, pmm_feed_of(&in->terms));
    reason = seen ? check_collar(in, e->price) : PMM_REASON_NO_REFERENCE;
    if (reason) return reason;
    if (!within_position(in, e, order)) return PMM_REASON_POSITION_LIMIT;
    if (!order && in->ledger.open_orders >= in->limits.open_orders_max) return PMM_REASON_OPEN_ORDERS;
    return take_token(risk) ? 0 : PMM_REASON_MESSAGE_RATE;
}
