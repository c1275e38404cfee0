/*
 * order_index.h: from an order's id to its slot in a pool, for ids of any kind. Private: cffi never reads it.
 *
 * What it is. Open addressing with linear probing over entries of 8 bytes, at most half of them taken. An
 * entry is the order's slot and the upper half of its id's hash; the tag's top bits are its home, so neither
 * probing past an entry nor shifting it back needs to look at the order. The whole id stands in
 * the order and nowhere else: it must be the order's first 8 bytes. A slot of 0 is a free entry, so slot 0 of
 * the pool is nobody.
 *
 * A delete closes its gap (backward shift): no tombstones, so a probe stays short for ever.
 *
 * The owner keeps the entries (zeroed memory of pmm_index_bytes) and the shift of pmm_index_shift. Places that
 * seek returns hold until the next put or take.
 */
#ifndef PMM_ORDER_INDEX_H
#define PMM_ORDER_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct pmm_index_entry {
    uint32_t slot;
    uint32_t tag;
};

/* 32 - log2(entries): entries are the power of two, 16 at least, that orders fill by half or less. */
static inline uint32_t pmm_index_shift(uint32_t orders) {
    uint32_t bits = 4;
    while ((UINT64_C(1) << bits) < 2 * (uint64_t)orders)
        bits++;
    return 32 - bits;
}

static inline uint64_t pmm_index_entries(uint32_t shift) { return UINT64_C(1) << (32 - shift); }

static inline size_t pmm_index_bytes(uint32_t orders) {
    return sizeof(struct pmm_index_entry) * pmm_index_entries(pmm_index_shift(orders));
}

/* Multiplying spreads dense ids over the top bits; the fold lets high bits of sparse ids take part. */
static inline uint32_t pmm_index_tag(uint64_t id) {
    return (uint32_t)(((id ^ (id >> 32)) * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

/* Where the probe for an id begins: what to prefetch. */
static inline uint32_t pmm_index_home(uint32_t shift, uint64_t id) { return pmm_index_tag(id) >> shift; }

/* Where the id's entry is, or the free one where it would go. Orders stand `stride` bytes apart, slot 0 at `orders`. */
static inline uint32_t pmm_index_seek(const struct pmm_index_entry *index, uint32_t shift, const void *orders,
                                      size_t stride, uint64_t id) {
    uint32_t mask = UINT32_MAX >> shift;
    uint32_t tag = pmm_index_tag(id);
    uint32_t at = tag >> shift;
    while (index[at].slot != 0) {
        const char *order = (const char *)orders + index[at].slot * stride;
        if (index[at].tag == tag && *(const uint64_t *)(const void *)order == id) break;
        at = (at + 1) & mask;
    }
    return at;
}

static inline void pmm_index_put(struct pmm_index_entry *index, uint32_t at, uint32_t slot, uint64_t id) {
    index[at] = (struct pmm_index_entry){slot, pmm_index_tag(id)};
}

/* Frees a taken entry and closes the gap: an entry moves back into it unless its home lies behind the gap. */
static inline void pmm_index_take(struct pmm_index_entry *index, uint32_t shift, uint32_t at) {
    uint32_t mask = UINT32_MAX >> shift, gap = at;
    for (;;) {
        at = (at + 1) & mask;
        if (index[at].slot == 0) break;
        uint32_t home = index[at].tag >> shift;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            index[gap] = index[at];
            gap = at;
        }
    }
    index[gap] = (struct pmm_index_entry){0, 0};
}

#endif
