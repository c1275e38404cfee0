/* l3levels.c: records of single orders to records of the levels that they touch. */
#include "book/l3levels.h"

#include <string.h>

#include "base/error.h"
#include "base/kinds.h"
#include "book/l3book_layout.h"

/* One call. */
struct run {
    struct pmm_l3levels *levels;
    struct pmm_l3book *book;
    struct pmm_event *out;
    size_t count;
};

void pmm_l3levels_init(struct pmm_l3levels *levels, uint32_t rules) {
    memset(levels, 0, sizeof *levels);
    levels->rules = rules;
    levels->reason = PMM_REASON_STARTING;
}

static void give_up(struct pmm_l3levels *levels, uint32_t reason) {
    levels->reason = reason;
    levels->touched = levels->begun = 0;
    levels->crossed_ns = 0;
}

void pmm_l3levels_look(struct pmm_l3levels *levels, int64_t now_ns) {
    if (levels->crossed_ns != 0 && now_ns - levels->crossed_ns > PMM_L3LEVELS_CROSSED_NS)
        give_up(levels, PMM_REASON_CROSSED);
}

/* A level has changed, once for all that changes it before it is written. A snapshot's are all of them. */
static void touch(struct run *run, uint64_t side, int64_t price) {
    struct pmm_l3levels *levels = run->levels;
    if (levels->begun) return;
    for (uint32_t i = levels->touched; i > 0; i--)
        if (levels->places[i - 1].price == price && levels->places[i - 1].side == (int64_t)side) return;
    if (levels->touched == PMM_L3LEVELS_TOUCHED)
        give_up(levels, PMM_REASON_OVERFLOW);
    else
        levels->places[levels->touched++] = (struct pmm_l3levels_place){price, (int64_t)side};
}

/* The book judges by itself whether it is crossed, at a FLAG_LAST, which it is therefore not shown. */
static void put(struct run *run, const struct pmm_event *event, uint8_t kind, int64_t quantity) {
    struct pmm_event record = *event;
    record.kind = kind;
    record.quantity = quantity;
    record.flags &= (uint8_t)~PMM_FLAG_LAST;
    (void)pmm_l3book_apply(run->book, &record, 1);
    const struct pmm_book_state *state = &run->book->state;
    if (!state->valid && !state->loading) give_up(run->levels, state->reason);
}

/* An order that rests, told anew: as it is from now on. */
static void change(struct run *run, const struct pmm_event *event, const struct pmm_l3_order *was) {
    if (event->quantity == 0)
        put(run, event, PMM_KIND_ORDER_REMOVE, 0);
    else if (event->price != was->price || event->quantity > was->quantity)
        put(run, event, PMM_KIND_ORDER_REPLACE, event->quantity);
    else if (event->quantity < was->quantity)
        put(run, event, PMM_KIND_ORDER_REDUCE, was->quantity - event->quantity);
    touch(run, was->side, was->price);
    if (event->price != was->price) touch(run, was->side, event->price);
}

static void add(struct run *run, const struct pmm_event *event, const struct pmm_l3_order *was) {
    if (!was && event->quantity > 0) {
        put(run, event, PMM_KIND_ORDER_ADD, event->quantity);
        touch(run, event->side, event->price);
    } else if (was) {
        struct pmm_event again = *event;
        again.aux = (int64_t)event->order_id;
        if (!(run->levels->rules & PMM_L3LEVELS_AGAIN) || was->side != event->side || was->price != event->price)
            give_up(run->levels, PMM_REASON_DUPLICATE_ORDER);
        else
            change(run, &again, was);
    }
}

/* An order goes, or some of it. */
static void take(struct run *run, const struct pmm_event *event, const struct pmm_l3_order *was) {
    const int goes = event->kind == PMM_KIND_ORDER_REMOVE;
    if (!goes && event->quantity == 0) return;
    if (!was && goes)
        run->levels->passed_over++;
    else if (!was || (event->side != PMM_SIDE_NONE && event->side != was->side))
        give_up(run->levels, PMM_REASON_UNKNOWN_ORDER);
    else {
        put(run, event, event->kind, event->quantity);
        touch(run, was->side, was->price);
    }
}

static void replace(struct run *run, const struct pmm_event *event, const struct pmm_l3_order *was) {
    if (!was)
        run->levels->passed_over++;
    else if (event->side != PMM_SIDE_NONE && event->side != was->side)
        give_up(run->levels, PMM_REASON_BAD_ORDER);
    else if ((uint64_t)event->aux == event->order_id)
        change(run, event, was);
    else {
        put(run, event, PMM_KIND_ORDER_REPLACE, event->quantity);
        touch(run, was->side, was->price);
        touch(run, was->side, event->price);
    }
}

static void follow_order(struct run *run, const struct pmm_event *event) {
    const int replaces = event->kind == PMM_KIND_ORDER_REPLACE;
    const uint64_t id = replaces ? (uint64_t)event->aux : event->order_id;
    struct pmm_l3_order found;
    const struct pmm_l3_order *was = pmm_l3book_order(run->book, id, &found) == PMM_OK ? &found : NULL;
    if (replaces)
        replace(run, event, was);
    else if (event->kind == PMM_KIND_ORDER_ADD)
        add(run, event, was);
    else
        take(run, event, was);
}

static int is_crossed(const struct pmm_l3book *book) {
    int64_t bid, ask;
    return pmm_pool_best(&book->pool, PMM_SIDE_BID, &bid) != 0 && pmm_pool_best(&book->pool, PMM_SIDE_ASK, &ask) != 0 &&
           bid >= ask;
}

static struct pmm_event *write(struct run *run, const struct pmm_event *like, uint8_t kind) {
    struct pmm_event *event = &run->out[run->count++];
    *event = *like;
    event->kind = kind;
    event->price = event->quantity = event->aux = 0;
    event->order_id = 0;
    event->side = PMM_SIDE_NONE;
    event->flags &= (uint8_t)~PMM_FLAG_LAST;
    return event;
}

/* A message of a live book ends: what it touched is written, unless the book is crossed. */
static void end_message(struct run *run, const struct pmm_event *event) {
    struct pmm_l3levels *levels = run->levels;
    if (is_crossed(run->book)) {
        if (levels->crossed_ns == 0) levels->crossed_ns = event->recv_ns;
        pmm_l3levels_look(levels, event->recv_ns);
        return;
    }
    for (uint32_t i = 0; i < levels->touched; i++) {
        const struct pmm_l3levels_place *place = &levels->places[i];
        struct pmm_event *depth = write(run, event, PMM_KIND_DEPTH);
        depth->side = (uint8_t)place->side;
        depth->price = place->price;
        depth->quantity = pmm_l3book_quantity(run->book, (int)place->side, place->price);
    }
    if (levels->touched > 0) run->out[run->count - 1].flags |= PMM_FLAG_LAST;
    levels->touched = 0;
    levels->crossed_ns = 0;
}

static void write_side(struct run *run, const struct pmm_event *like, int side) {
    const struct pmm_ladder *ladder = pmm_pool_ladder(&run->book->pool, side);
    int64_t price = 0;
    for (uint32_t slot = pmm_ladder_best(ladder, &price); slot != PMM_LADDER_NONE;
         slot = pmm_ladder_next(ladder, &price)) {
        struct pmm_event *depth = write(run, like, PMM_KIND_DEPTH);
        depth->side = (uint8_t)side;
        depth->price = price;
        depth->quantity = ((const struct pmm_queue *)pmm_ladder_payload(ladder, slot))->quantity;
    }
}

static void follow_state(struct run *run, const struct pmm_event *event) {
    struct pmm_l3levels *levels = run->levels;
    if (event->kind == PMM_KIND_BOOK_END && (levels->reason != PMM_REASON_NONE || !levels->begun)) return;
    (void)pmm_l3book_apply(run->book, event, 1);
    if (event->kind == PMM_KIND_BOOK_BEGIN) {
        give_up(levels, PMM_REASON_NONE);
        levels->begun = 1;
    } else if (!run->book->state.valid) {
        give_up(levels, run->book->state.reason);
    } else {
        levels->begun = 0;
        (void)write(run, event, PMM_KIND_BOOK_BEGIN);
        write_side(run, event, PMM_SIDE_BID);
        write_side(run, event, PMM_SIDE_ASK);
        write(run, event, PMM_KIND_BOOK_END)->flags |= PMM_FLAG_LAST;
    }
}

static void follow(struct run *run, const struct pmm_event *event) {
    if (event->kind == PMM_KIND_BOOK_BEGIN || event->kind == PMM_KIND_BOOK_END) {
        follow_state(run, event);
        return;
    }
    if (!pmm_is_of_orders(event->kind)) {
        if (event->kind == PMM_KIND_BOOK_INVALID)
            give_up(run->levels, event->reason ? event->reason : PMM_REASON_RESYNC);
        pmm_l3levels_look(run->levels, event->recv_ns);
        run->out[run->count++] = *event;
        return;
    }
    if (run->levels->reason != PMM_REASON_NONE) return;
    follow_order(run, event);
    if (event->flags & PMM_FLAG_LAST && run->levels->reason == PMM_REASON_NONE && !run->levels->begun)
        end_message(run, event);
}

static size_t room_for(const struct run *run, const struct pmm_event *event) {
    if (event->kind != PMM_KIND_BOOK_END) return (size_t)run->levels->touched + 2;
    return (size_t)pmm_ladder_levels(pmm_pool_ladder(&run->book->pool, PMM_SIDE_BID)) +
           pmm_ladder_levels(pmm_pool_ladder(&run->book->pool, PMM_SIDE_ASK)) + 2;
}

int64_t pmm_l3levels_take(struct pmm_l3levels *levels, struct pmm_l3book *book, const struct pmm_event *events,
                          size_t n, struct pmm_event *out, size_t max) {
    struct run run = {levels, book, out, 0};
    size_t i = 0;
    for (; i < n && events[i].instrument_id == book->instrument_id; i++) {
        if (max - run.count < room_for(&run, &events[i])) {
            if (i == 0) return PMM_ERR_FULL;
            break;
        }
        follow(&run, &events[i]);
    }
    levels->consumed = i;
    return (int64_t)run.count;
}
