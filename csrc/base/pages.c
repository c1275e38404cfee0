/* pages.c: fetches pages by one call, or by a touch of each where the kernel has no such call. */
#include "base/pages.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/atomics.h"
#include "base/error.h"

#define PAGE_BYTES 4096
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

/* For kernels before 5.14. */
static void touch(uint8_t *at, const uint8_t *end, int writable) {
    for (; at < end; at += PAGE_BYTES) {
        if (writable)
            pmm_touch_u8(at);
        else
            (void)pmm_load_relaxed_u32((const uint32_t *)(const void *)at);
    }
}

int pmm_pages_fetch(void *start, size_t bytes, int writable) {
    if (madvise(start, bytes, writable ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) == 0) return PMM_OK;
    if (errno == EINTR || errno == EAGAIN) return PMM_ERR_AGAIN;
    if (errno != EINVAL) return PMM_ERR_SYSTEM;
    touch(start, (uint8_t *)start + bytes, writable);
    return PMM_OK;
}
