/* turn_risk.c: risk: the look at the books of what is judged, between polling and deciding. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "turn/turn.h"
#include "turn/turns.h"

/* Instruments whose price or mark the batch depends on. */
static uint64_t instruments_judged(const struct pmm_event *batch, size_t n) {
    uint64_t judged = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t kind = batch[i].kind;
        int depends = kind == PMM_KIND_NEW || kind == PMM_KIND_REPLACE || kind == PMM_KIND_FILL;
        if (depends && batch[i].instrument_id < PMM_INSTRUMENTS_MAX) judged |= UINT64_C(1) << batch[i].instrument_id;
    }
    return judged;
}

static struct pmm_event look(const struct pmm_risk_turn *turn, uint32_t instrument, int64_t now_ns) {
    struct pmm_top top;
    memset(&top, 0, sizeof top);
    int code = turn->books[instrument] ? pmm_book_read_top(turn->books[instrument], &top) : PMM_ERR_NOT_FOUND;
    return (struct pmm_event){
        .recv_ns = now_ns,
        .venue_ns = top.recv_ns,
        .price = top.bid_price,
        .quantity = top.bid_quantity,
        .order_id = (uint64_t)top.ask_price,
        .aux = top.ask_quantity,
        .instrument_id = instrument,
        .reason = (uint16_t)top.reason,
        .kind = PMM_KIND_TOP,
        .flags = code < 0 ? PMM_FLAG_STALE : 0,
        .source = PMM_SOURCE_RISK,
    };
}

/* Puts a TOP record for each judged instrument before the n polled records at batch + own. */
static size_t insert_tops(struct pmm_risk_turn *turn, size_t own, size_t n) {
    uint64_t judged = instruments_judged(turn->batch + own, n);
    if (turn->instrument_count < PMM_INSTRUMENTS_MAX) judged &= (UINT64_C(1) << turn->instrument_count) - 1;
    size_t count = (size_t)__builtin_popcountll(judged);
    if (count == 0) return 0;
    memmove(turn->batch + own + count, turn->batch + own, n * sizeof *turn->batch);
    int64_t now_ns = pmm_clock_read_session_ns(turn->clock);
    for (size_t i = own; judged; judged &= judged - 1)
        turn->batch[i++] = look(turn, (uint32_t)__builtin_ctzll(judged), now_ns);
    return count;
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
    size_t room = turn->batch_max - own - turn->instrument_count;
    int64_t polled = pmm_stage_poll(turn->stage, turn->batch + own, room);
    size_t n = own + (size_t)polled + insert_tops(turn, own, (size_t)polled);
    int64_t taken = pmm_stage_commit(turn->stage, turn->batch, n);
    if (taken <= 0) return taken;
    int64_t decided = pmm_risk_run(turn->risk, turn->batch, n, turn->decisions, turn->decisions_max);
    if (decided < 0) return decided;
    int64_t code = pmm_stage_give(turn->stage, turn->decisions, (size_t)decided);
    if (code < 0) return code;
    if (turn->tick_to_order) record_latency(turn, (size_t)decided);
    return taken;
}

static int64_t run_turn(void *turn, size_t own) { return pmm_risk_run_turn(turn, own); }

int64_t pmm_risk_turns(struct pmm_risk_turn *turn, size_t own, struct pmm_loop *loop) {
    return pmm_take_turns(run_turn, turn, own, loop);
}
