/*
 * align.h: memory in whole cache lines. Private: cffi never reads it.
 *
 * What it is. What is shared or is touched per record begins on a cache line, and so does each of its parts: a word
 * that one process writes never shares a line with another's, and an order or a record is one miss. Whatever else
 * the library is given memory for begins where its widest word may.
 */
#ifndef PMM_ALIGN_H
#define PMM_ALIGN_H

#include <stddef.h>
#include <stdint.h>

#define PMM_LINE_BYTES 64

/* That many bytes and what is left of their last line. */
static inline size_t pmm_lines(size_t bytes) { return (bytes + PMM_LINE_BYTES - 1) & ~(size_t)(PMM_LINE_BYTES - 1); }

/* Whether memory may be used for `needed` bytes that begin so aligned; needed 0 says that no memory would do. */
static inline int pmm_is_room_at(const void *memory, size_t bytes, size_t needed, size_t alignment) {
    return memory && (uintptr_t)memory % alignment == 0 && needed != 0 && bytes >= needed;
}

/* The same of what begins on a cache line. */
static inline int pmm_is_room(const void *memory, size_t bytes, size_t needed) {
    return pmm_is_room_at(memory, bytes, needed, PMM_LINE_BYTES);
}

#endif
