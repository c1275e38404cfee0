/*
 * weak_atomics.h: takes the place of csrc/base/atomics.h in a program that runs both sides of a shared
 * structure in one thread, on a memory of its own making: book_weak.c, bell_weak.c.
 */
#ifndef PMM_ATOMICS_H
#define PMM_ATOMICS_H

#include <stdint.h>

#define PMM_CURSOR_GAP 128

enum weak_order {
    WEAK_RELAXED,
    WEAK_ORDERED
};

uint64_t weak_load(const void *at, unsigned bytes, enum weak_order order);
void weak_store(void *at, unsigned bytes, uint64_t value, enum weak_order order);
void weak_fence_acquire(void);
void weak_fence_release(void);
void weak_fence_full(void); /* a locked operation is one too */

static inline uint32_t pmm_load_acquire_u32(const uint32_t *p) { return (uint32_t)weak_load(p, 4, WEAK_ORDERED); }
static inline uint64_t pmm_load_acquire_u64(const uint64_t *p) { return weak_load(p, 8, WEAK_ORDERED); }
static inline void pmm_store_release_u32(uint32_t *p, uint32_t v) { weak_store(p, 4, v, WEAK_ORDERED); }
static inline void pmm_store_release_u64(uint64_t *p, uint64_t v) { weak_store(p, 8, v, WEAK_ORDERED); }
static inline uint32_t pmm_load_relaxed_u32(const uint32_t *p) { return (uint32_t)weak_load(p, 4, WEAK_RELAXED); }
static inline uint64_t pmm_load_relaxed_u64(const uint64_t *p) { return weak_load(p, 8, WEAK_RELAXED); }
static inline int64_t pmm_load_relaxed_i64(const int64_t *p) { return (int64_t)weak_load(p, 8, WEAK_RELAXED); }
static inline void pmm_store_relaxed_u32(uint32_t *p, uint32_t v) { weak_store(p, 4, v, WEAK_RELAXED); }
static inline void pmm_store_relaxed_u64(uint64_t *p, uint64_t v) { weak_store(p, 8, v, WEAK_RELAXED); }
static inline void pmm_store_relaxed_i64(int64_t *p, int64_t v) { weak_store(p, 8, (uint64_t)v, WEAK_RELAXED); }
static inline uint32_t pmm_exchange_u32(uint32_t *p, uint32_t v) {
    weak_fence_full();
    uint32_t before = *p;
    *p = v;
    return before;
}
static inline uint32_t pmm_add_u32(uint32_t *p, uint32_t v) {
    weak_fence_full();
    return (*p += v) - v;
}
static inline int pmm_compare_exchange_u32(uint32_t *p, uint32_t expected, uint32_t v) {
    weak_fence_full();
    return *p == expected && (*p = v, 1);
}
static inline void pmm_touch_u8(uint8_t *p) { *p |= 0; }
static inline void pmm_fence_full(void) { weak_fence_full(); }
static inline void pmm_fence_acquire(void) { weak_fence_acquire(); }
static inline void pmm_fence_release(void) { weak_fence_release(); }
static inline void pmm_pause(void) {}

#endif
