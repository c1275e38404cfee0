#include "desk.h"

#include <assert.h>
#include <string.h>

#include "error.h"
#include "money.h"

#define SLOTS PMM_QUOTE_LEVELS_MAX
/* Pulled quotes are cancelled for these: their absence means that nobody watches what is out. */
#define NEEDED_PEERS ((1u << PMM_SOURCE_FEED) | (1u << PMM_SOURCE_RISK) | (1u << PMM_SOURCE_GATEWAY))

int pmm_desk_init(struct pmm_desk *desk, struct pmm_book *const *books, uint32_t instrument_count,
                  uint64_t first_order_id) {
    if (instrument_count == 0 || instrument_count > PMM_INSTRUMENTS_MAX || first_order_id == 0) return PMM_ERR_ARGUMENT;
    memset(desk, 0, sizeof *desk);
    for (uint32_t i = 0; i < instrument_count; i++)
        desk->instruments[i].book = books[i];
    desk->instrument_count = instrument_count;
    desk->next_order_id = first_order_id;
    desk->replace = 1;
    return 0;
}

static struct pmm_slot *find_slot(struct pmm_desk_instrument *in, uint64_t order_id) {
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < SLOTS; i++)
            if (in->slots[side][i].state != PMM_SLOT_FREE && in->slots[side][i].order_id == order_id)
                return &in->slots[side][i];
    return NULL;
}

static void free_slot(struct pmm_slot *slot) { memset(slot, 0, sizeof *slot); }

static void apply_fill(struct pmm_desk *desk, struct pmm_desk_instrument *in, struct pmm_slot *slot,
                       const struct pmm_event *e) {
    in->position = pmm_lots_add(in->position, e->side == PMM_SIDE_BID ? e->quantity : -e->quantity);
    in->fills++;
    desk->filled |= 1ull << e->instrument_id;
    if (!slot) return;
    slot->filled = pmm_lots_add(slot->filled, e->quantity);
    /* With a REPLACE in flight there may be more of it: the answer says. */
    if (slot->filled >= slot->quantity && slot->state != PMM_SLOT_REPLACING) free_slot(slot);
}

/* Nothing of the order changed; if it is gone its own terminal report says so, or it was filled. */
static void apply_refused_replace(const struct pmm_desk *desk, const struct pmm_desk_instrument *in,
                                  struct pmm_slot *slot, uint16_t reason) {
    if (reason == PMM_REASON_UNKNOWN_ORDER || slot->filled >= slot->quantity) {
        free_slot(slot);
        return;
    }
    int is_bid = slot < in->slots[1];
    int retreats = is_bid ? slot->wanted_price < slot->price : slot->wanted_price > slot->price;
    int asked_less = retreats || slot->wanted_quantity < slot->quantity;
    slot->wanted_price = slot->price;
    slot->wanted_quantity = slot->quantity;
    if (slot->state == PMM_SLOT_REPLACING && asked_less) {
        slot->state = PMM_SLOT_LEAVING;
        return;
    }
    if (slot->state == PMM_SLOT_REPLACING) slot->state = PMM_SLOT_LIVE;
    slot->rest_until_ns = desk->clock_ns + desk->reject_rest_ns;
}

static void apply_report(struct pmm_desk *desk, const struct pmm_event *e) {
    struct pmm_desk_instrument *in = &desk->instruments[e->instrument_id];
    struct pmm_slot *slot = find_slot(in, e->order_id);
    desk->changed |= 1ull << e->instrument_id;
    if (!slot && e->kind != PMM_KIND_CANCEL_REJECTED && e->kind != PMM_KIND_REPLACE_REJECTED) in->unknown_reports++;
    if (pmm_report_fault(e)) return;
    if (e->kind == PMM_KIND_FILL) {
        apply_fill(desk, in, slot, e);
        return;
    }
    if (!slot) return;
    switch (e->kind) {
    case PMM_KIND_ACK:
        if (slot->state == PMM_SLOT_NEW) slot->state = PMM_SLOT_LIVE;
        break;
    case PMM_KIND_REPLACED:
        slot->price = slot->wanted_price = e->price;
        slot->quantity = slot->wanted_quantity = e->quantity;
        if (slot->state == PMM_SLOT_REPLACING) slot->state = PMM_SLOT_LIVE;
        if (slot->filled >= slot->quantity) free_slot(slot);
        break;
    case PMM_KIND_REPLACE_REJECTED: apply_refused_replace(desk, in, slot, e->reason); break;
    case PMM_KIND_CANCEL_REJECTED:
        if (e->reason == PMM_REASON_UNKNOWN_ORDER) {
            free_slot(slot);
            break;
        }
        if (slot->state == PMM_SLOT_CANCELLING) slot->state = PMM_SLOT_LIVE;
        slot->rest_until_ns = desk->clock_ns + desk->reject_rest_ns;
        break;
    case PMM_KIND_REJECTED:
        in->rest_until_ns[e->side == PMM_SIDE_ASK] = desk->clock_ns + desk->reject_rest_ns;
        free_slot(slot);
        break;
    case PMM_KIND_CANCELLED: free_slot(slot); break;
    default: break;
    }
}

/* Whether what was in flight is ever answered is not known: all of it is to be cancelled, which tells. */
static void doubt_flights(struct pmm_desk *desk) {
    for (uint32_t i = 0; i < desk->instrument_count; i++)
        for (int at = 0; at < 2 * SLOTS; at++) {
            struct pmm_slot *slot = &desk->instruments[i].slots[at / SLOTS][at % SLOTS];
            if (slot->state == PMM_SLOT_FREE || slot->state == PMM_SLOT_LIVE) continue;
            /* A REPLACE may have made it larger. */
            if (slot->wanted_quantity > slot->quantity) slot->quantity = slot->wanted_quantity;
            slot->state = PMM_SLOT_LEAVING;
        }
}

static void apply_process(struct pmm_desk *desk, const struct pmm_event *e) {
    const uint32_t lost = desk->peers_lost, halted = desk->halted, stopping = desk->stopping;
    switch (e->kind) {
    case PMM_KIND_PEER_LOST: desk->peers_lost |= pmm_source_bit(e->aux); break;
    case PMM_KIND_PEER_BACK: desk->peers_lost &= ~pmm_source_bit(e->aux); break;
    case PMM_KIND_HALT: desk->halted = 1; break;
    case PMM_KIND_RESUME: desk->halted = 0; break;
    case PMM_KIND_STOP: desk->stopping = 1; break;
    case PMM_KIND_START:
        desk->stopping = 0;
        doubt_flights(desk);
        break;
    default: break;
    }
    if (lost != desk->peers_lost || halted != desk->halted || stopping != desk->stopping)
        desk->changed = ~0ull >> (PMM_INSTRUMENTS_MAX - desk->instrument_count);
}

static void apply_market(struct pmm_desk *desk, const struct pmm_event *e) {
    struct pmm_desk_instrument *in = &desk->instruments[e->instrument_id];
    in->market_ns = in->market_cause_ns = e->recv_ns;
    if (e->kind == PMM_KIND_TRADE)
        desk->traded |= 1ull << e->instrument_id;
    else
        desk->changed |= 1ull << e->instrument_id;
}

int64_t pmm_desk_apply(struct pmm_desk *desk, const struct pmm_event *events, size_t n) {
    uint64_t market = 0;
    desk->changed = desk->traded = desk->filled = 0;
    for (uint32_t i = 0; i < desk->instrument_count; i++)
        desk->instruments[i].market_cause_ns = 0;
    for (size_t i = 0; i < n; i++) {
        const struct pmm_event *e = &events[i];
        if (e->recv_ns > desk->clock_ns) desk->clock_ns = e->recv_ns;
        if (e->kind >= PMM_KIND_START) {
            apply_process(desk, e);
        } else if (e->instrument_id >= desk->instrument_count) {
            continue;
        } else if (e->kind >= PMM_KIND_ACK) {
            apply_report(desk, e);
        } else if (e->kind >= PMM_KIND_DEPTH && e->kind <= PMM_KIND_BOOK_INVALID) {
            apply_market(desk, e);
            market |= 1ull << e->instrument_id;
        }
    }
    /* A book looks through the whole batch for its own records: only those that have some. */
    for (; market != 0; market &= market - 1)
        pmm_book_apply(desk->instruments[__builtin_ctzll(market)].book, events, n);
    return (int64_t)n;
}

void pmm_desk_quote(struct pmm_desk *desk, struct pmm_maker *const *makers) {
    for (uint64_t changed = desk->changed; changed; changed &= changed - 1) {
        int instrument = __builtin_ctzll(changed);
        struct pmm_desk_instrument *row = &desk->instruments[instrument];
        if (makers[instrument])
            (void)pmm_maker_quote(makers[instrument], row->book, row->position, desk->clock_ns, &row->wanted);
    }
}

int pmm_desk_quotable(const struct pmm_desk *desk, uint32_t instrument) {
    const struct pmm_desk_instrument *in = &desk->instruments[instrument];
    struct pmm_top top;
    pmm_book_top(in->book, &top);
    return top.valid && !desk->stopping && !desk->halted && !(desk->peers_lost & NEEDED_PEERS) &&
           (desk->stale_ns == 0 || desk->clock_ns - in->market_ns <= desk->stale_ns);
}

static struct pmm_event decision(const struct pmm_desk *desk, uint32_t instrument, int side, uint8_t kind,
                                 const struct pmm_slot *slot) {
    return (struct pmm_event){
        .recv_ns = desk->clock_ns,
        .venue_ns = desk->instruments[instrument].market_cause_ns,
        .price = slot->price,
        .quantity = slot->quantity,
        .order_id = slot->order_id,
        .instrument_id = instrument,
        .kind = kind,
        .side = (uint8_t)(side == 0 ? PMM_SIDE_BID : PMM_SIDE_ASK),
        .flags = kind == PMM_KIND_NEW || kind == PMM_KIND_REPLACE ? PMM_FLAG_POST_ONLY : 0,
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

static struct pmm_event send_new(struct pmm_desk *desk, uint32_t instrument, int side, struct pmm_slot *slot,
                                 const struct pmm_level *level) {
    slot->order_id = desk->next_order_id++;
    slot->price = slot->wanted_price = level->price;
    slot->quantity = slot->wanted_quantity = level->quantity;
    slot->state = PMM_SLOT_NEW;
    struct pmm_event e = decision(desk, instrument, side, PMM_KIND_NEW, slot);
    e.aux = (int64_t)PMM_TIF_GTC | (int64_t)PMM_TYPE_LIMIT << 8 | (int64_t)PMM_STP_CANCEL_NEWEST << 16;
    return e;
}

static struct pmm_event send_replace(struct pmm_desk *desk, uint32_t instrument, int side, struct pmm_slot *slot,
                                     const struct pmm_level *level) {
    slot->wanted_price = level->price;
    slot->wanted_quantity = pmm_lots_add(slot->filled, level->quantity);
    slot->state = PMM_SLOT_REPLACING;
    struct pmm_event e = decision(desk, instrument, side, PMM_KIND_REPLACE, slot);
    e.price = slot->wanted_price;
    e.quantity = slot->wanted_quantity;
    return e;
}

static struct pmm_event send_cancel(struct pmm_desk *desk, uint32_t instrument, int side, struct pmm_slot *slot) {
    slot->state = PMM_SLOT_CANCELLING;
    return decision(desk, instrument, side, PMM_KIND_CANCEL, slot);
}

static_assert(SLOTS == 8 && PMM_SLOT_LEAVING < 8, "a byte for the slots of each state");

/* The slots of a side in each state, as bits: slot i in state s is bit 8 s + i. */
static uint64_t states_of(const struct pmm_slot *slots) {
    uint64_t states = 0;
    for (uint32_t i = 0; i < SLOTS; i++)
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

/* The wanted levels that no order serves, as bits; the orders that serve the others go out of the set. */
static uint32_t pair_up(const struct pmm_desk *desk, const struct pmm_desk_instrument *in, const struct pmm_slot *slots,
                        const struct pmm_level *levels, int count, uint32_t *orders) {
    const int64_t least = in->quantity_min > 1 ? in->quantity_min : 1;
    uint32_t missing = 0;
    for (int level = 0; level < count; level++) {
        if (levels[level].price <= 0 || levels[level].quantity < least) continue;
        uint32_t left = *orders;
        while (left != 0 && !serves(&slots[__builtin_ctz(left)], &levels[level], (uint64_t)desk->requote_ticks))
            left &= left - 1;
        *orders ^= left & -left;
        missing |= (uint32_t)(left == 0) << level;
    }
    return missing;
}

/* Those of a set that no refusal keeps from being touched. */
static uint32_t rested(const struct pmm_slot *slots, uint32_t set, int64_t clock_ns) {
    uint32_t ready = 0;
    for (; set != 0; set &= set - 1)
        if (slots[__builtin_ctz(set)].rest_until_ns <= clock_ns) ready |= set & -set;
    return ready;
}

static size_t decide_side(struct pmm_desk *desk, uint32_t instrument, int side, struct pmm_event *out, size_t max) {
    struct pmm_desk_instrument *in = &desk->instruments[instrument];
    struct pmm_slot *slots = in->slots[side];
    const struct pmm_level *levels = side == 0 ? in->wanted.bids : in->wanted.asks;
    int count = side == 0 ? in->wanted.bid_count : in->wanted.ask_count;
    if (count < 0 || count > PMM_QUOTE_LEVELS_MAX) count = 0; /* nobody's ladder: pull rather than read past it */
    const uint64_t states = states_of(slots);
    const uint32_t live = in_state(states, PMM_SLOT_LIVE), leaving = in_state(states, PMM_SLOT_LEAVING);
    const uint32_t going = in_state(states, PMM_SLOT_CANCELLING) | leaving;
    uint32_t spare = in_state(states, PMM_SLOT_FREE), unpaired = 0xFF & ~(spare | going);
    uint32_t missing = pair_up(desk, in, slots, levels, count, &unpaired);
    uint32_t unwanted = rested(slots, unpaired & live, desk->clock_ns);
    /*
     * Orders in flight towards another price, on their way out, or at rest after a refusal keep a wanted level
     * waiting: sending more would double the quote.
     */
    int waiting = __builtin_popcount((unpaired & ~unwanted) | going);
    size_t n = 0;
    for (; missing != 0 && n < max; missing &= missing - 1) {
        const struct pmm_level *level = &levels[__builtin_ctz(missing)];
        if (unwanted != 0) {
            struct pmm_slot *slot = take(slots, &unwanted);
            out[n++] = desk->replace ? send_replace(desk, instrument, side, slot, level)
                                     : send_cancel(desk, instrument, side, slot);
        } else if (waiting-- <= 0 && in->rest_until_ns[side] <= desk->clock_ns && spare != 0) {
            out[n++] = send_new(desk, instrument, side, take(slots, &spare), level);
        }
    }
    unwanted |= rested(slots, leaving, desk->clock_ns);
    while (unwanted != 0 && n < max)
        out[n++] = send_cancel(desk, instrument, side, take(slots, &unwanted));
    return n;
}

int64_t pmm_desk_decide(struct pmm_desk *desk, struct pmm_event *out, size_t max) {
    size_t n = 0;
    for (uint32_t i = 0; i < desk->instrument_count; i++) {
        if (!pmm_desk_quotable(desk, i))
            desk->instruments[i].wanted.bid_count = desk->instruments[i].wanted.ask_count = 0;
        for (int side = 0; side < 2; side++)
            n += decide_side(desk, i, side, out + n, max - n);
    }
    return (int64_t)n;
}

int64_t pmm_desk_working(const struct pmm_desk *desk) {
    int64_t working = 0;
    for (uint32_t i = 0; i < desk->instrument_count; i++)
        for (int side = 0; side < 2; side++)
            for (int slot = 0; slot < SLOTS; slot++)
                working += desk->instruments[i].slots[side][slot].state != PMM_SLOT_FREE;
    return working;
}
