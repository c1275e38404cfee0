/* paper_venue.c: an exchange's input log through a paper venue, with the time that both ways take. */
#include "sim/paper_venue.h"

#include <stdbool.h>
#include <string.h>

#include "base/align.h"
#include "base/assert.h"
#include "base/error.h"
#include "sim/latency.h"
#include "sim/venue_log.h"

/* Then, in the same memory: the paper venue, the orders and reports under way, the reports of one call of it. */
struct pmm_paper_venue {
    int64_t clock_ns;
    uint64_t paper_at;
    uint64_t made_at;
    uint64_t made_max;
    struct pmm_latency orders;
    struct pmm_latency reports;
    bool ends; /* the turn's records are through, what is due is not */
    uint8_t reserved[7];
};

/* One call: where its reports go. */
struct call {
    struct pmm_paper_venue *venue;
    struct pmm_event *out;
    size_t max;
    size_t count;
};

static void *part(const struct pmm_paper_venue *venue, uint64_t at) { return (void *)((uintptr_t)venue + at); }

static size_t made_max(const struct pmm_paper_config *paper) { return PMM_PAPER_LEVELS + 2 + (size_t)paper->orders; }

size_t pmm_paper_venue_memsize(uint32_t instruments, const struct pmm_paper_venue_config *config) {
    if (!config) return 0;
    size_t paper = pmm_paper_memsize(instruments, &config->paper);
    if (!paper || config->reports < made_max(&config->paper)) return 0;
    if (!pmm_latency_valid(config->latency_in_ns, config->orders)) return 0;
    if (!pmm_latency_valid(config->latency_out_ns, config->reports)) return 0;
    size_t records = (size_t)config->orders + config->reports + made_max(&config->paper);
    return pmm_lines(sizeof(struct pmm_paper_venue)) + pmm_lines(paper) + records * sizeof(struct pmm_event);
}

int pmm_paper_venue_init(void *memory, size_t bytes, const uint32_t *instrument_ids, uint32_t instruments,
                         const struct pmm_paper_venue_config *config) {
    size_t needed = pmm_paper_venue_memsize(instruments, config);
    if (!pmm_is_room(memory, bytes, needed)) return PMM_ERR_ARGUMENT;
    struct pmm_paper_venue *venue = memory;
    size_t paper = pmm_paper_memsize(instruments, &config->paper);
    memset(venue, 0, needed);
    venue->paper_at = pmm_lines(sizeof *venue);
    struct pmm_event *records = part(venue, venue->paper_at + pmm_lines(paper));
    pmm_latency_init(&venue->orders, records, config->orders, config->latency_in_ns);
    pmm_latency_init(&venue->reports, records + config->orders, config->reports, config->latency_out_ns);
    venue->made_at = (uintptr_t)(records + config->orders + config->reports) - (uintptr_t)venue;
    venue->made_max = made_max(&config->paper);
    PMM_ASSERT(venue->made_at + venue->made_max * sizeof *records == needed);
    return pmm_paper_init(part(venue, venue->paper_at), paper, instrument_ids, instruments, &config->paper);
}

static int give_first(struct call *call) {
    struct pmm_latency *reports = &call->venue->reports;
    if (call->count == call->max) return 0;
    call->out[call->count++] = *pmm_latency_first(reports);
    pmm_latency_drop(reports);
    return 1;
}

/* Runs n records at the venue; how many it took: fewer where `out` is full and no more reports can be under way. */
static size_t run_paper(struct call *call, const struct pmm_event *in, size_t n) {
    struct pmm_paper_venue *venue = call->venue;
    struct pmm_event *made = part(venue, venue->made_at);
    size_t done = 0;
    while (done < n) {
        while (pmm_latency_room(&venue->reports) < venue->made_max)
            if (!give_first(call)) return done;
        size_t taken;
        int64_t count = pmm_paper_run(part(venue, venue->paper_at), in + done, n - done, made, venue->made_max, &taken);
        for (int64_t i = 0; i < count; i++)
            pmm_latency_put(&venue->reports, made + i);
        done += taken;
    }
    return done;
}

static int act_first(struct call *call) {
    struct pmm_latency *orders = &call->venue->orders;
    struct pmm_event order = *pmm_latency_first(orders);
    order.recv_ns = pmm_latency_due_ns(orders);
    if (!run_paper(call, &order, 1)) return 0;
    pmm_latency_drop(orders);
    return 1;
}

/* How many records behind the first belong to the market and come before the next order acts, in the same turn. */
static size_t stretch(const struct pmm_paper_venue *venue, const struct pmm_event *in, size_t n) {
    int64_t until_ns = pmm_latency_due_ns(&venue->orders);
    size_t i = 1;
    while (i < n && !(in[i - 1].flags & PMM_FLAG_BATCH_END) && in[i].recv_ns <= until_ns &&
           pmm_class_of(in[i].kind) == PMM_CLASS_MARKET)
        i++;
    return i;
}

static size_t take_market(struct call *call, const struct pmm_event *in, size_t n) {
    struct pmm_paper_venue *venue = call->venue;
    while (pmm_latency_due_ns(&venue->orders) < in->recv_ns)
        if (!act_first(call)) return 0;
    return run_paper(call, in, stretch(venue, in, n));
}

/* One record that is not the market's. */
static size_t take_other(struct call *call, const struct pmm_event *record) {
    struct pmm_latency *orders = &call->venue->orders;
    struct pmm_event order;
    if (!pmm_venue_order(record, &order)) return 1;
    if (!pmm_latency_room(orders) && !act_first(call)) return 0;
    pmm_latency_put(orders, &order);
    return 1;
}

static size_t take(struct call *call, const struct pmm_event *in, size_t n) {
    struct pmm_paper_venue *venue = call->venue;
    int is_market = pmm_class_of(in->kind) == PMM_CLASS_MARKET;
    size_t taken = is_market ? take_market(call, in, n) : take_other(call, in);
    for (size_t i = 0; i < taken; i++)
        if (in[i].recv_ns > venue->clock_ns) venue->clock_ns = in[i].recv_ns;
    if (taken && in[taken - 1].flags & PMM_FLAG_BATCH_END) venue->ends = true;
    return taken;
}

/* What is due by the clock. 1 when that is through, 0 when `out` is full first. */
static int end_turn(struct call *call) {
    struct pmm_paper_venue *venue = call->venue;
    while (pmm_latency_is_due(&venue->orders, venue->clock_ns))
        if (!act_first(call)) return 0;
    while (pmm_latency_is_due(&venue->reports, venue->clock_ns))
        if (!give_first(call)) return 0;
    venue->ends = false;
    return 1;
}

int64_t pmm_paper_venue_run(struct pmm_paper_venue *venue, const struct pmm_event *in, size_t n, struct pmm_event *out,
                            size_t max, size_t *consumed) {
    if (!venue || !consumed || (!in && n) || (!out && max)) return PMM_ERR_ARGUMENT;
    struct call call = {.venue = venue, .out = out, .max = max};
    size_t i = 0;
    while (!venue->ends || end_turn(&call)) {
        size_t taken = i < n ? take(&call, in + i, n - i) : 0;
        if (!taken) break;
        i += taken;
        if (i == n) venue->ends = true;
    }
    *consumed = i;
    return (int64_t)call.count;
}

int pmm_paper_venue_waits(const struct pmm_paper_venue *venue) {
    return !pmm_latency_is_empty(&venue->orders) || !pmm_latency_is_empty(&venue->reports);
}

const struct pmm_paper *pmm_paper_venue_paper(const struct pmm_paper_venue *venue) {
    return part(venue, venue->paper_at);
}
