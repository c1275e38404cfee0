/*
 * atomics.h: all memory ordering of the library, with the argument for each.
 * Nothing else includes <stdatomic.h>; a test holds that. Private: cffi never reads it.
 *
 * The fields they work on are plain integers in mapped files. GCC's and Clang's
 * __atomic builtins give the C11 model on them without _Atomic in a shared layout.
 */
#ifndef PMM_ATOMICS_H
#define PMM_ATOMICS_H

#include <stdatomic.h>
#include <stdint.h>

#define PMM_CURSOR_GAP 128 /* two lines: the adjacent-line prefetcher pulls pairs */

/* Acquire: what the writer stored before its release is visible after this load. */
static inline uint32_t pmm_load_acquire_u32(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline uint64_t pmm_load_acquire_u64(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }

/* Release: everything stored before is visible to whoever acquires this value. */
static inline void pmm_store_release_u32(uint32_t *p, uint32_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
static inline void pmm_store_release_u64(uint64_t *p, uint64_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }

/* Relaxed: no tearing, no order. For words whose order another word publishes, and for counters. */
static inline uint32_t pmm_load_relaxed_u32(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_RELAXED); }
static inline uint64_t pmm_load_relaxed_u64(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_RELAXED); }
static inline int64_t pmm_load_relaxed_i64(const int64_t *p) { return __atomic_load_n(p, __ATOMIC_RELAXED); }
static inline void pmm_store_relaxed_u32(uint32_t *p, uint32_t v) { __atomic_store_n(p, v, __ATOMIC_RELAXED); }
static inline void pmm_store_relaxed_u64(uint64_t *p, uint64_t v) { __atomic_store_n(p, v, __ATOMIC_RELAXED); }
static inline void pmm_store_relaxed_i64(int64_t *p, int64_t v) { __atomic_store_n(p, v, __ATOMIC_RELAXED); }

/* Several writers count into one word (doorbell, kill switch). */
static inline uint32_t pmm_add_u32(uint32_t *p, uint32_t v) { return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL); }
static inline uint32_t pmm_exchange_u32(uint32_t *p, uint32_t v) { return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL); }
static inline int pmm_compare_exchange_u32(uint32_t *p, uint32_t expected, uint32_t v) {
    return __atomic_compare_exchange_n(p, &expected, v, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Writes what is there: a page is touched, and another thread's store into it is not lost. */
static inline void pmm_touch_u8(uint8_t *p) { __atomic_fetch_or(p, 0, __ATOMIC_RELAXED); }

/* Full fence: a store before it and a load after it cannot swap (parked flag against commit word). */
static inline void pmm_fence_full(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
/* Orders a seqlock reader's payload loads before its second look at the sequence. */
static inline void pmm_fence_acquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
/* Orders a seqlock writer's odd sequence before its payload stores. */
static inline void pmm_fence_release(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }

/* Tells the core that this is a spin loop. */
static inline void pmm_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

#endif
