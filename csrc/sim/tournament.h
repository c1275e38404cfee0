/*
 * tournament.h: which instrument's turn it is. Private: cffi never reads it.
 *
 * What it is. The instruments enter in their order with the times of their next events; of each pair the earlier one
 * wins, and of two at the same time the first. A time that changes costs one comparison a round, the logarithm of the
 * number of instruments, and the first of all stands at the top.
 */
#ifndef PMM_TOURNAMENT_H
#define PMM_TOURNAMENT_H

#include <assert.h>

#include "base/event.h"

static_assert((PMM_INSTRUMENTS_MAX & (PMM_INSTRUMENTS_MAX - 1)) == 0, "as many places as a full tournament has");

struct pmm_tournament {
    uint32_t places; /* a power of two; contestant i enters at places + i, and 2k and 2k + 1 meet in k */
    uint32_t reserved;
    uint16_t winner[2 * PMM_INSTRUMENTS_MAX];
    int64_t at_ns[PMM_INSTRUMENTS_MAX];
};

static inline void pmm_tournament_play(struct pmm_tournament *played, uint32_t k) {
    uint16_t first = played->winner[2 * k], second = played->winner[2 * k + 1];
    played->winner[k] = played->at_ns[first] <= played->at_ns[second] ? first : second;
}

/* Nobody has anything to do yet: INT64_MAX. */
static inline void pmm_tournament_init(struct pmm_tournament *played, uint32_t contestants) {
    played->places = 1;
    while (played->places < contestants)
        played->places *= 2;
    for (uint32_t i = 0; i < played->places; i++) {
        played->at_ns[i] = INT64_MAX;
        played->winner[played->places + i] = (uint16_t)i;
    }
    for (uint32_t k = played->places - 1; k > 0; k--)
        pmm_tournament_play(played, k);
}

static inline void pmm_tournament_set(struct pmm_tournament *played, uint32_t contestant, int64_t at_ns) {
    played->at_ns[contestant] = at_ns;
    for (uint32_t k = (played->places + contestant) / 2; k > 0; k /= 2)
        pmm_tournament_play(played, k);
}

static inline uint32_t pmm_tournament_first(const struct pmm_tournament *played) { return played->winner[1]; }

#endif
