/*
 * Random flows through the gateway's order table, under the sanitizers, in memory of exactly its size that moves now
 * and then, with executions of either kind. After each batch: whoever is in the list is found by his id, once, with
 * neighbours that know him; what is filled of him by FILLs and by inference adds up; no more orders than there is room
 * for, and no more decisions.
 */
#include <string.h>

#include "chance.h"
#include "check.h"
#include "base/error.h"
#include "trade/orders.h"

#define STEPS    40000
#define CAPACITY 4
#define IDS      14
#define BATCH    8

static int64_t or_extreme(int64_t number) {
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_C(1) << 40, INT64_MAX - 1, INT64_MAX};
    return draw(30) ? number : ends[draw(sizeof ends / sizeof *ends)];
}

static struct pmm_event any_event(int64_t now) {
    static const uint8_t kinds[] = {1,  16, 16, 16, 16, 17, 17, 18, 19, 20, 32, 32, 32, 33, 34, 35,
                                    35, 35, 36, 36, 37, 38, 39, 39, 40, 41, 42, 42, 42, 43, 47, 48,
                                    50, 50, 50, 50, 51, 52, 52, 53, 54, 54, 55, 56, 56, 64, 255};
    struct pmm_event e;
    memset(&e, 0, sizeof e);
    e.kind = kinds[draw(sizeof kinds)];
    e.recv_ns = or_extreme(now);
    if (e.recv_ns > now && draw(50)) e.recv_ns = now; /* a clock at its end stays there */
    e.price = or_extreme((int64_t)draw(9) - 1);
    e.quantity = or_extreme((int64_t)draw(9) - 1);
    e.order_id = draw(20) ? draw(IDS) : UINT64_MAX - draw(3);
    e.aux = or_extreme(now / 50 + (int64_t)draw(9));
    if (e.kind == PMM_KIND_PEER_LOST || e.kind == PMM_KIND_PEER_BACK)
        e.aux = draw(9) ? PMM_SOURCE_EXCHANGE : or_extreme(PMM_SOURCE_RISK);
    e.instrument_id = draw(40) ? (uint32_t)draw(PMM_INSTRUMENTS_MAX + 1) : UINT32_MAX - (uint32_t)draw(2);
    e.side = (uint8_t)draw(4);
    e.reason = (uint16_t)(draw(3) ? draw(256) : PMM_REASON_UNKNOWN_ORDER);
    if (e.kind == PMM_KIND_TEXT) e.reason = PMM_TEXT_VENUE_ID;
    if (e.kind == PMM_KIND_FILLED_TOTAL && draw(2)) e.reason = PMM_REASON_INFERRED;
    e.flags = (uint8_t)draw(256);
    return e;
}

static void check_table(const struct pmm_orders *orders) {
    const struct pmm_order *order = NULL, *before;
    uint32_t count = 0;
    CHECK(orders->count <= CAPACITY);
    while (before = order, (order = pmm_orders_next(orders, order))) {
        CHECK(++count <= orders->count);
        CHECK(order->state > PMM_ORDER_FREE && order->state <= PMM_ORDER_CLOSING);
        CHECK(pmm_orders_find(orders, order->order_id) == order);
        CHECK(!before == !order->previous);
        CHECK(order->filled >= order->inferred && order->inferred >= order->inferred_over);
        CHECK(order->inferred_over >= 0 && order->notional >= 0 && order->total >= 0 && order->total_notional >= 0);
        CHECK(order->inferred == 0 || (order->inferred_price > 0 && order->total <= order->filled));
    }
    CHECK(count == orders->count);
    for (count = 0; pmm_orders_gone(orders, count); count++)
        CHECK(pmm_orders_gone(orders, count)->state == PMM_ORDER_FREE);
    CHECK(count == (orders->gone < PMM_ORDERS_GONE_MAX ? orders->gone : PMM_ORDERS_GONE_MAX));
}

static struct pmm_orders *moved(struct pmm_orders *orders, size_t bytes) {
    struct pmm_orders *copy = malloc(bytes);
    memcpy(copy, orders, bytes);
    memset(orders, 0xA5, bytes);
    free(orders);
    return copy;
}

/* Chance speaks to a table of these terms; how many decisions, and how many of them for want of room. */
static void flow(const struct pmm_orders_terms *terms, uint64_t *decided, uint64_t *full) {
    const size_t bytes = pmm_orders_memsize(terms);
    struct pmm_orders *orders = NULL;
    int64_t now = 0;
    for (int step = 0; step < STEPS; step++) {
        if (step % 200 == 0) { /* anew: after an execution with the last number none is new */
            free(orders);
            orders = malloc(bytes);
            memset(orders, 0xA5, bytes);
            CHECK(pmm_orders_init(orders, bytes, terms) == 0);
            now = 0;
        }
        struct pmm_event in[BATCH];
        const size_t n = draw(BATCH + 1);
        for (size_t i = 0; i < n; i++)
            in[i] = any_event(now += (int64_t)draw(9));
        const size_t room = pmm_orders_room(orders, in, n);
        struct pmm_event *out = malloc(room * sizeof *out);
        if (room) CHECK(pmm_orders_run(orders, in, n, out, room - 1) == PMM_ERR_FULL);
        const int64_t count = pmm_orders_run(orders, in, n, out, room);
        CHECK(count >= 0 && (size_t)count <= room);
        for (int64_t i = 0; i < count; i++)
            *full += out[i].reason == PMM_REASON_CAPACITY && out[i].kind == PMM_KIND_REJECTED;
        *decided += (uint64_t)count;
        free(out);
        check_table(orders);
        if (draw(20) == 0) orders = moved(orders, bytes);
    }
    free(orders);
}

/* Each record by itself in the room that is promised for one. */
static void flow_in_the_least_room(const struct pmm_orders_terms *terms) {
    const size_t bytes = pmm_orders_memsize(terms);
    struct pmm_orders *orders = malloc(bytes);
    CHECK(pmm_orders_init(orders, bytes, terms) == 0);
    int64_t now = 0, most = 0;
    for (int step = 0; step < STEPS; step++) {
        const struct pmm_event e = any_event(now += (int64_t)draw(9));
        const size_t room = pmm_orders_room(orders, &e, 1);
        struct pmm_event *out = malloc(room * sizeof *out);
        const int64_t count = pmm_orders_run(orders, &e, 1, out, room);
        if (count > most && e.kind < PMM_KIND_START) most = count;
        free(out);
    }
    CHECK(most >= 5 && most <= 8);
    free(orders);
}

int main(void) {
    for (uint32_t executions = PMM_EXECUTIONS_RISING; executions <= PMM_EXECUTIONS_SEEN; executions++) {
        uint64_t decided = 0, full = 0;
        const struct pmm_orders_terms terms = {20, 60, 0, 1 + executions, CAPACITY, executions, 0};
        flow(&terms, &decided, &full);
        CHECK(decided > STEPS && full > 100);
        flow_in_the_least_room(&terms);
    }
    return 0;
}
