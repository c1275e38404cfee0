/* notices.c: the last lines that a process told people, for whoever looks. */
#include "shared/notices.h"

#include <string.h>

#include "base/atomics.h"
#include "base/error.h"
#include "base/layout.h"

#define PMM_NOTICES_LAYOUT(ROW) \
    ROW(pmm_notices_shared, count, 0, 8) \
    ROW(pmm_notices_shared, lost_lines, 8, 8) \
    ROW(pmm_notices_shared, reserved, 16, 112) \
    ROW(pmm_notice, number, 0, 8) \
    ROW(pmm_notice, at_ns, 8, 8) \
    ROW(pmm_notice, level, 16, 4) \
    ROW(pmm_notice, times, 20, 4) \
    ROW(pmm_notice, bytes, 24, 4) \
    ROW(pmm_notice, reserved, 28, 4) \
    ROW(pmm_notice, text, 32, 480)

PMM_NOTICES_LAYOUT(PMM_ROW_ASSERT)
static_assert(sizeof(struct pmm_notices_shared) == 128, "entries begin on a cache line");
static_assert(sizeof(struct pmm_notice) == 512, "an entry is eight cache lines");

#define PAYLOAD_BYTES (sizeof(struct pmm_notices_shared) + PMM_NOTICES * sizeof(struct pmm_notice))

static uint64_t fingerprint(void) { return pmm_fingerprint("notices;" PMM_NOTICES_LAYOUT(PMM_ROW_TEXT)); }

int pmm_notices_create(const char *path, const char *name) {
    return pmm_segment_create(path, PMM_SEGMENT_NOTICES, fingerprint(), PAYLOAD_BYTES, name);
}

int pmm_notices_open(struct pmm_notices *n, const char *path, int mode) {
    if (!n) return PMM_ERR_ARGUMENT;
    memset(n, 0, sizeof *n);
    int code = pmm_segment_open(&n->segment, path, PMM_SEGMENT_NOTICES, fingerprint(), mode);
    if (code < 0) return code;
    if (n->segment.bytes != PMM_SEGMENT_HEADER_BYTES + PAYLOAD_BYTES) {
        pmm_segment_close(&n->segment);
        return PMM_ERR_LAYOUT;
    }
    n->shared = n->segment.payload;
    n->entries = (struct pmm_notice *)(n->shared + 1);
    return PMM_OK;
}

void pmm_notices_close(struct pmm_notices *n) {
    if (!n || !n->shared) return;
    pmm_segment_close(&n->segment);
    memset(n, 0, sizeof *n);
}

/* At most max bytes of UTF-8, never half a character. */
static size_t cut(const char *text, size_t bytes, size_t max) {
    if (bytes <= max) return bytes;
    size_t n = max;
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--;
    return n;
}

static int is_last(const struct pmm_notices *n, uint64_t count, uint32_t level, const char *text, size_t bytes) {
    if (count == 0) return 0;
    const struct pmm_notice *last = &n->entries[(count - 1) % PMM_NOTICES];
    return last->number == count && last->level == level && last->bytes == bytes &&
           memcmp(last->text, text, bytes) == 0;
}

int pmm_notices_put(struct pmm_notices *n, uint32_t level, int64_t at_ns, const char *text, size_t bytes) {
    if (!n || !n->shared || n->segment.mode != PMM_OPEN_OWN || !text) return PMM_ERR_ARGUMENT;
    uint64_t count = pmm_load_relaxed_u64(&n->shared->count);
    bytes = cut(text, bytes, PMM_NOTICE_TEXT_BYTES);
    if (is_last(n, count, level, text, bytes)) {
        /* Two words that stand for themselves: a reader between them is a moment behind. */
        struct pmm_notice *last = &n->entries[(count - 1) % PMM_NOTICES];
        pmm_store_relaxed_u32(&last->times, pmm_load_relaxed_u32(&last->times) + 1);
        pmm_store_relaxed_i64(&last->at_ns, at_ns);
        return PMM_OK;
    }
    struct pmm_notice *entry = &n->entries[count % PMM_NOTICES];
    pmm_store_relaxed_u64(&entry->number, 0);
    pmm_fence_release();
    entry->level = level;
    entry->bytes = (uint32_t)bytes;
    memcpy(entry->text, text, bytes);
    pmm_store_relaxed_u32(&entry->times, 1);
    pmm_store_relaxed_i64(&entry->at_ns, at_ns);
    pmm_store_release_u64(&entry->number, count + 1);
    pmm_store_release_u64(&n->shared->count, count + 1);
    return PMM_OK;
}

void pmm_notices_lost_line(struct pmm_notices *n) {
    if (!n || !n->shared || n->segment.mode != PMM_OPEN_OWN) return;
    pmm_store_relaxed_u64(&n->shared->lost_lines, pmm_load_relaxed_u64(&n->shared->lost_lines) + 1);
}

uint64_t pmm_notices_count(const struct pmm_notices *n) { return pmm_load_acquire_u64(&n->shared->count); }

uint64_t pmm_notices_lost_lines(const struct pmm_notices *n) { return pmm_load_relaxed_u64(&n->shared->lost_lines); }

int pmm_notices_read(const struct pmm_notices *n, uint64_t number, struct pmm_notice *notice) {
    if (!n || !n->shared || !notice || number == 0) return PMM_ERR_ARGUMENT;
    if (number > pmm_notices_count(n)) return PMM_ERR_NOT_READY;
    const struct pmm_notice *entry = &n->entries[(number - 1) % PMM_NOTICES];
    if (pmm_load_acquire_u64(&entry->number) != number) return PMM_ERR_RANGE;
    memcpy(notice, entry, sizeof *notice);
    pmm_fence_acquire();
    if (pmm_load_relaxed_u64(&entry->number) != number) return PMM_ERR_RANGE;
    if (notice->bytes > PMM_NOTICE_TEXT_BYTES) notice->bytes = PMM_NOTICE_TEXT_BYTES;
    return PMM_OK;
}
