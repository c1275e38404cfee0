/*
 * executions.h: which executions have been seen, so that a fill counts once. Private: cffi never reads it.
 *
 * What it is. Rules for the numbers that a venue gives its executions (aux of a FILL), and what has to be kept for
 * them. "Rising": each instrument's executions have numbers of their own, positive ones, which rise; holes are
 * allowed. It holds for the simulated and the paper venue. Nothing is kept of what else is told of an execution: such
 * a venue stands behind a ring, which repeats nothing. "Seen": the numbers are names in any order, told again now and
 * then; the last SEEN_MIN of them at least are known, twice as many at most. The two sides of an execution that was
 * with ourselves are two, and so is what is told of it by another kind: its fill, its end, its fee in each currency.
 *
 * Who owns. A part of whoever takes the reports, zeroed at first; a copy of the bytes is the state.
 */
#ifndef PMM_EXECUTIONS_H
#define PMM_EXECUTIONS_H

#include <string.h>

#include "base/event.h"

struct pmm_rising {
    int64_t last[PMM_INSTRUMENTS_MAX]; /* the highest number of each instrument, 0 before the first */
};

/* 1 the first time, and then it is noted; 0 for one that was seen. The instrument must be one that can be. */
static inline int pmm_rising_is_new(struct pmm_rising *seen, const struct pmm_event *fill) {
    int64_t *last = &seen->last[fill->instrument_id];
    if (fill->aux <= *last) return 0;
    *last = fill->aux;
    return 1;
}

#define PMM_SEEN_MIN   16384
#define PMM_SEEN_SLOTS 32768

/* Two generations of keys, each with probes that end: half of its slots stay empty. */
struct pmm_seen {
    uint64_t keys[2][PMM_SEEN_SLOTS]; /* 0: empty */
    uint32_t now;                     /* the generation that takes new ones */
    uint32_t count;                   /* of these */
};

static inline uint64_t pmm_seen_key(const struct pmm_event *report) {
    const uint64_t of = (uint64_t)report->instrument_id << 16 | (uint64_t)report->kind << 8 | report->side;
    uint64_t key = (uint64_t)report->aux + of * UINT64_C(0x9E3779B97F4A7C15);
    key = (key ^ key >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    key = (key ^ key >> 27) * UINT64_C(0x94D049BB133111EB);
    key ^= key >> 31;
    return key ? key : 1;
}

static inline uint32_t pmm_seen_seek(const uint64_t *keys, uint64_t key) {
    uint32_t at = (uint32_t)key & (PMM_SEEN_SLOTS - 1);
    while (keys[at] && keys[at] != key)
        at = (at + 1) & (PMM_SEEN_SLOTS - 1);
    return at;
}

/* As above; kinds and sides are told apart. */
static inline int pmm_seen_is_new(struct pmm_seen *seen, const struct pmm_event *report) {
    const uint64_t key = pmm_seen_key(report);
    const uint64_t *before = seen->keys[!seen->now];
    if (before[pmm_seen_seek(before, key)]) return 0;
    const uint32_t at = pmm_seen_seek(seen->keys[seen->now], key);
    if (seen->keys[seen->now][at]) return 0;
    seen->keys[seen->now][at] = key;
    if (++seen->count == PMM_SEEN_MIN) {
        seen->now = !seen->now;
        seen->count = 0;
        memset(seen->keys[seen->now], 0, sizeof seen->keys[0]);
    }
    return 1;
}

#endif
