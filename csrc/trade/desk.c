/* desk.c: what is working and what is wanted, from reports and quotes. */
#include "trade/desk.h"

#include <string.h>

#include "base/dust.h"
#include "base/error.h"
#include "base/kinds.h"
#include "base/money.h"
#include "base/order_state.h"
#include "base/prefetch.h"
#include "trade/desk_internal.h"

#define SLOTS     PMM_QUOTE_LEVELS_MAX
#define WARM_ROWS 4

static_assert(PMM_DESK_INSTRUMENTS_MAX == 64, "a bit for each row");

static uint64_t all_rows(const struct pmm_desk *desk) {
    return UINT64_MAX >> (PMM_DESK_INSTRUMENTS_MAX - desk->instrument_count);
}

int pmm_desk_init(struct pmm_desk *desk, struct pmm_book *const *books, const struct pmm_instrument *instruments,
                  uint32_t instrument_count, uint32_t owner) {
    if (instrument_count == 0 || instrument_count > PMM_DESK_INSTRUMENTS_MAX || owner >= PMM_NUMBERS_MAX)
        return PMM_ERR_ARGUMENT;
    memset(desk, 0, sizeof *desk);
    memset(desk->row_of, PMM_DESK_NO_ROW, sizeof desk->row_of);
    for (uint32_t row = 0; row < instrument_count; row++) {
        const struct pmm_instrument *terms = &instruments[row];
        const uint32_t id = terms->instrument_id;
        if (id >= PMM_INSTRUMENTS_MAX || desk->row_of[id] != PMM_DESK_NO_ROW || pmm_feed_of(terms) >= PMM_NUMBERS_MAX)
            return PMM_ERR_ARGUMENT;
        desk->row_of[id] = (uint8_t)row;
        struct pmm_desk_instrument *in = &desk->instruments[row];
        in->book = books[row];
        in->quantity_min = terms->quantity_min > 1 ? terms->quantity_min : 1;
        pmm_dust_init(&in->dust, terms->lot_mantissa, terms->lot_decimals);
        in->instrument_id = id;
        in->venue_number = terms->venue_number;
        in->feed_number = (uint16_t)pmm_feed_of(terms);
    }
    desk->instrument_count = instrument_count;
    desk->next_order_id = (uint64_t)owner << PMM_OWNER_SHIFT | 1;
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

/* The order stands as it was, and is not asked for the same again at once. */
static void apply_refused_replace(const struct pmm_desk *desk, const struct pmm_desk_instrument *in,
                                  struct pmm_slot *slot) {
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
    slot->rest_until_ns = desk_rest_until(desk);
}

static void apply_to_slot(const struct pmm_desk *desk, struct pmm_desk_instrument *in, struct pmm_slot *slot,
                          const struct pmm_event *e) {
    if (pmm_order_fold(&slot->quantity, &slot->filled, slot->state == PMM_SLOT_REPLACING, e)) {
        memset(slot, 0, sizeof *slot);
    } else if (e->kind == PMM_KIND_ACK) {
        if (slot->state == PMM_SLOT_NEW) slot->state = PMM_SLOT_LIVE;
    } else if (e->kind == PMM_KIND_REPLACED) {
        slot->price = slot->wanted_price = e->price;
        slot->wanted_quantity = slot->quantity;
        if (slot->state == PMM_SLOT_REPLACING) slot->state = PMM_SLOT_LIVE;
    } else if (e->kind == PMM_KIND_REPLACE_REJECTED) {
        apply_refused_replace(desk, in, slot);
    } else if (e->kind == PMM_KIND_CANCEL_REJECTED) {
        if (slot->state == PMM_SLOT_CANCELLING) slot->state = PMM_SLOT_LIVE;
        slot->rest_until_ns = desk_rest_until(desk);
    }
}

/* Reports that come when their order is gone here: answers that crossed its end, fees, what was inferred. */
static int may_be_unknown(const struct pmm_event *e) {
    return e->kind == PMM_KIND_CANCEL_REJECTED || e->kind == PMM_KIND_REPLACE_REJECTED || e->kind == PMM_KIND_FEE ||
           e->kind == PMM_KIND_FILL_BUSTED || e->reason == PMM_REASON_CORRECTED;
}

/* Lots that a fee in the base currency takes away. */
static int64_t lots_paid(struct pmm_desk_instrument *in, const struct pmm_event *fee) {
    int beyond = 0;
    return pmm_money_narrow(pmm_dust_pay(&in->dust, fee, &beyond), &beyond);
}

/* Whether the position moved. */
static int apply_to_position(struct pmm_desk_instrument *in, const struct pmm_event *e) {
    const int is_bid = e->side == PMM_SIDE_BID;
    switch (e->kind) {
    case PMM_KIND_FILL:
        in->position = pmm_lots_add(in->position, is_bid ? e->quantity : -e->quantity);
        in->fills++;
        return 1;
    case PMM_KIND_FILL_BUSTED:
        in->position = pmm_lots_add(in->position, is_bid ? -e->quantity : e->quantity);
        in->fills -= in->fills > 0;
        return 1;
    case PMM_KIND_FEE:
        if (e->side != PMM_FEE_BASE) return 0;
        in->position = pmm_lots_add(in->position, -lots_paid(in, e));
        return 1;
    default: return 0;
    }
}

static void apply_report(struct pmm_desk *desk, uint32_t row, const struct pmm_event *e) {
    struct pmm_desk_instrument *in = &desk->instruments[row];
    struct pmm_slot *slot = find_slot(in, e->order_id);
    desk->changed |= UINT64_C(1) << row;
    if (!slot && !desk_sent_report(desk, row, e) && !may_be_unknown(e)) in->unknown_reports++;
    if (pmm_report_fault(e)) return;
    if (apply_to_position(in, e)) desk->filled |= UINT64_C(1) << row;
    if (!slot) return;
    if (e->kind == PMM_KIND_REJECTED) in->rest_until_ns[e->side == PMM_SIDE_ASK] = desk_rest_until(desk);
    apply_to_slot(desk, in, slot, e);
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
    desk_sent_doubt(desk);
}

/* The absence of a peer means that nobody watches what is out. */
uint64_t desk_kept_out(const struct pmm_desk *desk) {
    uint64_t pulled = 0;
    if (desk->halted || desk->stopping || pmm_is_lost(&desk->peers, PMM_SOURCE_RISK, 0)) return all_rows(desk);
    for (uint32_t row = 0; row < desk->instrument_count; row++) {
        const struct pmm_desk_instrument *in = &desk->instruments[row];
        if (pmm_is_lost(&desk->peers, PMM_SOURCE_FEED, in->feed_number) ||
            pmm_is_lost(&desk->peers, PMM_SOURCE_GATEWAY, in->venue_number))
            pulled |= UINT64_C(1) << row;
    }
    return pulled;
}

static void apply_process(struct pmm_desk *desk, const struct pmm_event *e) {
    const uint64_t before = desk->pulled;
    switch (e->kind) {
    case PMM_KIND_PEER_LOST:
    case PMM_KIND_PEER_BACK: pmm_peers_note(&desk->peers, e); break;
    case PMM_KIND_HALT: desk->halted = 1; break;
    case PMM_KIND_RESUME:
        desk->halted = 0;
        desk_close_end(desk);
        break;
    case PMM_KIND_FLATTEN: desk_close_begin(desk, e); break;
    case PMM_KIND_STOP: desk->stopping = 1; break;
    case PMM_KIND_START:
        desk->stopping = 0;
        desk->looks = all_rows(desk);
        doubt_flights(desk);
        break;
    default: return;
    }
    desk->pulled = desk->closing ? all_rows(desk) : desk_kept_out(desk);
    desk->changed |= before ^ desk->pulled;
    desk_sent_pull(desk);
}

static void apply_market(struct pmm_desk *desk, uint32_t row, const struct pmm_event *e) {
    struct pmm_desk_instrument *in = &desk->instruments[row];
    in->market_ns = in->market_cause_ns = e->recv_ns;
    if (e->kind == PMM_KIND_TRADE)
        desk->traded |= UINT64_C(1) << row;
    else
        desk->changed |= UINT64_C(1) << row;
}

int64_t pmm_desk_apply(struct pmm_desk *desk, const struct pmm_event *events, size_t n) {
    uint64_t market = 0;
    for (uint64_t caused = desk->changed | desk->traded; caused != 0; caused &= caused - 1)
        desk->instruments[__builtin_ctzll(caused)].market_cause_ns = 0;
    desk->changed = desk->traded = desk->filled = 0;
    desk->parameters = 0;
    for (size_t i = 0; i < n; i++) {
        const struct pmm_event *e = &events[i];
        if (e->recv_ns > desk->clock_ns) desk->clock_ns = e->recv_ns;
        const uint32_t row = pmm_desk_row_of(desk, e->instrument_id);
        if (e->kind == PMM_KIND_PARAMETER && row != PMM_DESK_NO_ROW) {
            desk->parameters++;
            desk->changed |= UINT64_C(1) << row;
        } else if (pmm_class_of(e->kind) == PMM_CLASS_PROCESS) {
            apply_process(desk, e);
        } else if (row == PMM_DESK_NO_ROW) {
            continue;
        } else if (pmm_class_of(e->kind) == PMM_CLASS_REPORT) {
            apply_report(desk, row, e);
        } else if (pmm_is_of_levels(e->kind)) {
            apply_market(desk, row, e);
            market |= UINT64_C(1) << row;
        }
    }
    desk->looks |= desk->changed | desk->traded;
    /* A book looks through the whole batch for its own records: only those that have some. */
    for (; market != 0; market &= market - 1)
        pmm_book_apply(desk->instruments[__builtin_ctzll(market)].book, events, n);
    if (desk->closing) desk_close(desk);
    return (int64_t)n;
}

void pmm_desk_tune(const struct pmm_desk *desk, struct pmm_maker *const *makers, const struct pmm_event *events,
                   size_t n) {
    if (!desk->parameters) return;
    for (size_t i = 0; i < n; i++) {
        const struct pmm_event *e = &events[i];
        const uint32_t row = pmm_desk_row_of(desk, e->instrument_id);
        if (e->kind != PMM_KIND_PARAMETER || row == PMM_DESK_NO_ROW || !makers[row]) continue;
        (void)pmm_maker_set(makers[row], e->reason, e->price); /* who told it has held it against the ranges */
    }
}

void pmm_desk_quote(struct pmm_desk *desk, struct pmm_maker *const *makers) {
    for (uint64_t changed = desk->changed; changed; changed &= changed - 1) {
        int row = __builtin_ctzll(changed);
        struct pmm_desk_instrument *in = &desk->instruments[row];
        if (makers[row]) (void)pmm_maker_quote(makers[row], in->book, in->position, desk->clock_ns, &in->wanted);
    }
}

void pmm_desk_look(struct pmm_desk *desk, uint32_t instrument_id) {
    const uint32_t row = pmm_desk_row_of(desk, instrument_id);
    if (row != PMM_DESK_NO_ROW) desk->looks |= UINT64_C(1) << row;
}

int64_t pmm_desk_working(const struct pmm_desk *desk) {
    int64_t working = __builtin_popcountll(desk->sent_used);
    for (uint32_t i = 0; i < desk->instrument_count; i++)
        for (int side = 0; side < 2; side++)
            for (int slot = 0; slot < SLOTS; slot++)
                working += desk->instruments[i].slots[side][slot].state != PMM_SLOT_FREE;
    return working;
}

void pmm_desk_warm(const struct pmm_desk *desk, struct pmm_maker *const *makers) {
    uint64_t rows = desk->instrument_count <= WARM_ROWS ? all_rows(desk) : desk->changed;
    pmm_prefetch_to_write(desk, offsetof(struct pmm_desk, instruments));
    for (int left = WARM_ROWS; rows != 0 && left > 0; rows &= rows - 1, left--) {
        const int row = __builtin_ctzll(rows);
        pmm_prefetch_to_write(&desk->instruments[row], sizeof *desk->instruments);
        pmm_book_warm(desk->instruments[row].book);
        if (makers[row]) pmm_prefetch_to_write(makers[row], sizeof *makers[row]);
    }
}
