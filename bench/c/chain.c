/*
 * Feed, strategy and risk in one thread: from a message in the venue's ring to the order in the gateway's. Not a
 * program: bench/inside/chain.py wires the three and loads this, which takes the time.
 */
#include "measure.h"

#include "base/atomics.h"
#include "turn/turn.h"

#define ANSWERS    4096
#define SLICE_NS   100000
#define ROUNDS_MAX 64

enum pause {
    PAUSE_NONE = 0, /* the next message is there */
    PAUSE_BARE = 1, /* the core spins and does nothing else */
    PAUSE_LOOP = 2  /* the three processes wait for it as they do, each its share of the time */
};

struct chain {
    struct pmm_ring *market;  /* the venue's side */
    struct pmm_ring *orders;  /* the gateway's side */
    struct pmm_ring *reports;
    struct pmm_venue_turn *feed;
    struct pmm_strategy_turn *strategy;
    struct pmm_risk_turn *risk;
    struct pmm_loop *loops[3];
};

static struct pmm_event answers[ANSWERS];

static void wait_bare(const struct chain *chain, uint64_t until_ns) {
    while (clock_ns() < until_ns)
        for (int i = 0; i < 16 && !pmm_ring_ready(chain->market); i++)
            pmm_pause();
}

static int wait_in_loops(const struct chain *chain, uint64_t until_ns) {
    for (uint64_t now_ns; (now_ns = clock_ns()) < until_ns;)
        for (int i = 0; i < 3; i++) {
            uint64_t end_ns = now_ns + (uint64_t)(i + 1) * SLICE_NS;
            struct pmm_loop *loop = chain->loops[i];
            loop->until_ns = (int64_t)(end_ns < until_ns ? end_ns : until_ns);
            int64_t n = i == 0   ? pmm_venue_turns(chain->feed, loop)
                        : i == 1 ? pmm_strategy_turns(chain->strategy, 0, loop)
                                 : pmm_risk_turns(chain->risk, 0, loop);
            if (n < 0) return (int)n;
        }
    return 0;
}

/* The gateway and its venue say yes to everything, until nothing more comes of it. */
static int answer(const struct chain *chain) {
    for (int round = 0; round < ROUNDS_MAX; round++) {
        int64_t n = pmm_ring_take(chain->orders, answers, ANSWERS);
        if (n == 0) return 0;
        pmm_ring_release(chain->orders);
        for (int64_t i = 0; i < n; i++) {
            uint8_t kind = answers[i].kind;
            answers[i].kind = kind == PMM_KIND_NEW       ? PMM_KIND_ACK
                              : kind == PMM_KIND_REPLACE ? PMM_KIND_REPLACED
                                                         : PMM_KIND_CANCELLED;
            answers[i].source = PMM_SOURCE_GATEWAY;
            answers[i].recv_ns = pmm_clock_read_session_ns(chain->risk->clock);
        }
        int64_t code = pmm_ring_push_bulk(chain->reports, answers, (size_t)n);
        if (code >= 0) code = pmm_risk_run_turn(chain->risk, 0);
        if (code >= 0) code = pmm_strategy_run_turn(chain->strategy, 0);
        if (code >= 0) code = pmm_risk_run_turn(chain->risk, 0);
        if (code < 0) return (int)code;
    }
    return 0;
}

static size_t message_length(const struct pmm_event *events, size_t n) {
    size_t length = 1;
    while (length < n && !pmm_event_ends_message(&events[length - 1]))
        length++;
    return length;
}

/*
 * Takes whole messages through the chain, pause_ns between two of them. The ticks of each that led to an order, in
 * samples, which has room for n; their count or a negative code.
 */
int64_t chain_run(const struct chain *chain, const struct pmm_event *events, size_t n, int pause, int64_t pause_ns,
                  uint32_t *samples) {
    int64_t sampled = 0, code = 0;
    for (size_t at = 0, length; at < n && code >= 0; at += length) {
        uint64_t until_ns = clock_ns() + (uint64_t)pause_ns;
        length = message_length(events + at, n - at);
        if (pause == PAUSE_BARE) wait_bare(chain, until_ns);
        if (pause == PAUSE_LOOP) code = wait_in_loops(chain, until_ns);
        if (code < 0 || (code = pmm_ring_push_bulk(chain->market, events + at, length)) < 0) break;
        uint64_t begun = ticks();
        int64_t fed = pmm_venue_run_turn(chain->feed);
        int64_t decided = pmm_strategy_run_turn(chain->strategy, 0);
        int64_t judged = pmm_risk_run_turn(chain->risk, 0);
        uint64_t taken = ticks() - begun;
        code = fed < 0 ? fed : decided < 0 ? decided : judged;
        if (judged > 0) samples[sampled++] = (uint32_t)taken;
        if (code >= 0) code = answer(chain);
    }
    return code < 0 ? code : sampled;
}

/* ns of a tick. To be called before the first run. */
double chain_begin(void) {
    calibrate();
    return ns_per_tick;
}
