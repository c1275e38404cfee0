/*
 * order_table.h: the orders of a table by id and in the order in which they came, and what orders.c (flow),
 * orders_report.c (what the venue says) and orders_fills.c (what is filled) share. Private: cffi never reads it.
 *
 * What it is. A pool of slots in which a list is threaded, and the index of ids (order_index.h) over it: to find, add
 * and take out an order costs the same however many there are, to walk them as much as there are.
 */
#ifndef PMM_ORDER_TABLE_H
#define PMM_ORDER_TABLE_H

#include <string.h>

#include "base/decisions.h"
#include "book/order_index.h"
#include "trade/executions.h"
#include "trade/orders.h"

struct order_table {
    struct pmm_orders head;
    struct pmm_rising rising;
    uint64_t gone_ids[PMM_ORDERS_GONE_MAX]; /* of these: what is looked through */
    struct pmm_order gone[PMM_ORDERS_GONE_MAX];
    uint32_t shift; /* of the index */
    uint32_t reserved;
    struct pmm_order
        orders[]; /* slot 0 is nobody: the list begins and ends there; then the index, then what was seen */
};

static inline struct order_table *order_table_of(const struct pmm_orders *orders) {
    return (struct order_table *)(uintptr_t)orders;
}

static inline struct pmm_index_entry *order_index_of(struct order_table *table) {
    return (struct pmm_index_entry *)(void *)&table->orders[table->head.terms.capacity + 1];
}

/* Only where executions are SEEN. */
static inline struct pmm_seen *order_seen_of(struct order_table *table) {
    return (struct pmm_seen *)(void *)((char *)order_index_of(table) + pmm_index_bytes(table->head.terms.capacity));
}

static inline uint32_t order_place_of(struct order_table *table, uint64_t order_id) {
    return pmm_index_seek(order_index_of(table), table->shift, table->orders, sizeof(struct pmm_order), order_id);
}

static inline struct pmm_order *order_find(struct order_table *table, uint64_t order_id) {
    const uint32_t slot = order_index_of(table)[order_place_of(table, order_id)].slot;
    return slot ? &table->orders[slot] : NULL;
}

static inline struct pmm_order *order_next_of(struct order_table *table, const struct pmm_order *order) {
    const uint32_t slot = order ? order->next : table->orders[0].next;
    return slot ? &table->orders[slot] : NULL;
}

/* What stands before its venue id, which few have had by the time that they go: of these no line more is touched. */
static inline void order_copy(struct pmm_order *to, const struct pmm_order *from) {
    memcpy(to, from, offsetof(struct pmm_order, venue_id));
    if (from->venue_id[0])
        memcpy(to->venue_id, from->venue_id, sizeof to->venue_id);
    else
        to->venue_id[0] = 0;
}

/* A slot for the order, as it was left. The id must not be there, and a slot must be free. */
static inline struct pmm_order *order_slot(struct order_table *table, uint64_t order_id) {
    struct pmm_orders *head = &table->head;
    const uint32_t slot = head->free;
    struct pmm_order *order = &table->orders[slot];
    head->free = order->next;
    head->count++;
    pmm_index_put(order_index_of(table), order_place_of(table, order_id), slot, order_id);
    return order;
}

/* Behind the last one. */
static inline void order_line_up(struct order_table *table, struct pmm_order *order) {
    const uint32_t slot = (uint32_t)(order - table->orders);
    order->next = 0;
    order->previous = table->orders[0].previous;
    table->orders[order->previous].next = slot;
    table->orders[0].previous = slot;
}

static inline struct pmm_order *order_put(struct order_table *table, const struct pmm_order *made) {
    struct pmm_order *order = order_slot(table, made->order_id);
    order_copy(order, made);
    order_line_up(table, order);
    return order;
}

static inline struct pmm_order *order_add(struct order_table *table, const struct pmm_event *e) {
    struct pmm_order *order = order_slot(table, e->order_id);
    memset(order, 0, offsetof(struct pmm_order, venue_id) + 1);
    order->order_id = e->order_id;
    order->price = e->price;
    order->quantity = e->quantity;
    order->asked_ns = table->head.clock_ns;
    order->instrument_id = e->instrument_id;
    order->side = e->side;
    order->state = PMM_ORDER_PENDING_NEW;
    order->flags = e->flags;
    order_line_up(table, order);
    return order;
}

static inline void order_take_out(struct order_table *table, struct pmm_order *order) {
    struct pmm_orders *head = &table->head;
    const uint32_t last = head->gone % PMM_ORDERS_GONE_MAX;
    pmm_index_take(order_index_of(table), table->shift, order_place_of(table, order->order_id));
    table->orders[order->previous].next = order->next;
    table->orders[order->next].previous = order->previous;
    order->state = PMM_ORDER_FREE;
    order->asked_ns = head->clock_ns;
    order_copy(&table->gone[last], order);
    table->gone_ids[last] = order->order_id;
    /* From here on it goes round, and stays above GONE_MAX. */
    head->gone = head->gone == 2 * PMM_ORDERS_GONE_MAX - 1 ? PMM_ORDERS_GONE_MAX : head->gone + 1;
    order->next = head->free;
    head->free = (uint32_t)(order - table->orders);
    head->count--;
}

static inline uint32_t order_gone_count(const struct pmm_orders *head) {
    return head->gone < PMM_ORDERS_GONE_MAX ? head->gone : PMM_ORDERS_GONE_MAX;
}

/* The one that went last by this id, or NULL. */
static inline struct pmm_order *order_find_gone(struct order_table *table, uint64_t order_id) {
    const uint32_t known = order_gone_count(&table->head);
    for (uint32_t back = 1; back <= known; back++) {
        const uint32_t at = (table->head.gone - back) % PMM_ORDERS_GONE_MAX;
        if (table->gone_ids[at] == order_id) return &table->gone[at];
    }
    return NULL;
}

static inline struct pmm_event *order_decide(struct pmm_decisions *decided, const struct pmm_event *like,
                                             enum pmm_kind kind, enum pmm_reason reason) {
    struct pmm_event *e = pmm_decide(decided, like);
    e->kind = (uint8_t)kind;
    e->reason = (uint16_t)reason;
    return e;
}

/* What is known of an order is no longer in doubt. */
static inline void order_settle(struct order_table *table, struct pmm_order *order, enum pmm_order_state state) {
    order->state = (uint8_t)state;
    order->asked_ns = table->head.clock_ns;
    order->queries = order->misses = 0;
}

/* What of the order may still come. */
static inline int64_t order_left(const struct pmm_order *order) {
    return order->quantity > order->filled ? order->quantity - order->filled : 0;
}

/* What FILLs have told. */
static inline int64_t order_told(const struct pmm_order *order) { return order->filled - order->inferred; }

/* Whether the venue says that more is filled than FILLs have told. */
static inline int order_is_behind(const struct pmm_order *order) { return order->total > order_told(order); }

/* Whether it says more than was passed on, inferred or not. */
static inline int order_is_lacking(const struct pmm_order *order) { return order->total > order->filled; }

/* orders.c: a question of the gateway's own about one order. A record of the order, the cause's otherwise. */
struct pmm_event *order_say(const struct pmm_order *order, const struct pmm_event *cause, enum pmm_kind kind,
                            enum pmm_reason reason, struct pmm_decisions *decided);
void order_cancel(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                  enum pmm_reason reason, struct pmm_decisions *decided);
/* Whatever its state is. */
void order_ask(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
               struct pmm_decisions *decided);
/* It is unknown from here on, if it is not done. */
void order_query(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                 struct pmm_decisions *decided);

/* orders_report.c */
void order_report(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided);
void order_text(struct order_table *table, const struct pmm_event *e);
/* The order that e is of, or NULL; one that the venue did not have is here again, for e says that it has. */
struct pmm_order *order_alive(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided);
/* The venue has it: risk hears so before it hears of a fill. */
void order_acknowledge(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                       struct pmm_decisions *decided);
/* Takes the order out if nothing of it can come any more; a CANCELLED that waits goes out when nothing lacks. */
void order_end_if_done(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                       struct pmm_decisions *decided);

/* orders_fills.c: FILL, FILL_BUSTED, FEE, FILLED_TOTAL. */
void order_fill(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided);
void order_busted(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided);
void order_fee(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided);
void order_total(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided);
/* What lacks of the total becomes FILLs, and those that said otherwise are taken back. */
void order_infer(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                 struct pmm_decisions *decided);

/*
 * The most decisions that one record leads to: an order that is back, and is cancelled, by a FILL_BUSTED of an
 * execution that had another price than was inferred: two FILL_BUSTED, its FILL, two FILLs anew, and it.
 */
#define ORDER_RECORD_ROOM 8
/* And a sweep for each order: two FILLs that are inferred, the CANCELLED that waited for them, a QUERY. */
#define ORDER_SWEEP_ROOM 4

#endif
