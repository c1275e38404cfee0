/* turn_risk.c: risk: the look at the books of what is judged, between polling and deciding. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "risk/risk_look.h"
#include "turn/turn.h"
#include "turn/turns.h"

/* From the feed's shared book; without one nothing is known. */
static int top_of(const void *market, uint32_t instrument, struct pmm_event *out) {
    const struct pmm_book *book = ((const struct pmm_book *const *)market)[instrument];
    struct pmm_top top;
    memset(&top, 0, sizeof top);
    int code = book ? pmm_book_read_top(book, &top) : PMM_ERR_NOT_FOUND;
    out->venue_ns = top.recv_ns;
    out->price = top.bid_price;
    out->quantity = top.bid_quantity;
    out->order_id = (uint64_t)top.ask_price;
    out->aux = top.ask_quantity;
    out->reason = (uint16_t)top.reason;
    return code;
}

/* Puts a TOP record for each judged instrument before the n polled records at batch. */
static size_t insert_tops(const struct pmm_risk_turn *turn, struct pmm_event *batch, size_t n) {
    struct pmm_set judged;
    if (pmm_risk_judged(turn->risk, batch, n, &judged) == 0) return 0;
    return pmm_risk_look(batch, n, &judged, pmm_clock_read_session_ns(turn->clock), top_of, turn->books);
}

static void record_latency(const struct pmm_risk_turn *turn, size_t n) {
    int64_t now_ns = 0;
    for (size_t i = 0; i < n; i++) {
        const struct pmm_event *e = &turn->decisions[i];
        if (e->venue_ns == 0 || (e->kind != PMM_KIND_NEW && e->kind != PMM_KIND_REPLACE)) continue;
        if (now_ns == 0) now_ns = pmm_clock_read_session_ns(turn->clock);
        pmm_histogram_record(turn->tick_to_order, now_ns - e->venue_ns);
    }
}

int64_t pmm_risk_run_turn(struct pmm_risk_turn *turn, size_t own) {
    const size_t besides = own + pmm_risk_instrument_count(turn->risk);
    if (turn->batch_max <= besides) return PMM_ERR_ARGUMENT;
    int64_t polled = pmm_stage_poll(turn->stage, turn->batch + own, turn->batch_max - besides);
    size_t n = own + (size_t)polled + insert_tops(turn, turn->batch + own, (size_t)polled);
    int64_t taken = pmm_stage_commit(turn->stage, turn->batch, n);
    if (taken <= 0) return taken;
    int64_t decided = pmm_risk_run(turn->risk, turn->batch, n, turn->decisions, turn->decisions_max);
    if (decided < 0) return decided;
    int64_t code = pmm_stage_give(turn->stage, turn->decisions, (size_t)decided);
    if (code < 0) return code;
    if (turn->tick_to_order) record_latency(turn, (size_t)decided);
    return taken;
}

static void warm(const void *waiting) {
    const struct pmm_risk_turn *turn = waiting;
    pmm_stage_warm(turn->stage, turn->batch, turn->decisions);
    pmm_risk_warm(turn->risk);
}

static int64_t run_turn(void *turn, size_t own) { return pmm_risk_run_turn(turn, own); }

int64_t pmm_risk_turns(struct pmm_risk_turn *turn, size_t own, struct pmm_loop *loop) {
    return pmm_take_turns(run_turn, warm, turn, own, loop);
}
