/* loop.c: whether turns go on in C, and when they wait or come back to Python. */
#include "turn/loop.h"

static int as_known(const struct pmm_loop *loop) { return pmm_control_killed(loop->control) == loop->killed; }

int pmm_loop_again(struct pmm_loop *loop, int64_t taken) {
    int64_t left_ns = loop->until_ns - pmm_clock_read_monotonic_ns(loop->clock);
    loop->turns += taken > 0;
    if (left_ns <= 0 || !as_known(loop)) return 0;
    if (taken > 0) return 1;
    return pmm_bell_wait(loop->bell, loop->rings, loop->ring_count, loop->wait, loop->spin_ns, left_ns) &&
           as_known(loop);
}
