/* tally.c: the counts of a session's orders, a part of the report. */
#include "report/tally.h"

#include <stdbool.h>

#include "base/align.h"
#include "base/assert.h"
#include "base/error.h"
#include "base/kinds.h"
#include "base/money.h"
#include "base/order_state.h"
#include "book/order_index.h"

#define ORDERS_MAX (1u << 24)

struct tally_order {
    uint64_t order_id; /* first: what the index compares */
    int64_t quantity;
    int64_t filled;
    uint32_t instrument_id;
    uint32_t next_free;
    uint8_t side;
    bool resting;
    bool replacing; /* a REPLACE is unanswered */
    uint8_t reserved[5];
};

struct pmm_tally {
    struct pmm_tally_times times;
    int64_t warm_up_ns;
    uint32_t instrument_count;
    uint32_t shift;
    uint32_t free; /* slot of the free list's first, 0: full */
    bool stopping;
    uint8_t reserved[3];
    size_t orders_at;
    size_t index_at;
    struct pmm_tally_instrument instruments[];
};

static struct tally_order *orders_of(const struct pmm_tally *tally) {
    return (struct tally_order *)(void *)((char *)tally + tally->orders_at);
}

static struct pmm_index_entry *index_of(const struct pmm_tally *tally) {
    return (struct pmm_index_entry *)(void *)((char *)tally + tally->index_at);
}

size_t pmm_tally_memsize(uint32_t orders, uint32_t instrument_count) {
    if (orders == 0 || orders > ORDERS_MAX || instrument_count == 0 || instrument_count > PMM_INSTRUMENTS_MAX) return 0;
    return sizeof(struct pmm_tally) + instrument_count * sizeof(struct pmm_tally_instrument) +
           ((size_t)orders + 1) * sizeof(struct tally_order) + pmm_index_bytes(orders);
}

int pmm_tally_init(struct pmm_tally *tally, size_t bytes, uint32_t orders, uint32_t instrument_count,
                   int64_t warm_up_ns) {
    size_t needed = pmm_tally_memsize(orders, instrument_count);
    if (!pmm_is_room_at(tally, bytes, needed, _Alignof(struct pmm_tally))) return PMM_ERR_ARGUMENT;
    tally->warm_up_ns = warm_up_ns;
    tally->instrument_count = instrument_count;
    tally->shift = pmm_index_shift(orders);
    tally->orders_at = sizeof *tally + instrument_count * sizeof(struct pmm_tally_instrument);
    tally->index_at = tally->orders_at + ((size_t)orders + 1) * sizeof(struct tally_order);
    struct tally_order *order = orders_of(tally);
    for (uint32_t slot = 1; slot < orders; slot++)
        order[slot].next_free = slot + 1;
    PMM_ASSERT(tally->index_at + pmm_index_bytes(orders) == needed);
    tally->free = 1;
    return PMM_OK;
}

static uint32_t place_of(const struct pmm_tally *tally, uint64_t order_id) {
    return pmm_index_seek(index_of(tally), tally->shift, orders_of(tally), sizeof(struct tally_order), order_id);
}

static struct tally_order *find(const struct pmm_tally *tally, uint64_t order_id) {
    uint32_t slot = index_of(tally)[place_of(tally, order_id)].slot;
    return slot == 0 ? NULL : &orders_of(tally)[slot];
}

static void rest(struct pmm_tally *tally, struct tally_order *order, bool resting) {
    struct pmm_tally_instrument *in = &tally->instruments[order->instrument_id];
    if (order->resting == resting) return;
    *(order->side == PMM_SIDE_BID ? &in->bids_resting : &in->asks_resting) += resting ? 1 : -1;
    order->resting = resting;
}

static void end(struct pmm_tally *tally, uint64_t order_id) {
    uint32_t at = place_of(tally, order_id), slot = index_of(tally)[at].slot;
    if (slot == 0) return;
    struct tally_order *order = &orders_of(tally)[slot];
    rest(tally, order, false);
    pmm_index_take(index_of(tally), tally->shift, at);
    *order = (struct tally_order){.next_free = tally->free};
    tally->free = slot;
}

static void begin(struct pmm_tally *tally, const struct pmm_event *e) {
    tally->instruments[e->instrument_id].sent++;
    end(tally, e->order_id); /* a journal that gives an id twice means the later order */
    uint32_t slot = tally->free;
    if (slot == 0) {
        tally->times.untracked++;
        return;
    }
    struct tally_order *order = &orders_of(tally)[slot];
    tally->free = order->next_free;
    *order = (struct tally_order){
        .order_id = e->order_id, .quantity = e->quantity, .instrument_id = e->instrument_id, .side = e->side};
    pmm_index_put(index_of(tally), place_of(tally, e->order_id), slot, e->order_id);
}

/* Of a FILL; of a FILL_BUSTED it is given back, at the middle of now. */
static void capture_spread(struct pmm_tally_instrument *in, const struct pmm_event *e) {
    if (in->twice_mid == 0) return;
    const pmm_wide edge = (pmm_wide)in->twice_mid - 2 * (pmm_wide)e->price, high = (pmm_wide)1 << 64;
    pmm_wide captured, sum = in->spread_twice_high * high + in->spread_twice_low;
    const int adds = (e->side == PMM_SIDE_BID) == (e->kind == PMM_KIND_FILL);
    if (__builtin_mul_overflow(adds ? edge : -edge, e->quantity, &captured) ||
        __builtin_add_overflow(sum, captured, &sum))
        return;
    in->spread_twice_high = (int64_t)(sum >> 64);
    in->spread_twice_low = (uint64_t)sum;
}

static void count_decision(struct pmm_tally *tally, const struct pmm_event *e) {
    struct tally_order *order;
    switch (e->kind) {
    case PMM_KIND_NEW: begin(tally, e); break;
    case PMM_KIND_REPLACE:
        order = find(tally, e->order_id);
        if (order) order->replacing = true;
        break;
    case PMM_KIND_REJECTED:
        if (e->reason < PMM_REASONS) tally->instruments[e->instrument_id].rejected[e->reason]++;
        end(tally, e->order_id);
        break;
    default: break;
    }
}

/* What a report makes of its order. */
static void follow(struct pmm_tally *tally, const struct pmm_event *e) {
    struct tally_order *order = find(tally, e->order_id);
    if (!order) return;
    const int was_filled = order->filled > 0;
    if (e->kind == PMM_KIND_ACK) rest(tally, order, true);
    int gone = pmm_order_fold(&order->quantity, &order->filled, order->replacing, e);
    tally->instruments[e->instrument_id].filled += (order->filled > 0) - was_filled;
    if (e->kind == PMM_KIND_REPLACED || e->kind == PMM_KIND_REPLACE_REJECTED) order->replacing = false;
    if (gone) end(tally, e->order_id);
}

static void count_input(struct pmm_tally *tally, const struct pmm_event *e) {
    struct pmm_tally_instrument *in = &tally->instruments[e->instrument_id];
    if (pmm_report_fault(e)) return;
    switch (e->kind) {
    case PMM_KIND_TOP:
        if (!(e->flags & PMM_FLAG_STALE)) in->twice_mid = (int64_t)((uint64_t)e->price + e->order_id);
        break;
    case PMM_KIND_ACK: in->acknowledged++; break;
    case PMM_KIND_CANCELLED: in->cancelled++; break;
    case PMM_KIND_FILL:
    case PMM_KIND_FILL_BUSTED:
        *(e->side == PMM_SIDE_BID ? &in->bid_fills : &in->ask_fills) += e->kind == PMM_KIND_FILL ? 1 : -1;
        capture_spread(in, e);
        break;
    default: break;
    }
    if (pmm_class_of(e->kind) == PMM_CLASS_REPORT) follow(tally, e);
}

/* The time up to the record belongs to the state before it. */
static void pass_time(struct pmm_tally *tally, int64_t recv_ns) {
    struct pmm_tally_times *times = &tally->times;
    if (times->first_ns == 0) times->first_ns = times->last_ns = recv_ns;
    if (recv_ns <= times->last_ns) return;
    uint64_t step = (uint64_t)recv_ns - (uint64_t)times->last_ns;
    times->last_ns = recv_ns;
    if (step > PMM_TALLY_PAUSE_NS) return;
    int64_t warm_left = tally->warm_up_ns - times->running_ns, asked = (int64_t)step;
    times->running_ns += (int64_t)step;
    if (warm_left > 0) asked -= warm_left < asked ? warm_left : asked;
    if (asked == 0 || tally->stopping) return;
    times->asked_ns += asked;
    for (uint32_t i = 0; i < tally->instrument_count; i++) {
        struct pmm_tally_instrument *in = &tally->instruments[i];
        if (in->bids_resting > 0 && in->asks_resting > 0) in->both_sides_ns += asked;
    }
}

int64_t pmm_tally_run(struct pmm_tally *tally, const struct pmm_event *events, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct pmm_event *e = &events[i];
        pass_time(tally, e->recv_ns);
        if (e->kind == PMM_KIND_STOP) tally->stopping = true;
        if (e->kind == PMM_KIND_START) {
            tally->stopping = false;
            tally->times.runs++;
        }
        if (e->instrument_id >= tally->instrument_count) continue;
        if (e->flags & PMM_FLAG_DECISION)
            count_decision(tally, e);
        else
            count_input(tally, e);
    }
    return (int64_t)n;
}

const struct pmm_tally_instrument *pmm_tally_of(const struct pmm_tally *tally, uint32_t instrument_id) {
    return instrument_id < tally->instrument_count ? &tally->instruments[instrument_id] : NULL;
}

void pmm_tally_read_times(const struct pmm_tally *tally, struct pmm_tally_times *out) { *out = tally->times; }
