/*
 * ladder_far.h: a ladder's levels that are worse than its window. Private: cffi never reads it.
 *
 * What it is. Blocks of up to PMM_FAR_BLOCK levels, in no order inside, under a directory of the lowest key that
 * each may hold: block p holds keys from firsts[p] up to firsts[p + 1], the first one everything below. A level
 * comes as its block's last and goes by the last taking its place, so nothing is shifted; who walks in order looks
 * through a block for each level. A full block is split at its median, two neighbours that together fill no more than
 * three quarters of a block become one. So two neighbours always hold more than that, and pmm_far_blocks(levels)
 * blocks are enough for that many levels in any order of coming and going, and one more while a block is
 * split. A snapshot, which comes in order, fills its blocks.
 *
 * Where. At the ladder's far_at, n being its far_blocks (see ladder.h for the head's fields):
 *   n words   firsts, ascending; the first of them is INT64_MIN
 *   n words   which block stands at this place; places from blocks_used to blocks_made hold the free ones
 *   n words   how many levels a block holds, by block
 *   n x PMM_FAR_BLOCK words   keys, INT64_MIN where there is no level; the payload of key i of block b is the
 *                             ladder's slot window + b * PMM_FAR_BLOCK + i
 *
 * Who writes, who reads. As the ladder: one writer, relaxed stores of whole words, and a reader that may find
 * nonsense but never leaves the memory.
 */
#ifndef PMM_LADDER_FAR_H
#define PMM_LADDER_FAR_H

#include <stddef.h>
#include <stdint.h>

#define PMM_FAR_BLOCK 32

struct pmm_ladder;

/* How many blocks are enough for that many levels, and the bytes at far_at without the payloads. */
static inline uint32_t pmm_far_blocks(uint32_t levels) { return levels / (PMM_FAR_BLOCK * 3 / 8) + 2; }
static inline size_t pmm_far_bytes(uint32_t blocks) { return (size_t)blocks * (3 + PMM_FAR_BLOCK) * 8; }

/* The best far level worse than *key: its slot, *key becomes its key; or PMM_LADDER_NONE. */
uint32_t pmm_far_below(const struct pmm_ladder *ladder, int64_t *key);
/* The owner's: the slot of a key's level, or PMM_LADDER_NONE. */
uint32_t pmm_far_find(const struct pmm_ladder *ladder, int64_t key);
/* The owner's: the worst level's key; there is one. */
int64_t pmm_far_worst(const struct pmm_ladder *ladder);
/* The slot of a key's level, added with a zero payload if it is not there: then far_levels < far_capacity. */
uint32_t pmm_far_put(struct pmm_ladder *ladder, int64_t key);
/* 1, or 0 if it is not there. */
int pmm_far_remove(struct pmm_ladder *ladder, int64_t key);
void pmm_far_clear(struct pmm_ladder *ladder);
/* Every invariant: 0 or CORRUPT. */
int pmm_far_check(const struct pmm_ladder *ladder);

#endif
