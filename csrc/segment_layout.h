/*
 * segment_layout.h: the offset table of segment.h, held at compile time. Private.
 */
#ifndef PMM_SEGMENT_LAYOUT_H
#define PMM_SEGMENT_LAYOUT_H

#include "layout.h"
#include "segment.h"

#define PMM_SEGMENT_LAYOUT(ROW)                   \
    ROW(pmm_segment_header, magic, 0, 8)          \
    ROW(pmm_segment_header, version, 8, 4)        \
    ROW(pmm_segment_header, kind, 12, 4)          \
    ROW(pmm_segment_header, fingerprint, 16, 8)   \
    ROW(pmm_segment_header, bytes, 24, 8)         \
    ROW(pmm_segment_header, created_ns, 32, 8)    \
    ROW(pmm_segment_header, boot_id, 40, 8)       \
    ROW(pmm_segment_header, epoch, 48, 4)         \
    ROW(pmm_segment_header, owner_pid, 52, 4)     \
    ROW(pmm_segment_header, owner_start, 56, 8)   \
    ROW(pmm_segment_header, heartbeat_ns, 64, 8)  \
    ROW(pmm_segment_header, reserved1, 72, 56)    \
    ROW(pmm_segment_header, name, 128, 64)        \
    ROW(pmm_segment_header, ready, 192, 4)        \
    ROW(pmm_segment_header, reserved2, 196, 60)

PMM_SEGMENT_LAYOUT(PMM_ROW_ASSERT)
static_assert(sizeof(struct pmm_segment_header) == PMM_SEGMENT_HEADER_BYTES, "the payload begins at 256");

#endif
