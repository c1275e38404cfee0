/* orders.c: what is sent of what risk decided, and what the venue's answers make of the orders that were. */
#include "trade/orders.h"

#include <string.h>

#include "base/align.h"
#include "base/error.h"
#include "base/kinds.h"
#include "base/source.h"
#include "trade/order_table.h"

static int are_good(const struct pmm_orders_terms *terms) {
    return terms->capacity > 0 && terms->capacity <= PMM_ORDERS_CAPACITY_MAX && terms->order_age_max_ns >= 0 &&
           terms->answer_timeout_ns >= 0 && terms->answer_timeout_ns <= INT64_MAX / 16 && terms->miss_spread_ns >= 0 &&
           terms->misses > 0 && terms->misses <= UINT8_MAX && terms->executions <= PMM_EXECUTIONS_SEEN;
}

size_t pmm_orders_memsize(const struct pmm_orders_terms *terms) {
    if (!are_good(terms)) return 0;
    const size_t seen = terms->executions == PMM_EXECUTIONS_SEEN ? sizeof(struct pmm_seen) : 0;
    return sizeof(struct order_table) + ((size_t)terms->capacity + 1) * sizeof(struct pmm_order) +
           pmm_index_bytes(terms->capacity) + seen;
}

int pmm_orders_init(struct pmm_orders *orders, size_t bytes, const struct pmm_orders_terms *terms) {
    const size_t needed = pmm_orders_memsize(terms);
    if (!pmm_is_room_at(orders, bytes, needed, _Alignof(struct order_table))) return PMM_ERR_ARGUMENT;
    memset(orders, 0, needed);
    orders->terms = *terms;
    orders->free = 1;
    struct order_table *table = order_table_of(orders);
    table->shift = pmm_index_shift(terms->capacity);
    for (uint32_t slot = 1; slot < terms->capacity; slot++)
        table->orders[slot].next = slot + 1;
    return PMM_OK;
}

struct pmm_event *order_say(const struct pmm_order *order, const struct pmm_event *cause, enum pmm_kind kind,
                            enum pmm_reason reason, struct pmm_decisions *decided) {
    struct pmm_event *e = order_decide(decided, cause, kind, reason);
    e->order_id = order->order_id;
    e->instrument_id = order->instrument_id;
    e->side = order->side;
    e->price = order->price;
    e->quantity = order->quantity;
    e->venue_ns = e->aux = 0;
    e->flags = 0;
    return e;
}

void order_cancel(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                  enum pmm_reason reason, struct pmm_decisions *decided) {
    order_settle(table, order, PMM_ORDER_PENDING_CANCEL);
    order->leaving = order->own_cancel = 1;
    order_say(order, cause, PMM_KIND_CANCEL, reason, decided);
}

void order_ask(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
               struct pmm_decisions *decided) {
    order->asked_ns = table->head.clock_ns;
    if (order->queries < UINT8_MAX) order->queries++;
    order_say(order, cause, PMM_KIND_QUERY, PMM_REASON_NONE, decided);
}

void order_query(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                 struct pmm_decisions *decided) {
    if (order->state != PMM_ORDER_CLOSING) order->state = PMM_ORDER_UNKNOWN;
    order_ask(table, order, cause, decided);
}

/* Why nothing of this kind is sent now, or NONE. */
static enum pmm_reason why_not(const struct order_table *table, const struct pmm_event *e) {
    const struct pmm_orders *head = &table->head;
    if (head->halted || head->stopping) return PMM_REASON_KILL_SWITCH;
    if (head->peers_lost) return PMM_REASON_PEER_LOST;
    return e->recv_ns < head->clock_ns - head->terms.order_age_max_ns ? PMM_REASON_TOO_OLD : PMM_REASON_NONE;
}

static void run_new(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    enum pmm_reason reason = why_not(table, e);
    if (!reason && order_find(table, e->order_id)) reason = PMM_REASON_DUPLICATE_ORDER;
    if (!reason && !table->head.free) reason = PMM_REASON_CAPACITY;
    if (reason) {
        order_decide(decided, e, PMM_KIND_REJECTED, reason);
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
        order_decide(decided, e, PMM_KIND_REPLACE_REJECTED, reason);
        return;
    }
    order_settle(table, order, PMM_ORDER_PENDING_REPLACE);
    order->replacing = 1;
    pmm_decide(decided, e);
}

static void run_cancel(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_find(table, e->order_id);
    if (!order) {
        order_decide(decided, e, PMM_KIND_CANCEL_REJECTED, PMM_REASON_UNKNOWN_ORDER);
        return;
    }
    order->leaving = 1;
    if (order->state == PMM_ORDER_UNKNOWN || order->state == PMM_ORDER_CLOSING) return;
    order_settle(table, order, PMM_ORDER_PENDING_CANCEL);
    order->own_cancel = 0;
    pmm_decide(decided, e);
}

static void cancel_all(struct order_table *table, const struct pmm_event *cause, uint16_t reason,
                       struct pmm_decisions *decided) {
    for (struct pmm_order *order = order_next_of(table, NULL); order; order = order_next_of(table, order)) {
        order->leaving = 1;
        if (order->state < PMM_ORDER_PENDING_CANCEL) order_cancel(table, order, cause, reason, decided);
    }
}

/* Nobody has watched them. */
static void query_all(struct order_table *table, const struct pmm_event *cause, struct pmm_decisions *decided) {
    for (struct pmm_order *order = order_next_of(table, NULL); order; order = order_next_of(table, order)) {
        order->leaving = 1;
        if (order->state != PMM_ORDER_CLOSING) order_settle(table, order, PMM_ORDER_UNKNOWN);
        order_query(table, order, cause, decided);
    }
}

/* How long the last question has for its answer, at most until a venue that does not have the order has said so for
 * long enough: whoever wants to quote waits for that. */
static int64_t patience_ns(const struct order_table *table, const struct pmm_order *order) {
    const struct pmm_orders_terms *terms = &table->head.terms;
    const int64_t patience = terms->answer_timeout_ns << (order->queries < 3 ? order->queries : 3);
    if (order->misses == 0) return patience;
    const int64_t since = order->asked_ns > order->miss_ns ? order->asked_ns - order->miss_ns : 0;
    const int64_t left = terms->miss_spread_ns - since;
    return left > 0 && left < patience ? left : patience;
}

/* The fills did not come. A CANCELLED that waited for them goes out, the order stays until they have. */
static void give_up_waiting(struct order_table *table, struct pmm_order *order, const struct pmm_event *timer,
                            struct pmm_decisions *decided) {
    table->head.inferred++;
    order_infer(table, order, timer, decided);
    order_end_if_done(table, order, timer, decided);
}

static int is_overdue(const struct order_table *table, const struct pmm_order *order) {
    if (order->state == PMM_ORDER_LIVE && !order_is_behind(order)) return 0;
    return order->asked_ns < table->head.clock_ns - patience_ns(table, order);
}

static void query_overdue(struct order_table *table, const struct pmm_event *timer, struct pmm_decisions *decided) {
    for (struct pmm_order *order = order_next_of(table, NULL), *next; order; order = next) {
        next = order_next_of(table, order); /* that one may go */
        if (!is_overdue(table, order)) continue;
        if (order->state == PMM_ORDER_CLOSING && order->queries == UINT8_MAX) {
            table->head.unconfirmed++;
            order_take_out(table, order);
            continue;
        }
        if (order->state == PMM_ORDER_PENDING_CANCEL || order->state == PMM_ORDER_PENDING_REPLACE) order->leaving = 1;
        if (order_is_lacking(order) && order->queries >= PMM_ORDERS_INFER_AFTER)
            give_up_waiting(table, order, timer, decided);
        if (order->state == PMM_ORDER_LIVE)
            order_ask(table, order, timer, decided);
        else
            order_query(table, order, timer, decided);
    }
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

static void run_order(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    switch (e->kind) {
    case PMM_KIND_NEW: run_new(table, e, decided); break;
    case PMM_KIND_REPLACE: run_replace(table, e, decided); break;
    case PMM_KIND_CANCEL: run_cancel(table, e, decided); break;
    case PMM_KIND_CANCEL_ALL: cancel_all(table, e, e->reason, decided); break;
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
    case PMM_KIND_TEXT: order_text(table, e); break;
    default: break;
    }
}

size_t pmm_orders_room(const struct pmm_orders *orders, const struct pmm_event *in, size_t n) {
    size_t sweeps = 0;
    for (size_t i = 0; i < n; i++)
        sweeps += in[i].kind == PMM_KIND_CANCEL_ALL ||
                  (pmm_class_of(in[i].kind) == PMM_CLASS_PROCESS && in[i].kind != PMM_KIND_TEXT);
    return ORDER_RECORD_ROOM * n + ORDER_SWEEP_ROOM * sweeps * (orders->count + n);
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
        if (e->kind != PMM_KIND_TEXT) orders->text_of = class == PMM_CLASS_REPORT ? e->order_id : 0;
        if (class == PMM_CLASS_ORDER) run_order(table, e, &decided);
        if (class == PMM_CLASS_REPORT) order_report(table, e, &decided);
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

const struct pmm_order *pmm_orders_gone(const struct pmm_orders *orders, uint32_t back) {
    if (back >= order_gone_count(orders)) return NULL;
    return &order_table_of(orders)->gone[(orders->gone - 1 - back) % PMM_ORDERS_GONE_MAX];
}
