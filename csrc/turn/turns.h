/*
 * turns.h: turn after turn until the loop's owner is needed. Private: cffi never reads it.
 */
#ifndef PMM_TURNS_H
#define PMM_TURNS_H

#include "turn/loop.h"

/* One turn with own records already at its batch's start. The records taken, or a negative code. */
typedef int64_t pmm_turn(void *turn, size_t own);

/* All of the turns' records, or the first negative code. Own records are of the first turn alone. */
static inline int64_t pmm_take_turns(pmm_turn *run, pmm_warm *warm, void *turn, size_t own, struct pmm_loop *loop) {
    int64_t taken = 0, n;
    loop->bell->warm = warm;
    loop->bell->turn = turn;
    do {
        n = run(turn, own);
        own = 0;
        if (n > 0) taken += n;
    } while (n >= 0 && pmm_loop_again(loop, n));
    loop->bell->warm = NULL;
    loop->bell->turn = NULL;
    return n < 0 ? n : taken;
}

#endif
