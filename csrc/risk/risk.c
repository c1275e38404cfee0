/* risk.c: the log's records to whom they concern: orders to the checks, reports to orders and ledger. */
#include "risk/risk.h"

#include <string.h>

#include "base/align.h"
#include "base/decisions.h"
#include "base/error.h"
#include "base/kinds.h"
#include "base/order_state.h"
#include "base/prefetch.h"
#include "base/sides.h"
#include "risk/risk_internal.h"

static size_t instruments_at(uint32_t orders) {
    return sizeof(struct pmm_risk) + (size_t)orders * sizeof(struct risk_order);
}

size_t pmm_risk_memsize(uint32_t orders, uint32_t instrument_count) {
    return instruments_at(orders) + instrument_count * sizeof(struct risk_instrument);
}

static int within(int64_t value, int64_t least, int64_t most) { return value >= least && value <= most; }

static int ranges_hold(const struct pmm_instrument *terms, const struct pmm_risk_limits *limits, uint32_t count,
                       const struct pmm_risk_session *session) {
    /* The bucket holds tokens x 1e9. */
    int good = within(session->messages_per_s, 1, 1000000000) && within(session->messages_burst, 1, 1000000000) &&
               within(session->intent_age_max_ns, 1, INT64_MAX / 4);
    for (uint32_t i = 0; i < count; i++)
        good = good && pmm_feed_of(&terms[i]) < PMM_NUMBERS_MAX &&
               within(terms[i].maker_fee_e8, -PMM_FEE_WHOLE_E8, PMM_FEE_WHOLE_E8) &&
               within(terms[i].taker_fee_e8, -PMM_FEE_WHOLE_E8, PMM_FEE_WHOLE_E8) &&
               within(limits[i].order_quantity_max, 1, PMM_RISK_LOTS_MAX) &&
               within(limits[i].position_max, 1, PMM_RISK_LOTS_MAX) && within(limits[i].collar_e4, 1, 10000) &&
               within(limits[i].open_orders_max, 1, PMM_RISK_ORDERS_MAX);
    return good;
}

int pmm_risk_init(void *memory, size_t bytes, uint32_t orders, const struct pmm_instrument *instruments,
                  const struct pmm_risk_limits *limits, uint32_t instrument_count,
                  const struct pmm_risk_session *session) {
    if (orders < 4 || (orders & (orders - 1)) || instrument_count == 0 || instrument_count > PMM_INSTRUMENTS_MAX ||
        !pmm_is_room_at(memory, bytes, pmm_risk_memsize(orders, instrument_count), _Alignof(struct pmm_risk)) ||
        !ranges_hold(instruments, limits, instrument_count, session))
        return PMM_ERR_ARGUMENT;
    struct pmm_risk *risk = memory;
    memset(risk, 0, pmm_risk_memsize(orders, instrument_count));
    risk->session = *session;
    risk->instruments_at = instruments_at(orders);
    risk->instrument_count = instrument_count;
    risk->order_mask = orders - 1;
    risk->tokens_e9 = session->messages_burst * 1000000000;
    for (uint32_t i = 0; i < instrument_count; i++) {
        struct risk_instrument *in = risk_instrument_of(risk, i);
        const struct pmm_instrument *terms = &instruments[i];
        in->terms = *terms;
        in->limits = limits[i];
        pmm_dust_init(&in->ledger.base, terms->lot_mantissa, terms->lot_decimals);
        pmm_dust_init(&in->ledger.quote, (pmm_wide)terms->tick_mantissa * terms->lot_mantissa,
                      terms->tick_decimals + terms->lot_decimals);
    }
    return 0;
}

#define OF_ALL    UINT32_MAX
#define WARM_ROWS 4

static void refuse(struct pmm_risk *risk, const struct pmm_event *e, uint16_t reason, struct pmm_decisions *decided) {
    struct pmm_event *report = pmm_decide(decided, e);
    report->kind = pmm_refusal_of(e->kind);
    report->reason = reason;
    if (e->instrument_id < risk->instrument_count) risk_instrument_of(risk, e->instrument_id)->refused[reason]++;
}

static void run_cancel(struct pmm_risk *risk, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct risk_order *order = risk_order_find(risk, e->order_id);
    if (!order) {
        refuse(risk, e, PMM_REASON_UNKNOWN_ORDER, decided);
        return;
    }
    order->cancelling = true;
    pmm_decide(decided, e);
}

/* Reports go to whom an order's id names: it must be whose intent it was. */
static int is_owners(const struct pmm_event *e) { return pmm_number_of(e->source) == pmm_owner_of(e->order_id); }

static void run_intent(struct pmm_risk *risk, const struct pmm_event *e, struct pmm_decisions *decided) {
    if (!is_owners(e)) {
        refuse(risk, e, PMM_REASON_BAD_ORDER, decided);
        return;
    }
    if (e->kind == PMM_KIND_CANCEL) {
        run_cancel(risk, e, decided);
        return;
    }
    uint16_t reason = risk_check(risk, e);
    if (!reason && e->kind == PMM_KIND_NEW && !risk_order_add(risk, e)) reason = PMM_REASON_OPEN_ORDERS;
    if (reason) {
        refuse(risk, e, reason, decided);
        return;
    }
    if (e->kind == PMM_KIND_REPLACE) {
        struct risk_order *order = risk_order_find(risk, e->order_id);
        const int64_t exposed = risk_order_exposure(order);
        order->asked_quantity = e->quantity;
        risk_expose(risk, order, risk_order_exposure(order) - exposed);
    }
    pmm_decide(decided, e);
}

/* What the report makes of its order. */
static void follow(struct pmm_risk *risk, const struct pmm_event *e, struct risk_order *order) {
    const int64_t exposed = risk_order_exposure(order);
    const int gone = pmm_order_fold(&order->quantity, &order->filled, order->asked_quantity != 0, e);
    if (e->kind == PMM_KIND_REPLACED) order->price = e->price;
    if (e->kind == PMM_KIND_REPLACED || e->kind == PMM_KIND_REPLACE_REJECTED) order->asked_quantity = 0;
    if (e->kind == PMM_KIND_CANCEL_REJECTED) order->cancelling = false;
    risk_expose(risk, order, risk_order_exposure(order) - exposed);
    if (gone) risk_order_remove(risk, order);
}

/* Why a report is not believed, or 0. */
static uint16_t report_fault(const struct risk_instrument *in, const struct pmm_event *e) {
    uint16_t fault = pmm_report_fault(e);
    const int moves = e->kind == PMM_KIND_FILL || e->kind == PMM_KIND_FILL_BUSTED;
    if (!fault && moves && !risk_ledger_holds(&in->ledger, e)) fault = PMM_REASON_BAD_QUANTITY;
    return fault;
}

static void distrust(struct risk_instrument *in, uint16_t fault) {
    in->refused[fault]++;
    in->ledger.refused_reports++;
}

/* The venue has an order that is not known here: until it is cancelled it counts as any other. */
static void adopt(struct pmm_risk *risk, const struct pmm_event *status) {
    struct risk_order *order = NULL;
    if (status->order_id && pmm_is_side(status->side) && status->quantity > 0) order = risk_order_add(risk, status);
    if (order) order->cancelling = true;
}

static void run_report(struct pmm_risk *risk, const struct pmm_event *e, struct pmm_decisions *decided) {
    if (e->instrument_id >= risk->instrument_count) return;
    struct risk_instrument *in = risk_instrument_of(risk, e->instrument_id);
    uint16_t fault = report_fault(in, e);
    if (!fault && e->kind == PMM_KIND_FEE && risk_ledger_fee(&in->ledger, e)) fault = PMM_REASON_BAD_QUANTITY;
    if (fault) {
        distrust(in, fault);
        return;
    }
    struct risk_order *order = risk_order_find(risk, e->order_id);
    pmm_decide(decided, e);
    switch (e->kind) {
    case PMM_KIND_FILL:
        risk_ledger_fill(in, e);
        if (!order && e->reason != PMM_REASON_CORRECTED) in->ledger.unknown_fills++;
        break;
    case PMM_KIND_FILL_BUSTED: risk_ledger_bust(in, e); break;
    case PMM_KIND_ORDER_STATUS:
        if (!order) adopt(risk, e);
        break;
    default: break;
    }
    if (order && e->kind != PMM_KIND_ACK) follow(risk, e, order); /* an ACK changes nothing that counts here */
}

/* owner: a strategy's number, or OF_ALL. */
static void cancel_orders(struct pmm_risk *risk, const struct pmm_event *cause, uint16_t reason, uint32_t owner,
                          struct pmm_decisions *decided) {
    for (uint32_t i = 0; i <= risk->order_mask; i++) {
        struct risk_order *order = &risk->orders[i];
        if (!order->order_id || order->cancelling) continue;
        if (owner != OF_ALL && owner != pmm_owner_of(order->order_id)) continue;
        order->cancelling = true;
        struct pmm_event *e = pmm_decide(decided, cause);
        e->kind = PMM_KIND_CANCEL;
        e->reason = reason;
        e->order_id = order->order_id;
        e->instrument_id = order->instrument_id;
        e->side = order->side;
        e->price = order->price;
        e->quantity = order->quantity;
        e->venue_ns = 0;
        e->aux = 0;
    }
}

/* Nobody watched what is open, and in rings that were made anew nobody answers what was asked of it. */
static void begin(struct pmm_risk *risk, const struct pmm_event *start, struct pmm_decisions *decided) {
    risk->stopping = false;
    for (uint32_t i = 0; i <= risk->order_mask; i++)
        risk->orders[i].cancelling = false;
    cancel_orders(risk, start, PMM_REASON_PEER_LOST, OF_ALL, decided);
}

static void run_top(struct pmm_risk *risk, const struct pmm_event *e) {
    if (e->instrument_id >= risk->instrument_count) return;
    struct risk_instrument *in = risk_instrument_of(risk, e->instrument_id);
    in->reference_good = !(e->flags & PMM_FLAG_STALE) && e->quantity > 0 && e->aux > 0;
    if (in->reference_good) {
        in->ledger.bid_price = e->price;
        in->ledger.ask_price = (int64_t)e->order_id;
    }
}

static void run_process(struct pmm_risk *risk, const struct pmm_event *e, struct pmm_decisions *decided) {
    switch (e->kind) {
    case PMM_KIND_HALT:
        risk->halted = true;
        cancel_orders(risk, e, e->reason, OF_ALL, decided);
        break;
    case PMM_KIND_RESUME: risk->halted = false; break;
    case PMM_KIND_STOP:
        risk->stopping = true;
        cancel_orders(risk, e, PMM_REASON_SHUTDOWN, OF_ALL, decided);
        break;
    case PMM_KIND_START: begin(risk, e, decided); break;
    case PMM_KIND_PEER_LOST:
        pmm_peers_note(&risk->peers, e);
        if (pmm_is_source(e->aux) && pmm_role_of((uint16_t)e->aux) == PMM_SOURCE_STRATEGY)
            cancel_orders(risk, e, PMM_REASON_PEER_LOST, pmm_number_of((uint16_t)e->aux), decided);
        break;
    case PMM_KIND_PEER_BACK: pmm_peers_note(&risk->peers, e); break;
    default: break;
    }
}

/* What n records decide at most, if none but the first is a START. */
static size_t room_for(const struct pmm_risk *risk, size_t n) { return 2 * n + risk->order_mask + 1; }

int64_t pmm_risk_run(struct pmm_risk *risk, const struct pmm_event *in, size_t n, struct pmm_event *out, size_t max) {
    if (max < room_for(risk, n)) return PMM_ERR_ARGUMENT;
    struct pmm_decisions decided = {out, 0};
    for (const struct pmm_event *e = in, *end = in + n; e < end; e++) {
        if (e->recv_ns > risk->clock_ns) risk->clock_ns = e->recv_ns;
        switch (pmm_class_of(e->kind)) {
        case PMM_CLASS_PROCESS:
            /*
             * Several of these in one batch may each cancel: the next finds the orders cancelling. But not a START, so
             * that from each on there must be the room that there was at first.
             */
            if (e->kind == PMM_KIND_START && max - decided.n < room_for(risk, (size_t)(end - e)))
                return PMM_ERR_ARGUMENT;
            run_process(risk, e, &decided);
            break;
        case PMM_CLASS_REPORT: run_report(risk, e, &decided); break;
        case PMM_CLASS_ORDER: run_intent(risk, e, &decided); break;
        case PMM_CLASS_MARKET:
            if (e->kind == PMM_KIND_TOP) run_top(risk, e);
            break;
        }
    }
    return (int64_t)decided.n;
}

int pmm_risk_position(const struct pmm_risk *risk, uint32_t instrument_id, struct pmm_position *out) {
    if (instrument_id >= risk->instrument_count) return PMM_ERR_NOT_FOUND;
    risk_ledger_show(&risk_instrument_of(risk, instrument_id)->ledger, out);
    return 0;
}

int64_t pmm_risk_open_orders(const struct pmm_risk *risk) { return risk->order_count; }

int pmm_risk_refused(const struct pmm_risk *risk, uint32_t instrument_id, int64_t *refused) {
    if (instrument_id >= risk->instrument_count) return PMM_ERR_NOT_FOUND;
    const struct risk_instrument *in = risk_instrument_of(risk, instrument_id);
    memcpy(refused, in->refused, sizeof in->refused);
    return 0;
}

void pmm_risk_warm(const struct pmm_risk *risk) {
    pmm_prefetch_to_write(risk, sizeof *risk);
    for (uint32_t i = 0; i < risk->instrument_count && i < WARM_ROWS; i++)
        pmm_prefetch_to_write(risk_instrument_of(risk, i), offsetof(struct risk_instrument, refused));
}
