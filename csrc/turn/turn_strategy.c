/* turn_strategy.c: strategy: from the market to quotes and orders without leaving C. */
#include "base/error.h"
#include "turn/turn.h"

int64_t pmm_strategy_run_turn(struct pmm_strategy_turn *turn, size_t own) {
    int64_t n = pmm_stage_take(turn->stage, turn->batch, own, turn->batch_max);
    if (n <= 0) return n;
    pmm_desk_apply(turn->desk, turn->batch, (size_t)n);
    pmm_desk_quote(turn->desk, turn->makers);
    int64_t decided = pmm_desk_decide(turn->desk, turn->decisions, turn->decisions_max);
    int64_t code = pmm_stage_give(turn->stage, turn->decisions, (size_t)decided);
    return code < 0 ? code : n;
}

int64_t pmm_strategy_turns(struct pmm_strategy_turn *turn, size_t own, struct pmm_loop *loop) {
    int64_t taken = 0, n;
    do {
        n = pmm_strategy_run_turn(turn, own);
        if (n < 0) return n;
        own = 0;
        taken += n;
    } while (pmm_loop_again(loop, n));
    return taken;
}
