/* stage.c: poll, commit, take, push, give: one process's turn over its rings and its journal. */
#include "turn/stage.h"

#include <sched.h>

#include "base/error.h"
#include "base/prefetch.h"

#define WARM_RECORDS 8

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
    if (own > max) return PMM_ERR_ARGUMENT;
    int64_t polled = pmm_stage_poll(stage, batch + own, max - own);
    return pmm_stage_commit(stage, batch, own + (size_t)polled);
}

/* As many of a run of records as the ring has room for. */
static inline size_t push_some(const struct pmm_output *output, const struct pmm_event *events, size_t n) {
    size_t pushed = (size_t)pmm_ring_push_burst(output->ring, events, n);
    if (output->bell) pmm_bell_ring(output->bell);
    return pushed;
}

/* The rest of a run, waiting for its reader for a bounded time. */
static int push_slowly(const struct pmm_output *output, const struct pmm_event *e, const struct pmm_event *end,
                       int64_t wait_ns) {
    int64_t deadline = pmm_clock_monotonic_ns() + wait_ns;
    for (;;) {
        sched_yield();
        e += push_some(output, e, (size_t)(end - e));
        if (e == end) return 0;
        if (pmm_clock_monotonic_ns() > deadline) return PMM_ERR_FULL;
    }
}

static inline int wants_kind(uint64_t kinds, uint8_t kind) { return kind < 64 && (kinds >> kind & 1); }

static int is_routed_to(const struct pmm_output *output, const struct pmm_event *e) {
    const uint32_t instrument = e->instrument_id;
    const int mine =
        !output->instruments || instrument == PMM_INSTRUMENT_ALL || pmm_set_has(output->instruments, instrument);
    return mine && (output->owner == PMM_OWNER_ANY || pmm_owner_of(e->order_id) == (uint32_t)output->owner);
}

/* Where the run of records that the output wants ends. */
static const struct pmm_event *run_of(const struct pmm_output *output, const struct pmm_event *e,
                                      const struct pmm_event *end) {
    const uint64_t kinds = output->kinds;
    if (output->instruments || output->owner != PMM_OWNER_ANY) {
        while (e < end && wants_kind(kinds, e->kind) && is_routed_to(output, e))
            e++;
    } else {
        while (e < end && wants_kind(kinds, e->kind))
            e++;
    }
    return e;
}

int64_t pmm_stage_push(struct pmm_stage *stage, const struct pmm_event *decisions, size_t n) {
    const struct pmm_event *end = decisions + n;
    for (uint32_t i = 0; i < stage->output_count; i++) {
        const struct pmm_output *output = &stage->outputs[i];
        for (const struct pmm_event *e = decisions, *run; e < end; e = run + 1) {
            run = run_of(output, e, end);
            if (run == e) continue;
            e += push_some(output, e, (size_t)(run - e));
            int code = e < run ? push_slowly(output, e, run, stage->give_wait_ns) : 0;
            if (code < 0) return code;
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

void pmm_stage_warm(const struct pmm_stage *stage, const struct pmm_event *batch, const struct pmm_event *decisions) {
    pmm_prefetch(stage, sizeof *stage);
    pmm_journal_warm(stage->journal);
    for (uint32_t i = 0; i < stage->input_count; i++)
        pmm_ring_warm_reader(stage->inputs[i]);
    for (uint32_t i = 0; i < stage->output_count; i++) {
        pmm_ring_warm_writer(stage->outputs[i].ring);
        if (stage->outputs[i].bell) pmm_bell_warm_writer(stage->outputs[i].bell);
    }
    pmm_prefetch_to_write(batch, WARM_RECORDS * sizeof *batch);
    pmm_prefetch_to_write(decisions, WARM_RECORDS * sizeof *decisions);
}
