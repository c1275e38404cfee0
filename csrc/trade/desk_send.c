/* desk_send.c: orders beside the quotes, from being asked for to their end. */
#include <assert.h>

#include "base/error.h"
#include "base/order_state.h"
#include "base/sides.h"
#include "base/terms.h"
#include "trade/desk_internal.h"

static_assert(PMM_DESK_SENT_MAX == 64, "a bit for each of them");
static_assert(PMM_DESK_DECISIONS_MAX == 2 * PMM_QUOTE_LEVELS_MAX * PMM_DESK_INSTRUMENTS_MAX + PMM_DESK_SENT_MAX,
              "room for every slot");

#define BIT(at) (UINT64_C(1) << (at))
#define NONE    PMM_DESK_SENT_MAX

static void wake(struct pmm_desk *desk) { desk->due_ns = INT64_MIN; }

static uint32_t find(const struct pmm_desk *desk, uint64_t order_id) {
    for (uint64_t used = desk->sent_used; used != 0; used &= used - 1)
        if (desk->sent[__builtin_ctzll(used)].order_id == order_id) return (uint32_t)__builtin_ctzll(used);
    return NONE;
}

static void release(struct pmm_desk *desk, uint32_t at) {
    desk->sent_used &= ~BIT(at);
    desk->sent_queued &= ~BIT(at);
    desk->sent_leaving &= ~BIT(at);
}

static int may_be_sent(const struct pmm_desk_instrument *in, uint32_t side, int64_t price, int64_t quantity,
                       uint32_t type, uint32_t time_in_force, uint32_t flags) {
    const int is_market = type == PMM_TYPE_MARKET;
    const int rests = pmm_may_rest((int)type, (int)time_in_force);
    return pmm_is_side((int)side) && quantity >= in->quantity_min && type <= PMM_TYPE_MARKET &&
           time_in_force <= PMM_TIF_FOK && (is_market ? price == 0 : price > 0) &&
           (flags == 0 || (flags == PMM_FLAG_POST_ONLY && rests));
}

int64_t pmm_desk_send(struct pmm_desk *desk, uint32_t instrument_id, uint32_t side, int64_t price, int64_t quantity,
                      uint32_t type, uint32_t time_in_force, uint32_t flags) {
    const uint32_t row = pmm_desk_row_of(desk, instrument_id);
    if (row == PMM_DESK_NO_ROW) return PMM_ERR_ARGUMENT;
    const struct pmm_desk_instrument *in = &desk->instruments[row];
    if (!may_be_sent(in, side, price, quantity, type, time_in_force, flags)) return PMM_ERR_ARGUMENT;
    if (desk->pulled >> row & 1) return PMM_ERR_NOT_READY;
    if (type == PMM_TYPE_MARKET && !desk_is_fresh(desk, in)) return PMM_ERR_INVALID;
    return desk_put(desk, row, side, price, quantity, pmm_terms(time_in_force, type, PMM_STP_CANCEL_NEWEST), flags);
}

int64_t desk_put(struct pmm_desk *desk, uint32_t row, uint32_t side, int64_t price, int64_t quantity, int64_t terms,
                 uint32_t flags) {
    if (desk->sent_used == UINT64_MAX) return PMM_ERR_FULL;
    const uint32_t at = (uint32_t)__builtin_ctzll(~desk->sent_used);
    desk->sent[at] = (struct pmm_sent){
        .order_id = desk->next_order_id++,
        .price = price,
        .quantity = quantity,
        .terms = terms,
        .state = PMM_SLOT_NEW,
        .row = (uint8_t)row,
        .side = (uint8_t)side,
        .flags = (uint8_t)flags,
    };
    desk->sent_used |= BIT(at);
    desk->sent_queued |= BIT(at);
    wake(desk);
    return (int64_t)desk->sent[at].order_id;
}

static void cancel(struct pmm_desk *desk, uint32_t at) {
    if (desk->sent_queued & BIT(at)) {
        release(desk, at);
        return;
    }
    desk->sent_leaving |= BIT(at);
    wake(desk);
}

int pmm_desk_cancel(struct pmm_desk *desk, uint64_t order_id) {
    const uint32_t at = find(desk, order_id);
    if (at == NONE) return PMM_ERR_NOT_FOUND;
    cancel(desk, at);
    return 0;
}

void desk_sent_pull(struct pmm_desk *desk) {
    for (uint64_t used = desk->sent_used; used != 0; used &= used - 1) {
        const uint32_t at = (uint32_t)__builtin_ctzll(used);
        if (desk->pulled >> desk->sent[at].row & 1) cancel(desk, at);
    }
}

void desk_sent_doubt(struct pmm_desk *desk) {
    for (uint64_t out = desk->sent_used & ~desk->sent_queued; out != 0; out &= out - 1) {
        const uint32_t at = (uint32_t)__builtin_ctzll(out);
        if (desk->sent[at].state == PMM_SLOT_LIVE) continue;
        desk->sent[at].state = PMM_SLOT_LIVE;
        cancel(desk, at);
    }
}

int desk_sent_report(struct pmm_desk *desk, uint32_t row, const struct pmm_event *report) {
    const uint32_t at = find(desk, report->order_id);
    if (at == NONE || desk->sent[at].row != row) return 0;
    struct pmm_sent *order = &desk->sent[at];
    if (pmm_report_fault(report)) return 1;
    if (pmm_order_fold(&order->quantity, &order->filled, 0, report)) {
        release(desk, at);
    } else if (report->kind == PMM_KIND_ACK) {
        if (order->state == PMM_SLOT_NEW) order->state = PMM_SLOT_LIVE;
    } else if (report->kind == PMM_KIND_CANCEL_REJECTED) {
        if (order->state == PMM_SLOT_CANCELLING) order->state = PMM_SLOT_LIVE;
        order->rest_until_ns = desk_rest_until(desk);
    }
    if (desk->sent_leaving != 0) wake(desk);
    return 1;
}

static void decide(const struct pmm_desk *desk, const struct pmm_sent *order, uint8_t kind, struct pmm_event *out) {
    const struct pmm_desk_instrument *in = &desk->instruments[order->row];
    const int is_new = kind == PMM_KIND_NEW;
    *out = (struct pmm_event){
        .recv_ns = desk->clock_ns,
        .venue_ns = in->market_cause_ns,
        .price = order->price,
        .quantity = order->quantity,
        .order_id = order->order_id,
        .aux = is_new ? order->terms : 0,
        .instrument_id = in->instrument_id,
        .kind = kind,
        .side = order->side,
        .flags = is_new ? order->flags : 0,
    };
}

/* Takes the order that was asked for first out of a set of them. */
static uint32_t take_first(const struct pmm_desk *desk, uint64_t *set) {
    uint32_t first = (uint32_t)__builtin_ctzll(*set);
    for (uint64_t rest = *set; rest != 0; rest &= rest - 1) {
        const uint32_t at = (uint32_t)__builtin_ctzll(rest);
        if (desk->sent[at].order_id < desk->sent[first].order_id) first = at;
    }
    *set &= ~BIT(first);
    return first;
}

/* Those that a CANCEL may be asked for now; what rests after a refusal makes the desk due when it is over. */
static uint64_t to_cancel(struct pmm_desk *desk) {
    uint64_t ready = 0;
    for (uint64_t leaving = desk->sent_leaving; leaving != 0; leaving &= leaving - 1) {
        const struct pmm_sent *order = &desk->sent[__builtin_ctzll(leaving)];
        if (order->state != PMM_SLOT_LIVE) continue;
        if (order->rest_until_ns <= desk->clock_ns)
            ready |= leaving & -leaving;
        else if (order->rest_until_ns < desk->due_ns)
            desk->due_ns = order->rest_until_ns;
    }
    return ready;
}

struct pmm_event *desk_sent_decide(struct pmm_desk *desk, struct pmm_event *out, const struct pmm_event *end) {
    uint64_t cancels = to_cancel(desk);
    while (cancels != 0 && out != end) {
        struct pmm_sent *order = &desk->sent[take_first(desk, &cancels)];
        decide(desk, order, PMM_KIND_CANCEL, out++);
        order->state = PMM_SLOT_CANCELLING;
    }
    while (desk->sent_queued != 0 && out != end)
        decide(desk, &desk->sent[take_first(desk, &desk->sent_queued)], PMM_KIND_NEW, out++);
    if (cancels != 0 || desk->sent_queued != 0) wake(desk);
    return out;
}
