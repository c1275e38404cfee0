/*
 * Segments, rings, counters and rows at their edges, for ASan and UBSan: argv[1] is an empty directory.
 * Damages every byte of every header in turn and opens what is left. Exit 0 if each open either
 * succeeds or is refused with a code, and nothing reads outside a mapping.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shared/bell.h"
#include "check.h"
#include "shared/counters.h"
#include "base/error.h"
#include "shared/rows.h"

#define DAMAGED_BYTES 700

static int read_file(const char *path, char *content, size_t bytes) {
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(content, 1, bytes, file) : 0;
    if (file) fclose(file);
    return n == bytes;
}

static int write_file(const char *path, const char *content, size_t bytes) {
    FILE *file = fopen(path, "wb");
    size_t n = file ? fwrite(content, 1, bytes, file) : 0;
    if (file) fclose(file);
    return n == bytes;
}

/* Uses whatever opens: a structure that passed the checks must be safe to work with. */
static int use(const char *path) {
    struct pmm_event events[16];
    struct pmm_ring ring;
    memset(events, 0, sizeof events);
    if (pmm_ring_open_writer(&ring, path) == PMM_OK) {
        pmm_ring_push_burst(&ring, events, 16);
        pmm_ring_close(&ring);
    }
    if (pmm_ring_open_reader(&ring, path) == PMM_OK) {
        pmm_ring_take(&ring, events, 16);
        pmm_ring_skip(&ring, 16);
        pmm_ring_release(&ring);
        pmm_ring_close(&ring);
    }
    struct pmm_counters counters;
    if (pmm_counters_open(&counters, path, PMM_OPEN_OWN) == PMM_OK) {
        int index = pmm_counter_find(&counters, "fresh");
        int histogram = pmm_histogram_find(&counters, "fresh");
        pmm_counter_add(&counters, index, 1);
        if (histogram >= 0) pmm_histogram_record(&counters.histograms[histogram], 12345);
        pmm_counters_close(&counters);
    }
    struct pmm_rows rows;
    struct pmm_quote_shown shown = {.bid_price = 1};
    if (pmm_rows_open(&rows, path, PMM_SEGMENT_QUOTES, PMM_OPEN_OWN) == PMM_OK) {
        for (uint32_t i = 0; i <= PMM_INSTRUMENTS_MAX; i++)
            if (pmm_rows_put(&rows, i, &shown, sizeof shown) == PMM_OK) pmm_rows_read(&rows, i, &shown, sizeof shown);
        pmm_rows_close(&rows);
    }
    return 0;
}

static int damage(const char *path, size_t bytes) {
    static char whole[65536], changed[65536];
    CHECK(bytes <= sizeof whole && read_file(path, whole, bytes));
    const unsigned char masks[] = {0x01, 0x80, 0xFF};
    for (size_t at = 0; at < DAMAGED_BYTES && at < bytes; at++) {
        memcpy(changed, whole, bytes);
        changed[at] = (char)(changed[at] ^ masks[at % sizeof masks]);
        CHECK(write_file(path, changed, bytes));
        CHECK(use(path) == 0);
    }
    for (size_t size = 0; size < DAMAGED_BYTES; size += 13) {
        CHECK(write_file(path, whole, size));
        struct pmm_segment segment;
        int code = pmm_segment_open(&segment, path, 0, 0, PMM_OPEN_READ);
        CHECK(code == (size ? PMM_ERR_TRUNCATED : PMM_ERR_NOT_READY));
        CHECK(use(path) == 0);
    }
    return 0;
}

static int arguments(const char *path) {
    struct pmm_segment segment;
    struct pmm_control control;
    CHECK(pmm_segment_create(NULL, 1, 1, 1, "x") == PMM_ERR_ARGUMENT);
    CHECK(pmm_segment_create(path, 0, 1, 1, "x") == PMM_ERR_ARGUMENT);
    CHECK(pmm_segment_create(path, 1, 1, SIZE_MAX, "x") == PMM_ERR_ARGUMENT);
    CHECK(pmm_segment_create_with(path, 1, 1, 4, "x", "12345", 5) == PMM_ERR_ARGUMENT);
    CHECK(pmm_segment_open(&segment, path, 0, 0, 3) == PMM_ERR_ARGUMENT);
    CHECK(pmm_segment_open(&segment, path, 0, 0, PMM_OPEN_READ) == PMM_ERR_NOT_READY);
    CHECK(pmm_control_open(&control, path, PMM_OPEN_OWN) == PMM_ERR_ARGUMENT);
    pmm_segment_close(&segment);
    pmm_segment_close(NULL);
    CHECK(pmm_segment_owner_alive(&segment, 0) == 0);
    return 0;
}

int main(int argc, char **argv) {
    CHECK(argc == 2 && chdir(argv[1]) == 0);
    CHECK(arguments("absent") == 0);
    CHECK(pmm_ring_create("ring", 16, "edges") == PMM_OK);
    CHECK(damage("ring", 256 + 384 + 16 * 64) == 0);
    CHECK(pmm_counters_create("counters", 3, 2, "edges") == PMM_OK);
    CHECK(damage("counters", 256 + 128 + 3 * 64 + 2 * sizeof(struct pmm_histogram)) == 0);
    CHECK(pmm_rows_create("rows", PMM_SEGMENT_QUOTES, 3, "edges") == PMM_OK);
    CHECK(damage("rows", 256 + 128 + 3 * (64 + 2 * sizeof(struct pmm_quote_shown))) == 0);
    return 0;
}
