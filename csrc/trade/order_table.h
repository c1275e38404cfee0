/*
 * order_table.h: the orders of a table by id and in the order in which they came. Private: cffi never reads it.
 *
 * What it is. A pool of slots in which a list is threaded, and the index of ids (order_index.h) over it: to find, add
 * and take out an order costs the same however many there are, to walk them as much as there are.
 */
#ifndef PMM_ORDER_TABLE_H
#define PMM_ORDER_TABLE_H

#include "book/order_index.h"
#include "trade/executions.h"
#include "trade/orders.h"

struct order_table {
    struct pmm_orders head;
    struct pmm_rising executions;
    uint32_t shift; /* of the index */
    uint32_t reserved;
    struct pmm_order orders[]; /* slot 0 is nobody: the list begins and ends there; behind the last, the index */
};

static inline struct order_table *order_table_of(const struct pmm_orders *orders) {
    return (struct order_table *)(uintptr_t)orders;
}

static inline struct pmm_index_entry *order_index_of(struct order_table *table) {
    return (struct pmm_index_entry *)(void *)&table->orders[table->head.capacity + 1];
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

/* The id must not be there, and a slot must be free. */
static inline void order_add(struct order_table *table, const struct pmm_event *e) {
    struct pmm_orders *head = &table->head;
    const uint32_t slot = head->free;
    struct pmm_order *order = &table->orders[slot];
    head->free = order->next;
    *order = (struct pmm_order){
        .order_id = e->order_id,
        .price = e->price,
        .quantity = e->quantity,
        .asked_ns = head->clock_ns,
        .instrument_id = e->instrument_id,
        .previous = table->orders[0].previous,
        .side = e->side,
        .state = PMM_ORDER_PENDING_NEW,
    };
    table->orders[order->previous].next = slot;
    table->orders[0].previous = slot;
    head->count++;
    pmm_index_put(order_index_of(table), order_place_of(table, e->order_id), slot, e->order_id);
}

static inline void order_take_out(struct order_table *table, struct pmm_order *order) {
    struct pmm_orders *head = &table->head;
    pmm_index_take(order_index_of(table), table->shift, order_place_of(table, order->order_id));
    table->orders[order->previous].next = order->next;
    table->orders[order->next].previous = order->previous;
    *order = (struct pmm_order){.next = head->free};
    head->free = (uint32_t)(order - table->orders);
    head->count--;
}

#endif
