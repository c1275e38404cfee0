/* rows.c: what one process shows of each instrument, each row in two halves of which one is shown. */
#include "shared/rows.h"

#include <string.h>

#include "base/align.h"
#include "base/atomics.h"
#include "base/error.h"
#include "base/layout.h"

#define PMM_ROWS_LAYOUT(ROW) \
    ROW(pmm_rows_shared, count, 0, 4) \
    ROW(pmm_rows_shared, value_bytes, 4, 4) \
    ROW(pmm_rows_shared, reserved, 8, 120) \
    ROW(pmm_row, sequence, 0, 8) \
    ROW(pmm_row, reserved, 8, 56)

#define PMM_POSITIONS_LAYOUT(ROW) \
    ROW(pmm_position, position, 0, 8) \
    ROW(pmm_position, cash, 8, 8) \
    ROW(pmm_position, cost, 16, 8) \
    ROW(pmm_position, realised, 24, 8) \
    ROW(pmm_position, unrealised, 32, 8) \
    ROW(pmm_position, fees, 40, 8) \
    ROW(pmm_position, bid_price, 48, 8) \
    ROW(pmm_position, ask_price, 56, 8) \
    ROW(pmm_position, open_bid, 64, 8) \
    ROW(pmm_position, open_ask, 72, 8) \
    ROW(pmm_position, open_orders, 80, 8) \
    ROW(pmm_position, bought, 88, 8) \
    ROW(pmm_position, sold, 96, 8) \
    ROW(pmm_position, bid_fills, 104, 8) \
    ROW(pmm_position, ask_fills, 112, 8) \
    ROW(pmm_position, turnover, 120, 8) \
    ROW(pmm_position, unknown_fills, 128, 8) \
    ROW(pmm_position, refused_reports, 136, 8) \
    ROW(pmm_position, beyond, 144, 8) \
    ROW(pmm_position, base_dust_e18, 152, 8) \
    ROW(pmm_position, quote_dust_e18, 160, 8) \
    ROW(pmm_position_shown, position, 0, 168) \
    ROW(pmm_position_shown, refused, 168, 768) \
    ROW(pmm_position_shown, reserved, 936, 24)

#define PMM_QUOTES_LAYOUT(ROW) \
    ROW(pmm_quote_shown, bid_price, 0, 8) \
    ROW(pmm_quote_shown, ask_price, 8, 8) \
    ROW(pmm_quote_shown, unknown_reports, 16, 8) \
    ROW(pmm_quote_shown, reserved, 24, 40)

PMM_ROWS_LAYOUT(PMM_ROW_ASSERT)
PMM_POSITIONS_LAYOUT(PMM_ROW_ASSERT)
PMM_QUOTES_LAYOUT(PMM_ROW_ASSERT)
static_assert(sizeof(struct pmm_rows_shared) == 128, "rows begin on a cache line");
static_assert(sizeof(struct pmm_row) == PMM_LINE_BYTES, "and so do their halves");
static_assert(sizeof(struct pmm_position_shown) == 960, "a half is whole cache lines");
static_assert(sizeof(struct pmm_quote_shown) == PMM_LINE_BYTES, "a half is a cache line");

/* A write takes far less than the time between two of them: one try in a great many is the second. */
#define TRIES 256

/* What a kind's rows are: 0 bytes of a kind that has none. */
struct shape {
    uint32_t value_bytes;
    uint64_t fingerprint;
};

static struct shape shape_of(uint32_t kind) {
    switch (kind) {
    case PMM_SEGMENT_POSITIONS:
        return (struct shape){sizeof(struct pmm_position_shown), pmm_fingerprint("positions;" PMM_ROWS_LAYOUT(
                                                                     PMM_ROW_TEXT) PMM_POSITIONS_LAYOUT(PMM_ROW_TEXT))};
    case PMM_SEGMENT_QUOTES:
        return (struct shape){sizeof(struct pmm_quote_shown),
                              pmm_fingerprint("quotes;" PMM_ROWS_LAYOUT(PMM_ROW_TEXT) PMM_QUOTES_LAYOUT(PMM_ROW_TEXT))};
    default: return (struct shape){0, 0};
    }
}

static size_t row_bytes(uint32_t value_bytes) { return sizeof(struct pmm_row) + 2 * (size_t)value_bytes; }

static size_t payload_bytes(uint32_t count, uint32_t value_bytes) {
    return sizeof(struct pmm_rows_shared) + count * row_bytes(value_bytes);
}

int pmm_rows_create(const char *path, uint32_t kind, uint32_t count, const char *name) {
    const struct shape shape = shape_of(kind);
    if (shape.value_bytes == 0 || count == 0 || count > PMM_INSTRUMENTS_MAX) return PMM_ERR_ARGUMENT;
    struct pmm_rows_shared initial = {.count = count, .value_bytes = shape.value_bytes};
    return pmm_segment_create_with(path, kind, shape.fingerprint, payload_bytes(count, shape.value_bytes), name,
                                   &initial, sizeof initial);
}

int pmm_rows_open(struct pmm_rows *rows, const char *path, uint32_t kind, int mode) {
    const struct shape shape = shape_of(kind);
    if (!rows || shape.value_bytes == 0) return PMM_ERR_ARGUMENT;
    memset(rows, 0, sizeof *rows);
    int code = pmm_segment_open(&rows->segment, path, kind, shape.fingerprint, mode);
    if (code < 0) return code;
    struct pmm_rows_shared *shared = rows->segment.payload;
    size_t payload = rows->segment.bytes - PMM_SEGMENT_HEADER_BYTES;
    if (payload < sizeof *shared || shared->value_bytes != shape.value_bytes || shared->count > PMM_INSTRUMENTS_MAX ||
        payload != payload_bytes(shared->count, shared->value_bytes)) {
        pmm_segment_close(&rows->segment);
        return PMM_ERR_LAYOUT;
    }
    rows->first = (struct pmm_row *)(shared + 1);
    rows->count = shared->count;
    rows->value_bytes = shared->value_bytes;
    return PMM_OK;
}

void pmm_rows_close(struct pmm_rows *rows) {
    if (!rows || !rows->first) return;
    pmm_segment_close(&rows->segment);
    memset(rows, 0, sizeof *rows);
}

/* NULL if there is no such row, or none of so many bytes of values. */
static struct pmm_row *row_at(const struct pmm_rows *rows, uint32_t instrument_id, size_t bytes) {
    if (!rows || instrument_id >= rows->count || bytes != rows->value_bytes) return NULL;
    return (struct pmm_row *)((uintptr_t)rows->first + instrument_id * row_bytes(rows->value_bytes));
}

/* The half that a row shows when its sequence is this. */
static int64_t *half_of(struct pmm_row *row, uint64_t sequence, size_t words) {
    return (int64_t *)(row + 1) + (sequence & 1) * words;
}

int pmm_rows_put(struct pmm_rows *rows, uint32_t instrument_id, const void *values, size_t bytes) {
    struct pmm_row *row = row_at(rows, instrument_id, bytes);
    if (!row || rows->segment.mode != PMM_OPEN_OWN) return PMM_ERR_ARGUMENT;
    const size_t words = bytes / sizeof(int64_t);
    const uint64_t next = pmm_load_relaxed_u64(&row->sequence) + 1;
    const int64_t *from = values;
    int64_t *to = half_of(row, next, words);
    /* Who sees one of the stores below sees too that this half has not been shown since the last one. */
    pmm_fence_release();
    for (size_t i = 0; i < words; i++)
        pmm_store_relaxed_i64(&to[i], from[i]);
    pmm_store_release_u64(&row->sequence, next);
    return PMM_OK;
}

int pmm_rows_read(const struct pmm_rows *rows, uint32_t instrument_id, void *values, size_t bytes) {
    struct pmm_row *row = row_at(rows, instrument_id, bytes);
    if (!row) return PMM_ERR_ARGUMENT;
    const size_t words = bytes / sizeof(int64_t);
    int64_t *to = values;
    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        const uint64_t sequence = pmm_load_acquire_u64(&row->sequence);
        if (sequence == 0) return PMM_ERR_NOT_READY;
        const int64_t *from = half_of(row, sequence, words);
        for (size_t i = 0; i < words; i++)
            to[i] = pmm_load_relaxed_i64(&from[i]);
        pmm_fence_acquire();
        if (pmm_load_relaxed_u64(&row->sequence) == sequence) return PMM_OK;
        pmm_pause();
    }
    return PMM_ERR_STALE;
}
