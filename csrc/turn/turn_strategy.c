/* turn_strategy.c: strategy: from the market to quotes and orders without leaving C. */
#include "turn/turn.h"
#include "turn/turns.h"

int64_t pmm_strategy_run_turn(struct pmm_strategy_turn *turn, size_t own) {
    int64_t n = pmm_stage_take(turn->stage, turn->batch, own, turn->batch_max);
    if (n <= 0) return n;
    pmm_desk_apply(turn->desk, turn->batch, (size_t)n);
    pmm_desk_tune(turn->desk, turn->makers, turn->batch, (size_t)n);
    pmm_desk_quote(turn->desk, turn->makers);
    int64_t decided = pmm_desk_decide(turn->desk, turn->decisions, turn->decisions_max);
    int64_t code = pmm_stage_give(turn->stage, turn->decisions, (size_t)decided);
    return code < 0 ? code : n;
}

static void warm(const void *waiting) {
    const struct pmm_strategy_turn *turn = waiting;
    pmm_stage_warm(turn->stage, turn->batch, turn->decisions);
    pmm_desk_warm(turn->desk, turn->makers);
}

static int64_t run_turn(void *turn, size_t own) { return pmm_strategy_run_turn(turn, own); }

int64_t pmm_strategy_turns(struct pmm_strategy_turn *turn, size_t own, struct pmm_loop *loop) {
    return pmm_take_turns(run_turn, warm, turn, own, loop);
}
