/*
 * crc32c_inline.h: pmm_crc32c for callers whose length is a constant. Private.
 *
 * What it is. The same function with the same value, inlined, so that the compiler unrolls it and
 * the processor works on several records at once: 2 ns a journal record against 9 through a call.
 * crc32c.c is built from it. Without the instruction it calls the table.
 */
#ifndef PMM_CRC32C_INLINE_H
#define PMM_CRC32C_INLINE_H

#include <string.h>

#include "base/crc32c.h"

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#define CRC_U64(crc, v) ((uint32_t)_mm_crc32_u64((crc), (v)))
#define CRC_U32(crc, v) _mm_crc32_u32((crc), (v))
#define CRC_U8(crc, v)  _mm_crc32_u8((crc), (v))
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define CRC_U64(crc, v) __crc32cd((crc), (v))
#define CRC_U32(crc, v) __crc32cw((crc), (v))
#define CRC_U8(crc, v)  __crc32cb((crc), (v))
#endif

static inline __attribute__((always_inline)) uint32_t pmm_crc32c_inline(uint32_t crc, const void *data, size_t bytes) {
#if defined(CRC_U64)
    const uint8_t *p = data;
    crc = ~crc;
    for (; bytes >= 8; bytes -= 8, p += 8) {
        uint64_t word; /* through memcpy: data need not be aligned */
        memcpy(&word, p, sizeof word);
        crc = CRC_U64(crc, word);
    }
    if (bytes >= 4) {
        uint32_t word;
        memcpy(&word, p, sizeof word);
        crc = CRC_U32(crc, word);
        bytes -= 4;
        p += 4;
    }
    for (; bytes > 0; bytes--)
        crc = CRC_U8(crc, *p++);
    return ~crc;
#else
    return pmm_crc32c_table(crc, data, bytes);
#endif
}

#endif
