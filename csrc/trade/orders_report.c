/* orders_report.c: what the venue says of an order, and what that makes of it. Part of orders.h. */
#include "base/order_state.h"
#include "base/sides.h"
#include "trade/order_table.h"

/* What `ended` is of an order that the venue has ended. */
#define END_WAITS 1 /* for fills: its CANCELLED has not been passed on */
#define END_TOLD  2

/* Nothing of it can be filled any more: all of it is, by FILLs or by what the venue says. */
static int is_full(const struct pmm_order *order) {
    return (order->filled >= order->quantity || order->total >= order->quantity) && !order->replacing;
}

void order_end_if_done(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                       struct pmm_decisions *decided) {
    if (!order->ended && !is_full(order)) {
        /* It was full, and a fill was taken back, or it was made larger: nobody has said how it stands now. */
        if (order->state == PMM_ORDER_CLOSING) order_settle(table, order, PMM_ORDER_UNKNOWN);
        return;
    }
    if (order->ended == END_WAITS && !order_is_lacking(order)) {
        order_say(order, cause, PMM_KIND_CANCELLED, order->end_reason, decided)->quantity = order_left(order);
        order->ended = END_TOLD;
    }
    if (!order_is_behind(order) && order->inferred == 0)
        order_take_out(table, order);
    else if (order->state != PMM_ORDER_CLOSING)
        order_settle(table, order, PMM_ORDER_CLOSING);
}

void order_acknowledge(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                       struct pmm_decisions *decided) {
    if (order->acknowledged) return;
    order->acknowledged = 1;
    order_say(order, cause, PMM_KIND_ACK, PMM_REASON_NONE, decided);
    if (order->state == PMM_ORDER_PENDING_NEW) order_settle(table, order, PMM_ORDER_LIVE);
}

/* It is there: what nobody watched is cancelled, the rest goes on. */
static void found(struct order_table *table, struct pmm_order *order, const struct pmm_event *e,
                  struct pmm_decisions *decided) {
    if (order->leaving)
        order_cancel(table, order, e, PMM_REASON_PEER_LOST, decided);
    else
        order_settle(table, order, PMM_ORDER_LIVE);
}

/* Risk counts what is left of it from here on. */
static void adopt(struct order_table *table, struct pmm_order *order, const struct pmm_event *e,
                  struct pmm_decisions *decided) {
    table->head.adopted++;
    order->acknowledged = 1;
    order_say(order, e, PMM_KIND_ORDER_STATUS, PMM_REASON_NONE, decided)->quantity = order_left(order);
    order_cancel(table, order, e, PMM_REASON_UNKNOWN_ORDER, decided);
}

struct pmm_order *order_alive(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (order) return order;
    struct pmm_order *gone = order_find_gone(table, e->order_id);
    if (!gone || !gone->missed || !table->head.free) return NULL;
    gone->missed = 0;
    order = order_put(table, gone);
    order->ended = order->replacing = 0;
    adopt(table, order, e, decided);
    return order;
}

/* Whether it is known to be done, so that what is said of it is older, or is said again. */
static int is_done(struct order_table *table, uint64_t order_id) {
    const struct pmm_order *gone = order_find_gone(table, order_id);
    return gone && !gone->missed;
}

static void run_ack(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_alive(table, e, decided);
    if (!order) {
        if (!is_done(table, e->order_id)) pmm_decide(decided, e);
        return;
    }
    if (!order->acknowledged) pmm_decide(decided, e);
    order->acknowledged = 1;
    if (order->state == PMM_ORDER_PENDING_NEW) order_settle(table, order, PMM_ORDER_LIVE);
    if (order->state == PMM_ORDER_UNKNOWN) found(table, order, e, decided);
}

static void run_replaced(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_alive(table, e, decided);
    pmm_decide(decided, e);
    if (!order || pmm_report_fault(e)) return;
    order->price = e->price;
    order->quantity = e->quantity;
    order->replacing = 0;
    if (order->state == PMM_ORDER_PENDING_REPLACE) order_settle(table, order, PMM_ORDER_LIVE);
    order_end_if_done(table, order, e, decided);
}

static void run_cancelled(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (!order) {
        struct pmm_order *gone = order_find_gone(table, e->order_id);
        if (!gone || gone->missed) pmm_decide(decided, e);
        if (gone) gone->missed = 0;
        return;
    }
    if (order->ended == END_TOLD) return;
    order->end_reason = e->reason;
    order->ended = END_WAITS;
    if (!order_is_lacking(order)) {
        pmm_decide(decided, e);
        order->ended = END_TOLD;
    }
    order_end_if_done(table, order, e, decided);
}

static void run_refused(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (!order) {
        pmm_decide(decided, e);
        return;
    }
    const int of_replace = e->kind == PMM_KIND_REPLACE_REJECTED;
    if (of_replace) order->replacing = 0;
    const int is_filled = order->filled >= order->quantity && !order->replacing;
    if (!is_filled && e->reason == PMM_REASON_UNKNOWN_ORDER) {
        /* An order that is refused as unknown risk forgets: the venue is asked first. The REPLACE is answered. */
        if (of_replace) order_decide(decided, e, PMM_KIND_REPLACE_REJECTED, PMM_REASON_TOO_LATE);
        order->leaving = 1;
        order_query(table, order, e, decided);
        return;
    }
    pmm_decide(decided, e);
    if (order->state == (of_replace ? PMM_ORDER_PENDING_REPLACE : PMM_ORDER_PENDING_CANCEL)) {
        if (!of_replace && order->own_cancel) {
            order_settle(table, order, PMM_ORDER_UNKNOWN); /* it is asked about, and cancelled if it is there */
        } else {
            if (!of_replace) order->leaving = 0;
            order->state = order->replacing ? PMM_ORDER_PENDING_REPLACE : PMM_ORDER_LIVE;
        }
    }
    order_end_if_done(table, order, e, decided);
}

/* Whether the venue has said often and for long enough that it does not have the order. */
static int is_missed(struct order_table *table, struct pmm_order *order) {
    const struct pmm_orders *head = &table->head;
    if (order->misses == 0) order->miss_ns = head->clock_ns;
    if (order->misses < UINT8_MAX) order->misses++;
    return order->misses >= head->terms.misses && head->clock_ns - order->miss_ns >= head->terms.miss_spread_ns;
}

/* The venue never had the order, it says. What it has said and done of it before stays so. */
static void end_missed(struct order_table *table, struct pmm_order *order, const struct pmm_event *e,
                       enum pmm_reason reason, struct pmm_decisions *decided) {
    order->missed = 1;
    if (!order->acknowledged) {
        order_decide(decided, e, PMM_KIND_REJECTED, reason);
        order_take_out(table, order);
        return;
    }
    order->ended = END_WAITS;
    order->end_reason = PMM_REASON_NOT_SENT;
    order_end_if_done(table, order, e, decided);
}

static void run_rejected(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (!order || order->state == PMM_ORDER_CLOSING) return;
    if (e->reason != PMM_REASON_UNKNOWN_ORDER) {
        end_missed(table, order, e, (enum pmm_reason)e->reason, decided);
    } else if (order->state == PMM_ORDER_LIVE) {
        order_query(table, order, e, decided); /* it was there */
    } else if (order->state == PMM_ORDER_UNKNOWN && is_missed(table, order)) {
        table->head.misses++;
        end_missed(table, order, e, PMM_REASON_NOT_SENT, decided);
    }
}

static void run_stranger(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    const int can_be = e->price >= 0 && e->quantity > 0 && pmm_is_side(e->side);
    if (!can_be || e->instrument_id >= PMM_INSTRUMENTS_MAX || !table->head.free || is_done(table, e->order_id)) return;
    struct pmm_order *order = order_add(table, e);
    order->adopted = 1;
    order->flags = 0;
    adopt(table, order, e, decided);
}

static void run_status(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_alive(table, e, decided);
    if (!order) {
        run_stranger(table, e, decided);
        return;
    }
    if (order->state != PMM_ORDER_UNKNOWN) return;
    order_acknowledge(table, order, e, decided);
    found(table, order, e, decided);
}

/* It is asked about when it has had the time to say more. */
static void run_unsure(struct order_table *table, const struct pmm_event *e) {
    struct pmm_order *order = order_find(table, e->order_id);
    table->head.unsure++;
    if (!order || order->state == PMM_ORDER_UNKNOWN || order->state == PMM_ORDER_CLOSING) return;
    if ((order->state == PMM_ORDER_LIVE) != (e->reason == PMM_REASON_UNLISTED)) return;
    order->leaving = order->leaving || order->state > PMM_ORDER_LIVE;
    order_settle(table, order, PMM_ORDER_UNKNOWN);
}

void order_report(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    switch (e->kind) {
    case PMM_KIND_ACK: run_ack(table, e, decided); break;
    case PMM_KIND_FILL: order_fill(table, e, decided); break;
    case PMM_KIND_FILL_BUSTED: order_busted(table, e, decided); break;
    case PMM_KIND_FEE: order_fee(table, e, decided); break;
    case PMM_KIND_FILLED_TOTAL: order_total(table, e, decided); break;
    case PMM_KIND_REPLACED: run_replaced(table, e, decided); break;
    case PMM_KIND_CANCELLED: run_cancelled(table, e, decided); break;
    case PMM_KIND_REJECTED: run_rejected(table, e, decided); break;
    case PMM_KIND_REPLACE_REJECTED:
    case PMM_KIND_CANCEL_REJECTED: run_refused(table, e, decided); break;
    case PMM_KIND_ORDER_STATUS: run_status(table, e, decided); break;
    case PMM_KIND_UNSURE: run_unsure(table, e); break;
    default: break;
    }
}

void order_text(struct order_table *table, const struct pmm_event *e) {
    const uint64_t order_id = table->head.text_of;
    const size_t at = (size_t)e->side * PMM_TEXT_BYTES;
    if (!order_id || e->reason != PMM_TEXT_VENUE_ID || at >= PMM_VENUE_ID_BYTES) return;
    struct pmm_order *order = order_find(table, order_id);
    if (!order) order = order_find_gone(table, order_id);
    if (!order) return;
    if (at == 0) memset(order->venue_id, 0, sizeof order->venue_id);
    memcpy(order->venue_id + at, (const char *)e + offsetof(struct pmm_event, price), PMM_TEXT_BYTES);
}
