/*
 * turns.h: turn after turn until the loop's owner is needed. Private: cffi never reads it.
 */
#ifndef PMM_TURNS_H
#define PMM_TURNS_H

#include "turn/loop.h"

/* One turn with own records already at its batch's start. The records taken, or a negative code. */
typedef int64_t pmm_turn(void *turn, size_t own);

/* All of the turns' records, or the first negative code. Own records are of the first turn alone. */
static inline int64_t pmm_take_turns(pmm_turn *run, void *turn, size_t own, struct pmm_loop *loop) {
    int64_t taken = 0, n;
    do {
        n = run(turn, own);
        if (n < 0) return n;
        own = 0;
        taken += n;
    } while (pmm_loop_again(loop, n));
    return taken;
}

#endif
