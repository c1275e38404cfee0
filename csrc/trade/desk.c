/* desk.c: what is working and what is wanted, from reports and quotes. */
#include "trade/desk.h"

#include <string.h>

#include "base/error.h"
#include "base/kinds.h"
#include "base/money.h"

#define SLOTS PMM_QUOTE_LEVELS_MAX

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
    desk->filled |= UINT64_C(1) << e->instrument_id;
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
    desk->changed |= UINT64_C(1) << e->instrument_id;
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
        desk->traded |= UINT64_C(1) << e->instrument_id;
    else
        desk->changed |= UINT64_C(1) << e->instrument_id;
}

int64_t pmm_desk_apply(struct pmm_desk *desk, const struct pmm_event *events, size_t n) {
    uint64_t market = 0;
    desk->changed = desk->traded = desk->filled = 0;
    for (uint32_t i = 0; i < desk->instrument_count; i++)
        desk->instruments[i].market_cause_ns = 0;
    for (size_t i = 0; i < n; i++) {
        const struct pmm_event *e = &events[i];
        if (e->recv_ns > desk->clock_ns) desk->clock_ns = e->recv_ns;
        if (pmm_class_of(e->kind) == PMM_CLASS_PROCESS) {
            apply_process(desk, e);
        } else if (e->instrument_id >= desk->instrument_count) {
            continue;
        } else if (pmm_class_of(e->kind) == PMM_CLASS_REPORT) {
            apply_report(desk, e);
        } else if (pmm_is_of_levels(e->kind)) {
            apply_market(desk, e);
            market |= UINT64_C(1) << e->instrument_id;
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

int64_t pmm_desk_working(const struct pmm_desk *desk) {
    int64_t working = 0;
    for (uint32_t i = 0; i < desk->instrument_count; i++)
        for (int side = 0; side < 2; side++)
            for (int slot = 0; slot < SLOTS; slot++)
                working += desk->instruments[i].slots[side][slot].state != PMM_SLOT_FREE;
    return working;
}
