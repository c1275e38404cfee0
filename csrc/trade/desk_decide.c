/* desk_decide.c: from what is wanted and what is there to the decisions. What is there: desk.c. */
#include <assert.h>

#include "trade/desk.h"
#include "base/money.h"
#include "base/terms.h"
#include "trade/desk_internal.h"

int pmm_desk_quotable(const struct pmm_desk *desk, uint32_t instrument_id) {
    const uint32_t row = pmm_desk_row_of(desk, instrument_id);
    return row != PMM_DESK_NO_ROW && !(desk->pulled >> row & 1) && desk_is_fresh(desk, &desk->instruments[row]);
}

static void decide(const struct pmm_desk *desk, const struct pmm_desk_instrument *in, int side, uint8_t kind,
                   const struct pmm_slot *slot, struct pmm_event *out) {
    *out = (struct pmm_event){
        .recv_ns = desk->clock_ns,
        .venue_ns = in->market_cause_ns,
        .price = slot->price,
        .quantity = slot->quantity,
        .order_id = slot->order_id,
        .instrument_id = in->instrument_id,
        .kind = kind,
        .side = (uint8_t)(side == 0 ? PMM_SIDE_BID : PMM_SIDE_ASK),
        .flags = kind == PMM_KIND_CANCEL ? 0 : PMM_FLAG_POST_ONLY,
    };
}

/*
 * 1 if the order serves the wanted level as it is, or as the REPLACE in flight will make it: at most `near` off its
 * price, and no more than half of its quantity missing. Unsigned, so that what is below a range is above it too.
 */
static inline int serves(const struct pmm_slot *slot, const struct pmm_level *level, uint64_t near) {
    const uint64_t leaves = (uint64_t)(slot->wanted_quantity - slot->filled);
    const uint64_t off = (uint64_t)slot->wanted_price - (uint64_t)level->price + near;
    return off <= 2 * near && (uint64_t)level->quantity - leaves <= (uint64_t)level->quantity / 2;
}

static void send_new(struct pmm_desk *desk, const struct pmm_desk_instrument *in, int side, struct pmm_slot *slot,
                     const struct pmm_level *level, struct pmm_event *out) {
    slot->order_id = desk->next_order_id++;
    slot->price = slot->wanted_price = level->price;
    slot->quantity = slot->wanted_quantity = level->quantity;
    slot->state = PMM_SLOT_NEW;
    decide(desk, in, side, PMM_KIND_NEW, slot, out);
    out->aux = pmm_terms(PMM_TIF_GTC, PMM_TYPE_LIMIT, PMM_STP_CANCEL_NEWEST);
}

static void send_replace(const struct pmm_desk *desk, const struct pmm_desk_instrument *in, int side,
                         struct pmm_slot *slot, const struct pmm_level *level, struct pmm_event *out) {
    slot->wanted_price = level->price;
    slot->wanted_quantity = pmm_lots_add(slot->filled, level->quantity);
    slot->state = PMM_SLOT_REPLACING;
    decide(desk, in, side, PMM_KIND_REPLACE, slot, out);
    out->price = slot->wanted_price;
    out->quantity = slot->wanted_quantity;
}

static void send_cancel(const struct pmm_desk *desk, const struct pmm_desk_instrument *in, int side,
                        struct pmm_slot *slot, struct pmm_event *out) {
    slot->state = PMM_SLOT_CANCELLING;
    decide(desk, in, side, PMM_KIND_CANCEL, slot, out);
}

static_assert(PMM_QUOTE_LEVELS_MAX == 8 && PMM_SLOT_LEAVING < 8, "a byte for the slots of each state");

/* The slots of a side in each state, as bits: slot i in state s is bit 8 s + i. */
static uint64_t states_of(const struct pmm_slot *slots) {
    uint64_t states = 0;
    for (uint32_t i = 0; i < PMM_QUOTE_LEVELS_MAX; i++)
        states |= UINT64_C(1) << (8 * slots[i].state + i);
    return states;
}

static uint32_t in_state(uint64_t states, enum pmm_slot_state state) { return states >> 8 * state & 0xFF; }

/* Takes the lowest slot out of a set of them. */
static struct pmm_slot *take(struct pmm_slot *slots, uint32_t *set) {
    struct pmm_slot *slot = &slots[__builtin_ctz(*set)];
    *set &= *set - 1;
    return slot;
}

/* What is to be done on a side: the wanted levels that no order serves, as bits, and the orders that serve none. */
struct plan {
    uint32_t missing;
    uint32_t unpaired;
};

static inline struct plan pair_up(const struct pmm_slot *slots, uint32_t orders, const struct pmm_level *levels,
                                  uint32_t count, int64_t least, uint64_t near) {
    struct plan plan = {.unpaired = orders};
    for (const struct pmm_level *level = levels; level < levels + count; level++) {
        if (level->price <= 0 || level->quantity < least) continue;
        uint32_t left = plan.unpaired;
        while (left != 0 && !serves(&slots[__builtin_ctz(left)], level, near))
            left &= left - 1;
        if (left != 0)
            plan.unpaired ^= left & -left;
        else
            plan.missing |= UINT32_C(1) << (level - levels);
    }
    return plan;
}

static void look_again(struct pmm_desk_instrument *in, int64_t at_ns) {
    if (at_ns < in->due_ns) in->due_ns = at_ns;
}

/* Those of a set that no refusal keeps from being touched; the others are looked at when they may be. */
static uint32_t rested(struct pmm_desk_instrument *in, const struct pmm_slot *slots, uint32_t set, int64_t clock_ns) {
    uint32_t ready = 0;
    for (; set != 0; set &= set - 1) {
        const int64_t until_ns = slots[__builtin_ctz(set)].rest_until_ns;
        if (until_ns <= clock_ns)
            ready |= set & -set;
        else
            look_again(in, until_ns);
    }
    return ready;
}

/* This and decide_side write decisions from `out` on, never past `end`, and return where the next one goes. */
static struct pmm_event *carry_out(struct pmm_desk *desk, struct pmm_desk_instrument *in, int side, struct plan plan,
                                   uint64_t states, struct pmm_event *out, const struct pmm_event *end) {
    struct pmm_slot *slots = in->slots[side];
    const struct pmm_level *levels = side == 0 ? in->wanted.bids : in->wanted.asks;
    const uint32_t leaving = in_state(states, PMM_SLOT_LEAVING);
    uint32_t spare = in_state(states, PMM_SLOT_FREE);
    uint32_t unwanted = rested(in, slots, plan.unpaired & in_state(states, PMM_SLOT_LIVE), desk->clock_ns);
    /*
     * Orders in flight towards another price, on their way out, or at rest after a refusal keep a wanted level
     * waiting: sending more would double the quote.
     */
    if (plan.missing != 0 && in->rest_until_ns[side] > desk->clock_ns) look_again(in, in->rest_until_ns[side]);
    const uint32_t away = (plan.unpaired & ~unwanted) | in_state(states, PMM_SLOT_CANCELLING) | leaving;
    int waiting = __builtin_popcount(away);
    for (uint32_t missing = plan.missing; missing != 0 && out != end; missing &= missing - 1) {
        const struct pmm_level *level = &levels[__builtin_ctz(missing)];
        if (unwanted != 0) {
            struct pmm_slot *slot = take(slots, &unwanted);
            if (desk->replace)
                send_replace(desk, in, side, slot, level, out++);
            else
                send_cancel(desk, in, side, slot, out++);
        } else if (waiting-- <= 0 && in->rest_until_ns[side] <= desk->clock_ns && spare != 0) {
            send_new(desk, in, side, take(slots, &spare), level, out++);
        }
    }
    if (leaving != 0) unwanted |= rested(in, slots, leaving, desk->clock_ns);
    while (unwanted != 0 && out != end)
        send_cancel(desk, in, side, take(slots, &unwanted), out++);
    return out;
}

/* Mostly everything wanted is there: seeing that is all that most looks do. */
static inline struct pmm_event *decide_side(struct pmm_desk *desk, struct pmm_desk_instrument *in, int side,
                                            struct pmm_event *out, const struct pmm_event *end) {
    const struct pmm_level *levels = side == 0 ? in->wanted.bids : in->wanted.asks;
    uint32_t count = (uint32_t)(side == 0 ? in->wanted.bid_count : in->wanted.ask_count);
    if (count > PMM_QUOTE_LEVELS_MAX) count = 0; /* nobody's ladder: pull rather than read past it */
    const uint64_t states = states_of(in->slots[side]);
    const uint32_t leaving = in_state(states, PMM_SLOT_LEAVING);
    const uint32_t others = in_state(states, PMM_SLOT_FREE) | in_state(states, PMM_SLOT_CANCELLING) | leaving;
    struct plan plan =
        pair_up(in->slots[side], 0xFF & ~others, levels, count, in->quantity_min, (uint64_t)desk->requote_ticks);
    if (!(plan.missing | plan.unpaired | leaving)) return out;
    return carry_out(desk, in, side, plan, states, out, end);
}

/* The rows whose time has come; due_ns is of the others from here on. */
static uint64_t due_rows(struct pmm_desk *desk) {
    uint64_t due = 0;
    desk->due_ns = INT64_MAX;
    for (uint32_t row = 0; row < desk->instrument_count; row++) {
        const int64_t at_ns = desk->instruments[row].due_ns;
        if (at_ns <= desk->clock_ns)
            due |= UINT64_C(1) << row;
        else if (at_ns < desk->due_ns)
            desk->due_ns = at_ns;
    }
    return due;
}

static struct pmm_event *look(struct pmm_desk *desk, struct pmm_desk_instrument *in, int pulled, struct pmm_event *out,
                              const struct pmm_event *end) {
    in->due_ns = INT64_MAX;
    if (pulled || !desk_is_fresh(desk, in))
        in->wanted.bid_count = in->wanted.ask_count = 0;
    else if (desk->stale_ns != 0)
        in->due_ns = (int64_t)((uint64_t)in->market_ns + (uint64_t)desk->stale_ns + 1); /* what wraps is due at once */
    out = decide_side(desk, in, 0, out, end);
    out = decide_side(desk, in, 1, out, end);
    if (in->due_ns < desk->due_ns) desk->due_ns = in->due_ns;
    return out;
}

static inline struct pmm_event *look_at_all(struct pmm_desk *desk, struct pmm_event *out, const struct pmm_event *end) {
    for (uint64_t rows = desk->looks; rows != 0; rows &= rows - 1) {
        const int row = __builtin_ctzll(rows);
        out = look(desk, &desk->instruments[row], desk->pulled >> row & 1, out, end);
    }
    /* What there was no room for is for the next time. */
    if (out != end) desk->looks = 0;
    return out;
}

/* Out of the way of a decide in which nothing is due: such is nearly every one. */
static __attribute__((noinline)) int64_t decide_due(struct pmm_desk *desk, struct pmm_event *out,
                                                    const struct pmm_event *end) {
    desk->looks |= due_rows(desk);
    return desk_sent_decide(desk, look_at_all(desk, out, end), end) - out;
}

int64_t pmm_desk_decide(struct pmm_desk *desk, struct pmm_event *out, size_t max) {
    const struct pmm_event *end = out + max;
    if (desk->clock_ns >= desk->due_ns) return decide_due(desk, out, end);
    return look_at_all(desk, out, end) - out;
}
