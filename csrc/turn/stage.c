/* stage.c: poll, commit, take, push, give: one process's turn over its rings and its journal. */
#include "turn/stage.h"

#include <sched.h>

#include "base/error.h"

/* What a ring holds; nothing of a message for which only the room behind other rings' records is too small. */
static size_t take_whole(struct pmm_ring *ring, struct pmm_event *out, size_t max, int others) {
    uint64_t cursor = ring->cursor;
    size_t n = (size_t)pmm_ring_take(ring, out, max);
    if (n < max || !others || pmm_event_ends_message(&out[n - 1])) return n;
    ring->cursor = cursor;
    return 0;
}

int64_t pmm_stage_poll(struct pmm_stage *stage, struct pmm_event *out, size_t max) {
    size_t n = 0;
    for (uint32_t i = 0; i < stage->input_count && n < max; i++)
        n += take_whole(stage->inputs[i], out + n, max - n, n > 0);
    for (size_t i = 0; i < n; i++)
        out[i].flags &= (uint8_t)~(PMM_FLAG_DECISION | PMM_FLAG_BATCH_END);
    return (int64_t)n;
}

static int64_t latest_stamp(int64_t clock_ns, const struct pmm_event *batch, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (batch[i].recv_ns > clock_ns) clock_ns = batch[i].recv_ns;
    return clock_ns;
}

/* Two processes' clocks agree to the microsecond: what is further ahead was not stamped by one of them. */
static void stamp_anew(struct pmm_stage *stage, struct pmm_event *batch, size_t n) {
    int64_t now_ns = pmm_clock_read_session_ns(stage->clock);
    for (size_t i = 0; i < n; i++) {
        if (batch[i].recv_ns <= now_ns + PMM_CLOCK_STEP_NS) continue;
        batch[i].recv_ns = now_ns;
        stage->misstamped++;
    }
}

int64_t pmm_stage_commit(struct pmm_stage *stage, struct pmm_event *batch, size_t n) {
    if (n == 0) return 0;
    int64_t latest_ns = latest_stamp(stage->clock_ns, batch, n);
    if (stage->clock && latest_ns - stage->clock_ns > PMM_STAGE_LEAP_NS) {
        stamp_anew(stage, batch, n);
        latest_ns = latest_stamp(stage->clock_ns, batch, n);
    }
    batch[n - 1].flags |= PMM_FLAG_BATCH_END;
    int64_t appended = pmm_journal_append(stage->journal, batch, n);
    if (appended < 0) return appended;
    for (uint32_t i = 0; i < stage->input_count; i++)
        pmm_ring_release(stage->inputs[i]);
    stage->clock_ns = latest_ns;
    stage->taken += n;
    return (int64_t)n;
}

int64_t pmm_stage_take(struct pmm_stage *stage, struct pmm_event *batch, size_t own, size_t max) {
    int64_t polled = pmm_stage_poll(stage, batch + own, max - own);
    return pmm_stage_commit(stage, batch, own + (size_t)polled);
}

/* All of a run of records into one ring, waiting for its reader for a bounded time. */
static int push_all(struct pmm_stage *stage, uint32_t output, const struct pmm_event *events, size_t n) {
    struct pmm_ring *ring = stage->outputs[output];
    int64_t deadline = 0;
    size_t done = 0;
    for (;;) {
        done += (size_t)pmm_ring_push_burst(ring, events + done, n - done);
        if (stage->bells[output]) pmm_bell_ring(stage->bells[output]);
        if (done == n) return 0;
        int64_t now = pmm_clock_monotonic_ns();
        if (deadline == 0)
            deadline = now + stage->give_wait_ns;
        else if (now > deadline)
            return PMM_ERR_FULL;
        sched_yield();
    }
}

int64_t pmm_stage_push(struct pmm_stage *stage, const struct pmm_event *decisions, size_t n) {
    for (uint32_t output = 0; output < stage->output_count; output++) {
        size_t i = 0;
        while (i < n) {
            size_t run = i;
            while (run < n && (stage->kinds[output] >> decisions[run].kind & 1))
                run++;
            if (run > i) {
                int code = push_all(stage, output, decisions + i, run - i);
                if (code < 0) return code;
            }
            i = run + 1;
        }
    }
    return (int64_t)n;
}

int64_t pmm_stage_give(struct pmm_stage *stage, struct pmm_event *decisions, size_t n) {
    if (n == 0) return 0;
    for (size_t i = 0; i < n; i++) {
        decisions[i].source = stage->source;
        decisions[i].recv_ns = stage->clock_ns;
        decisions[i].flags |= PMM_FLAG_DECISION;
    }
    int64_t appended = pmm_journal_append(stage->journal, decisions, n);
    if (appended < 0) return appended;
    stage->given += n;
    return pmm_stage_push(stage, decisions, n);
}
