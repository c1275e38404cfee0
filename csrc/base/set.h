/*
 * set.h: a set of a session's instruments, by their ids.
 *
 * What it is. A bit for each id below PMM_INSTRUMENTS_MAX. An id beyond is in no set, and adding or taking it does
 * nothing, so that an id out of a record may be asked about as it is.
 */
#ifndef PMM_SET_H
#define PMM_SET_H

#include "base/event.h"

struct pmm_set {
    uint64_t words[PMM_INSTRUMENTS_MAX / 64];
};
#define PMM_SET_WORDS (PMM_INSTRUMENTS_MAX / 64)

static inline int pmm_set_has(const struct pmm_set *set, uint32_t id) {
    return id < PMM_INSTRUMENTS_MAX && (set->words[id / 64] >> id % 64 & 1);
}

static inline void pmm_set_add(struct pmm_set *set, uint32_t id) {
    if (id < PMM_INSTRUMENTS_MAX) set->words[id / 64] |= UINT64_C(1) << id % 64;
}

static inline void pmm_set_take(struct pmm_set *set, uint32_t id) {
    if (id < PMM_INSTRUMENTS_MAX) set->words[id / 64] &= ~(UINT64_C(1) << id % 64);
}

static inline int pmm_set_is_empty(const struct pmm_set *set) {
    uint64_t any = 0;
    for (int i = 0; i < PMM_SET_WORDS; i++)
        any |= set->words[i];
    return any == 0;
}

static inline uint32_t pmm_set_count(const struct pmm_set *set) {
    int count = 0;
    for (int i = 0; i < PMM_SET_WORDS; i++)
        count += __builtin_popcountll(set->words[i]);
    return (uint32_t)count;
}

static inline void pmm_set_add_all(struct pmm_set *set, const struct pmm_set *others) {
    for (int i = 0; i < PMM_SET_WORDS; i++)
        set->words[i] |= others->words[i];
}

/* What of `set` is not in `others`. */
static inline struct pmm_set pmm_set_without(const struct pmm_set *set, const struct pmm_set *others) {
    struct pmm_set left;
    for (int i = 0; i < PMM_SET_WORDS; i++)
        left.words[i] = set->words[i] & ~others->words[i];
    return left;
}

/* The least id in the set that is at or above `from`; PMM_INSTRUMENT_ALL if there is none. */
static inline uint32_t pmm_set_next(const struct pmm_set *set, uint32_t from) {
    for (uint32_t i = from / 64; i < PMM_SET_WORDS; i++, from = 0) {
        uint64_t word = set->words[i] & UINT64_MAX << from % 64;
        if (word) return 64 * i + (uint32_t)__builtin_ctzll(word);
    }
    return PMM_INSTRUMENT_ALL;
}

/* for (uint32_t id = pmm_set_first(&set); id != PMM_INSTRUMENT_ALL; id = pmm_set_next(&set, id + 1)) */
static inline uint32_t pmm_set_first(const struct pmm_set *set) { return pmm_set_next(set, 0); }

#endif
