/* orders_fills.c: what is filled of an order: told once, told in all, inferred, taken back. Part of orders.h. */
#include "base/error.h"
#include "base/order_state.h"
#include "trade/order_table.h"

/* Lots that no FILL has told of, the last `over` of them at one tick more than the others. */
struct part {
    int64_t lots;
    int64_t price;
    int64_t over;
};

/* Whether a report of an execution is one that can be, and if so the first of its kind. -1: no venue could mean it. */
static int is_first(struct order_table *table, const struct pmm_event *e) {
    if (pmm_report_fault(e) || e->instrument_id >= PMM_INSTRUMENTS_MAX) return -1;
    if (table->head.terms.executions == PMM_EXECUTIONS_SEEN) return pmm_seen_is_new(order_seen_of(table), e);
    return e->kind == PMM_KIND_FILL ? pmm_rising_is_new(&table->rising, e) : 1;
}

/* The amount with so much added to it; at its ends it stays. */
static int64_t added(int64_t amount, pmm_wide more) {
    int beyond = 0;
    const int64_t sum = pmm_money_narrow(amount + more, &beyond);
    return sum > 0 ? sum : 0;
}

static struct part part_of(const struct pmm_order *order) {
    return (struct part){order->inferred, order->inferred_price, order->inferred_over};
}

static void keep_part(struct pmm_order *order, struct part part) {
    order->filled = order_told(order) + part.lots;
    order->inferred = part.lots;
    order->inferred_price = part.price;
    order->inferred_over = part.over;
}

/* What FILLs lack of the total, at prices that sum up to its notional; where none can, at the order's. */
static struct part lack_of(const struct pmm_order *order) {
    const int64_t lots = order->total - order_told(order), notional = order->total_notional - order->notional;
    if (lots <= 0) return (struct part){0, 0, 0};
    if (order->total_notional > 0 && notional >= lots) return (struct part){lots, notional / lots, notional % lots};
    return (struct part){lots, order->price > 0 ? order->price : 1, 0};
}

static void say_lots(const struct pmm_order *order, const struct pmm_event *cause, enum pmm_kind kind,
                     enum pmm_reason reason, int64_t price, int64_t lots, struct pmm_decisions *decided) {
    if (lots == 0) return;
    struct pmm_event *e = order_say(order, cause, kind, reason, decided);
    e->price = price;
    e->quantity = lots;
    e->flags = PMM_FLAG_FEE_TOLD | (order->flags & PMM_FLAG_POST_ONLY ? PMM_FLAG_MAKER : 0);
}

/* FILLs, or their ends. */
static void say_part(const struct pmm_order *order, const struct pmm_event *cause, enum pmm_kind kind,
                     enum pmm_reason reason, struct part part, struct pmm_decisions *decided) {
    say_lots(order, cause, kind, reason, part.price, part.lots - part.over, decided);
    if (part.over) say_lots(order, cause, kind, reason, part.price + 1, part.over, decided);
}

static void look_for_overfill(struct order_table *table, const struct pmm_order *order) {
    if (order->filled > order->quantity && !order->replacing) table->head.overfilled++;
}

void order_infer(struct order_table *table, struct pmm_order *order, const struct pmm_event *cause,
                 struct pmm_decisions *decided) {
    const struct part was = part_of(order), now = lack_of(order);
    const int grows =
        was.lots == 0 || (now.price == was.price && now.over >= was.over && now.lots - now.over >= was.lots - was.over);
    if (grows) {
        const struct part more = {now.lots - was.lots, now.price, now.over - was.over};
        say_part(order, cause, PMM_KIND_FILL, PMM_REASON_INFERRED, more, decided);
    } else {
        say_part(order, cause, PMM_KIND_FILL_BUSTED, PMM_REASON_CORRECTED, was, decided);
        say_part(order, cause, PMM_KIND_FILL, PMM_REASON_CORRECTED, now, decided);
    }
    keep_part(order, now);
    look_for_overfill(table, order);
}

/*
 * Whether the FILL tells of lots that were inferred at its very price, so that nothing changes: they are told now. One
 * that costs what the instrument's fees say does change something, as an inferred one has cost nothing yet.
 */
static int confirms(struct pmm_order *order, const struct pmm_event *fill) {
    const int is_over = order->inferred_over > 0 && fill->price - 1 == order->inferred_price;
    const int is_same = fill->price == order->inferred_price;
    const int64_t room = is_over ? order->inferred_over : is_same ? order->inferred - order->inferred_over : 0;
    if (fill->quantity > room || !(fill->flags & PMM_FLAG_FEE_TOLD) || fill->side != order->side ||
        fill->instrument_id != order->instrument_id)
        return 0;
    order->inferred -= fill->quantity;
    if (is_over) order->inferred_over -= fill->quantity;
    if (order->inferred_over > 0 && order->inferred_over == order->inferred) { /* the dearer ones are left alone */
        order->inferred_price++;
        order->inferred_over = 0;
    }
    return 1;
}

/* What was inferred is taken back, and inferred anew where the FILL leaves something of it. */
static void correct(struct pmm_order *order, const struct pmm_event *e, struct pmm_decisions *decided) {
    say_part(order, e, PMM_KIND_FILL_BUSTED, PMM_REASON_CORRECTED, part_of(order), decided);
    keep_part(order, (struct part){0, 0, 0});
    order->filled = pmm_lots_add(order->filled, e->quantity);
    pmm_decide(decided, e)->reason = PMM_REASON_CORRECTED;
    const struct part now = lack_of(order);
    say_part(order, e, PMM_KIND_FILL, PMM_REASON_CORRECTED, now, decided);
    keep_part(order, now);
}

/* 1 if it was passed on. */
static int take_fill(struct order_table *table, struct pmm_order *order, const struct pmm_event *e,
                     struct pmm_decisions *decided) {
    order->notional = added(order->notional, pmm_notional(e->price, e->quantity));
    if (order->inferred == 0) {
        order->filled = pmm_lots_add(order->filled, e->quantity);
        pmm_decide(decided, e);
    } else if (confirms(order, e)) {
        return 0;
    } else {
        correct(order, e, decided);
    }
    look_for_overfill(table, order);
    return 1;
}

/* Of a FILL that is the first of its execution. */
static void take_first(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    struct pmm_order *order = order_alive(table, e, decided);
    if (order) {
        order->misses = 0;
        order_acknowledge(table, order, e, decided);
        take_fill(table, order, e, decided);
        order_end_if_done(table, order, e, decided);
        return;
    }
    struct pmm_order *gone = order_find_gone(table, e->order_id);
    const int passed = gone ? take_fill(table, gone, e, decided) : 1;
    if (!gone) pmm_decide(decided, e);
    table->head.unknown_fills += (uint64_t)passed;
}

void order_fill(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    const int first = is_first(table, e);
    if (first == 0) table->head.duplicates++;
    if (first < 0) pmm_decide(decided, e); /* nobody's trade, and its number no execution's: risk refuses it, aloud */
    if (first > 0) take_first(table, e, decided);
}

static struct pmm_order *find_or_gone(struct order_table *table, uint64_t order_id) {
    struct pmm_order *order = order_find(table, order_id);
    return order ? order : order_find_gone(table, order_id);
}

/* A fill that is taken back before it was told is told here, so that what was inferred in its place goes. */
static void tell_untold(struct order_table *table, const struct pmm_event *busted, struct pmm_decisions *decided) {
    struct pmm_event fill = *busted;
    fill.kind = PMM_KIND_FILL;
    if (table->head.terms.executions == PMM_EXECUTIONS_SEEN && find_or_gone(table, fill.order_id) &&
        pmm_seen_is_new(order_seen_of(table), &fill))
        take_first(table, &fill, decided);
}

void order_busted(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    const int first = is_first(table, e);
    if (first == 0) {
        table->head.duplicates++;
        return;
    }
    if (first > 0) tell_untold(table, e, decided);
    pmm_decide(decided, e);
    struct pmm_order *order = first > 0 ? find_or_gone(table, e->order_id) : NULL;
    if (!order) return;
    const int64_t told = order_told(order);
    const pmm_wide notional = -pmm_notional(e->price, e->quantity);
    order->filled -= e->quantity < told ? e->quantity : told;
    order->notional = added(order->notional, notional);
    /* What the venue has said counted this one. */
    order->total = added(order->total, -(pmm_wide)e->quantity);
    order->total_notional = added(order->total_notional, notional);
    if (order->state != PMM_ORDER_FREE) order_end_if_done(table, order, e, decided);
}

void order_fee(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    if (is_first(table, e) == 0)
        table->head.duplicates++;
    else
        pmm_decide(decided, e);
}

/* 1 if it is more than was said before. It never falls: what is less is older. */
static int take_total(struct pmm_order *order, const struct pmm_event *e) {
    if (e->quantity <= order->total) return 0;
    order->total = e->quantity;
    order->total_notional = e->aux > 0 ? e->aux : 0;
    return 1;
}

/* Of a stranger it says first what was filled before we knew each other, and no FILL of ours will tell. */
static void take_history(struct pmm_order *order, const struct pmm_event *e) {
    const int64_t before = e->quantity - order_told(order);
    order->adopted = 0;
    if (before <= 0) return;
    order->filled = pmm_lots_add(order->filled, before);
    order->quantity = pmm_lots_add(order->quantity, before);
    order->notional = e->aux > 0 ? e->aux : order->notional;
}

void order_total(struct order_table *table, const struct pmm_event *e, struct pmm_decisions *decided) {
    if (e->quantity <= 0) return;
    struct pmm_order *here = order_alive(table, e, decided);
    struct pmm_order *order = here ? here : order_find_gone(table, e->order_id);
    if (!order) return;
    if (order->adopted) take_history(order, e);
    const int rises = take_total(order, e), is_behind = order_is_behind(order);
    if (!here) {
        /* Nobody will ask about it: what FILLs do not tell is inferred here, and corrected when they do. */
        if (rises && is_behind) order_infer(table, order, e, decided);
        return;
    }
    if (rises) order->misses = 0;
    if (is_behind) {
        order_acknowledge(table, order, e, decided);
        if (order->inferred ? rises : e->reason == PMM_REASON_INFERRED) order_infer(table, order, e, decided);
    }
    if (rises && is_behind) {
        order->asked_ns = table->head.clock_ns;
        order->queries = 0;
    }
    order_end_if_done(table, order, e, decided);
}
