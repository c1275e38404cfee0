/* orders.c: what is sent of what risk decided, and what the venue's answers make of the orders that were. */
#include "trade/orders.h"

#include <string.h>

#include "base/align.h"
#include "base/decisions.h"
#include "base/error.h"
#include "base/kinds.h"
#include "base/order_state.h"
#include "base/source.h"
#include "trade/order_table.h"

size_t pmm_orders_memsize(uint32_t capacity) {
    if (capacity == 0 || capacity > PMM_ORDERS_CAPACITY_MAX) return 0;
    return sizeof(struct order_table) + ((size_t)capacity + 1) * sizeof(struct pmm_order) + pmm_index_bytes(capacity);
}

int pmm_orders_init(struct pmm_orders *orders, size_t bytes, uint32_t capacity, int64_t order_age_max_ns,
                    int64_t answer_timeout_ns) {
    const size_t needed = pmm_orders_memsize(capacity);
    if (!pmm_is_room_at(orders, bytes, needed, _Alignof(struct order_table))) return PMM_ERR_ARGUMENT;
    if (order_age_max_ns < 0 || answer_timeout_ns < 0) return PMM_ERR_ARGUMENT;
    memset(orders, 0, needed);
    orders->order_age_max_ns = order_age_max_ns;
    orders->answer_timeout_ns = answer_timeout_ns;
    orders->capacity = capacity;
    orders->free = 1;
    struct order_table *table = order_table_of(orders);
    table->shift = pmm_index_shift(capacity);
    for (uint32_t slot = 1; slot < capacity; slot++)
        table->orders[slot].next = slot + 1;
    return PMM_OK;
}

static void decide_as(struct pmm_decisions *decided, const struct pmm_event *like, enum pmm_kind kind,
                      enum pmm_reason reason) {
    struct pmm_event *e = pmm_decide(decided, like);
    e->kind = (uint8_t)kind;
    e->reason = (uint16_t)reason;
}

static void put_state(const struct order_table *table, struct pmm_order *order, enum pmm_order_state state) {
    order->state = (uint8_t)state;
    order->asked_ns = table->head.clock_ns;
}

/* A question of the gateway's own about one order. */
static void ask(const struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                enum pmm_kind kind, uint16_t reason, struct pmm_decisions *decided) {
    put_state(table, order, kind == PMM_KIND_QUERY ? PMM_ORDER_UNKNOWN : PMM_ORDER_PENDING_CANCEL);
    struct pmm_event *e = pmm_decide(decided, cause);
    e->kind = (uint8_t)kind;
    e->reason = reason;
    e->order_id = order->order_id;
    e->instrument_id = order->instrument_id;
    e->side = order->side;
    e->price = order->price;
    e->quantity = order->quantity;
    e->venue_ns = e->aux = 0;
}

static void query(const struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                  struct pmm_decisions *decided) {
    ask(table, order, cause, PMM_KIND_QUERY, PMM_REASON_NONE, decided);
}

/* Why nothing of this kind is sent now, or NONE. */
static enum pmm_reason why_not(const struct order_table *table, const struct pmm_event *e) {
    const struct pmm_orders *head = &table->head;
    if (head->halted || head->stopping) return PMM_REASON_KILL_SWITCH;
    if (head->peers_lost) return PMM_REASON_PEER_LOST;
    return e->recv_ns < head->clock_ns - head->order_age_max_ns ? PMM_REASON_TOO_OLD : PMM_REASON_NONE;
}

static void run_new(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    enum pmm_reason reason = why_not(table, e);
    if (!reason && order_find(table, e->order_id)) reason = PMM_REASON_DUPLICATE_ORDER;
    if (!reason && !table->head.free) reason = PMM_REASON_CAPACITY;
    if (reason) {
        decide_as(decided, e, PMM_KIND_REJECTED, reason);
        return;
    }
    order_add(table, e);
    pmm_decide(decided, e);
}

static void run_replace(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    enum pmm_reason reason = order ? why_not(table, e) : PMM_REASON_UNKNOWN_ORDER;
    if (!reason && order->state != PMM_ORDER_LIVE) reason = PMM_REASON_TOO_LATE;
    if (reason) {
        decide_as(decided, e, PMM_KIND_REPLACE_REJECTED, reason);
        return;
    }
    put_state(table, order, PMM_ORDER_PENDING_REPLACE);
    order->replacing = 1;
    pmm_decide(decided, e);
}

static void run_cancel(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (!order) {
        decide_as(decided, e, PMM_KIND_CANCEL_REJECTED, PMM_REASON_UNKNOWN_ORDER);
    } else if (order->state != PMM_ORDER_UNKNOWN) {
        put_state(table, order, PMM_ORDER_PENDING_CANCEL);
        pmm_decide(decided, e);
    }
}

/* What the report makes of its order. */
static void follow(struct order_table *table, struct pmm_order *order, const struct pmm_event *e) {
    const int gone = pmm_order_fold(&order->quantity, &order->filled, order->replacing, e);
    if (e->kind == PMM_KIND_REPLACED) {
        order->price = e->price;
        order->replacing = 0;
        if (order->state == PMM_ORDER_PENDING_REPLACE) order->state = PMM_ORDER_LIVE;
    }
    if (gone) order_take_out(table, order);
}

static void run_ack(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (order) {
        order->acknowledged = 1;
        if (order->state == PMM_ORDER_PENDING_NEW) order->state = PMM_ORDER_LIVE;
    }
    pmm_decide(decided, e);
}

static void run_fill(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    /* Nobody's trade, and its number no execution's: risk refuses it, aloud. */
    if (!pmm_report_fault(e) && e->instrument_id < PMM_INSTRUMENTS_MAX) {
        if (!pmm_rising_is_new(&table->executions, e)) {
            table->head.duplicates++;
            return;
        }
        struct pmm_order *order = order_find(table, e->order_id);
        if (order)
            follow(table, order, e);
        else
            table->head.unknown_fills++;
    }
    pmm_decide(decided, e);
}

static void run_changed(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (order && !pmm_report_fault(e)) follow(table, order, e);
    pmm_decide(decided, e);
}

static void run_refused(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (order) {
        const int of_replace = e->kind == PMM_KIND_REPLACE_REJECTED;
        if (of_replace) order->replacing = 0;
        if (order->filled >= order->quantity && !order->replacing) {
            order_take_out(table, order);
        } else if (e->reason == PMM_REASON_UNKNOWN_ORDER) {
            /* What is unknown here risk forgets: the venue is asked first. */
            query(table, order, e, decided);
            return;
        } else if (order->state == (of_replace ? PMM_ORDER_PENDING_REPLACE : PMM_ORDER_PENDING_CANCEL)) {
            order->state = order->replacing ? PMM_ORDER_PENDING_REPLACE : PMM_ORDER_LIVE;
        }
    }
    pmm_decide(decided, e);
}

static void run_rejected(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (!order) return;
    if (order->state == PMM_ORDER_UNKNOWN) /* the answer to a QUERY: the venue does not have it */
        decide_as(decided, e, order->acknowledged ? PMM_KIND_CANCELLED : PMM_KIND_REJECTED, PMM_REASON_NOT_SENT);
    else
        pmm_decide(decided, e);
    order_take_out(table, order);
}

/* Nobody watched it: it is cancelled, and risk hears first that the venue had it. */
static void run_status(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (!order || order->state != PMM_ORDER_UNKNOWN) return;
    if (!order->acknowledged) pmm_decide(decided, e)->kind = PMM_KIND_ACK;
    order->acknowledged = 1;
    put_state(table, order, PMM_ORDER_PENDING_CANCEL);
    decide_as(decided, e, PMM_KIND_CANCEL, PMM_REASON_PEER_LOST);
}

static void cancel_all(struct order_table *table, const struct pmm_event *cause, uint16_t reason,
                       struct pmm_decisions *decided) {
    for (struct pmm_order *order = order_next_of(table, NULL); order; order = order_next_of(table, order))
        if (order->state != PMM_ORDER_PENDING_CANCEL && order->state != PMM_ORDER_UNKNOWN)
            ask(table, order, cause, PMM_KIND_CANCEL, reason, decided);
}

static void query_all(struct order_table *table, const struct pmm_event *cause, struct pmm_decisions *decided) {
    for (struct pmm_order *order = order_next_of(table, NULL); order; order = order_next_of(table, order))
        query(table, order, cause, decided);
}

static void query_overdue(struct order_table *table, const struct pmm_event *timer, struct pmm_decisions *decided) {
    const int64_t overdue_ns = table->head.clock_ns - table->head.answer_timeout_ns;
    for (struct pmm_order *order = order_next_of(table, NULL); order; order = order_next_of(table, order))
        if (order->state != PMM_ORDER_LIVE && order->asked_ns < overdue_ns) query(table, order, timer, decided);
}

/* A gateway has one peer of a role: its number says nothing more. */
static uint32_t role_bit(const struct pmm_event *e) {
    return pmm_is_source(e->aux) ? UINT32_C(1) << pmm_role_of((uint16_t)e->aux) : 0;
}

static void run_peer_back(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    const uint32_t back = table->head.peers_lost & role_bit(e);
    table->head.peers_lost &= ~back;
    if (back >> PMM_SOURCE_EXCHANGE & 1) query_all(table, e, decided);
}

static void run_report(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    switch (e->kind) {
    case PMM_KIND_ACK: run_ack(table, e, decided); break;
    case PMM_KIND_FILL: run_fill(table, e, decided); break;
    case PMM_KIND_REPLACED:
    case PMM_KIND_CANCELLED: run_changed(table, e, decided); break;
    case PMM_KIND_REJECTED: run_rejected(table, e, decided); break;
    case PMM_KIND_REPLACE_REJECTED:
    case PMM_KIND_CANCEL_REJECTED: run_refused(table, e, decided); break;
    case PMM_KIND_ORDER_STATUS: run_status(table, e, decided); break;
    default: break;
    }
}

static void run_order(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    switch (e->kind) {
    case PMM_KIND_NEW: run_new(table, e, decided); break;
    case PMM_KIND_REPLACE: run_replace(table, e, decided); break;
    case PMM_KIND_CANCEL: run_cancel(table, e, decided); break;
    default: break;
    }
}

static void run_process(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_orders *head = &table->head;
    switch (e->kind) {
    case PMM_KIND_START:
        head->stopping = 0;
        query_all(table, e, decided);
        break;
    case PMM_KIND_HALT:
        head->halted = 1;
        cancel_all(table, e, e->reason, decided);
        break;
    case PMM_KIND_RESUME: head->halted = 0; break;
    case PMM_KIND_STOP:
        head->stopping = 1;
        cancel_all(table, e, PMM_REASON_SHUTDOWN, decided);
        break;
    case PMM_KIND_PEER_LOST:
        head->peers_lost |= role_bit(e);
        cancel_all(table, e, PMM_REASON_PEER_LOST, decided);
        break;
    case PMM_KIND_PEER_BACK: run_peer_back(table, e, decided); break;
    case PMM_KIND_TIMER: query_overdue(table, e, decided); break;
    default: break;
    }
}

size_t pmm_orders_room(const struct pmm_orders *orders, const struct pmm_event *in, size_t n) {
    size_t sweeps = 0;
    for (size_t i = 0; i < n; i++)
        sweeps += pmm_class_of(in[i].kind) == PMM_CLASS_PROCESS;
    /* Any other record leads to two at most, and a NEW to one order more for the sweeps behind it. */
    return 2 * n + sweeps * (orders->count + n);
}

int64_t pmm_orders_run(struct pmm_orders *orders, const struct pmm_event *in, size_t n, struct pmm_event *out,
                       size_t max) {
    if (max < pmm_orders_room(orders, in, n)) return PMM_ERR_FULL;
    struct order_table *table = order_table_of(orders);
    struct pmm_decisions decided = {out, 0};
    for (size_t i = 0; i < n; i++) {
        const struct pmm_event *e = &in[i];
        if (e->recv_ns > orders->clock_ns) orders->clock_ns = e->recv_ns;
        const enum pmm_class class = pmm_class_of(e->kind);
        if (class == PMM_CLASS_ORDER) run_order(table, e, &decided);
        if (class == PMM_CLASS_REPORT) run_report(table, e, &decided);
        if (class == PMM_CLASS_PROCESS) run_process(table, e, &decided);
    }
    return (int64_t)decided.n;
}

const struct pmm_order *pmm_orders_find(const struct pmm_orders *orders, uint64_t order_id) {
    return order_find(order_table_of(orders), order_id);
}

const struct pmm_order *pmm_orders_next(const struct pmm_orders *orders, const struct pmm_order *order) {
    return order_next_of(order_table_of(orders), order);
}
