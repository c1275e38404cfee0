/*
 * prefetch.h: lines brought near before they are needed. Changes nothing, and never faults. Private: cffi never reads
 * it.
 */
#ifndef PMM_PREFETCH_H
#define PMM_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/align.h"

/* To be read. */
static inline void pmm_prefetch(const void *start, size_t bytes) {
    for (uintptr_t at = (uintptr_t)start & ~(uintptr_t)(PMM_LINE_BYTES - 1); at < (uintptr_t)start + bytes;
         at += PMM_LINE_BYTES)
        __builtin_prefetch((const void *)at, 0, 3);
}

/* To be written: another core's copy is taken away. */
static inline void pmm_prefetch_to_write(const void *start, size_t bytes) {
    for (uintptr_t at = (uintptr_t)start & ~(uintptr_t)(PMM_LINE_BYTES - 1); at < (uintptr_t)start + bytes;
         at += PMM_LINE_BYTES)
#if defined(__x86_64__)
        __asm__ __volatile__("prefetchw %0" : : "m"(*(const char *)at)); /* the builtin wants a later x86-64 for it */
#else
        __builtin_prefetch((const void *)at, 1, 3);
#endif
}

#endif
