/*
 * Segments with fuzzed bytes, opened as the process would that is to use them: whatever the file says, each call
 * ends, and stays inside the mapping. Input: which structure and how it is opened, then edits of a
 * good file, a cut, or the bytes of a whole file.
 */
#include <unistd.h>

#include "shared/bell.h"
#include "book/book.h"
#include "shared/counters.h"
#include "base/error.h"
#include "fuzz.h"
#include "shared/notices.h"
#include "shared/ring.h"

#define KINDS     6
#define IMAGE_MAX (192u << 10)
#define BATCH     8

static uint8_t good[KINDS][IMAGE_MAX], image[IMAGE_MAX];
static size_t good_bytes[KINDS];
static char path[1024];

static struct pmm_event depth_record(int side, int64_t price, int64_t quantity) {
    return (struct pmm_event){.kind = PMM_KIND_DEPTH, .side = (uint8_t)side, .price = price, .quantity = quantity};
}

static size_t snapshot(struct pmm_event *out) {
    size_t n = 0;
    out[n++] = (struct pmm_event){.kind = PMM_KIND_BOOK_BEGIN};
    for (int i = 0; i < 2; i++) {
        out[n++] = depth_record(PMM_SIDE_BID, 1000 - i * 4000, 5);
        out[n++] = depth_record(PMM_SIDE_ASK, 1001 + i * 4000, 5);
    }
    out[n++] = (struct pmm_event){.kind = PMM_KIND_BOOK_END, .flags = PMM_FLAG_LAST};
    return n;
}

static void fill_book(void) {
    struct pmm_segment segment;
    struct pmm_book *book;
    struct pmm_event batch[BATCH];
    HOLD(pmm_book_open(&segment, &book, path, PMM_OPEN_OWN) == 0);
    pmm_book_repair(book);
    HOLD(pmm_book_apply(book, batch, snapshot(batch)) > 0);
    pmm_segment_close(&segment);
}

static void fill_ring(void) {
    struct pmm_ring ring;
    struct pmm_event batch[BATCH] = {0};
    HOLD(pmm_ring_open_writer(&ring, path) == 0 && pmm_ring_push_bulk(&ring, batch, 5) == 5);
    pmm_ring_close(&ring);
}

static void fill_counters(void) {
    struct pmm_counters counters;
    HOLD(pmm_counters_open(&counters, path, PMM_OPEN_OWN) == 0);
    HOLD(pmm_counter_find(&counters, "a") == 0 && pmm_histogram_find(&counters, "b") == 0);
    pmm_histogram_record(counters.histograms, 1000);
    pmm_counters_close(&counters);
}

static void fill_notices(void) {
    struct pmm_notices notices;
    HOLD(pmm_notices_open(&notices, path, PMM_OPEN_OWN) == 0);
    HOLD(pmm_notices_put(&notices, PMM_NOTICE_WARNING, 1, "a warning", 9) == 0);
    pmm_notices_close(&notices);
}

static int create(int kind) {
    switch (kind) {
    case 0: return pmm_ring_create(path, 8, "fuzz");
    case 1: return pmm_book_create(path, 0, 4096, 4, "fuzz");
    case 2: return pmm_counters_create(path, 4, 2, "fuzz");
    case 3: return pmm_bell_create(path, "fuzz");
    case 4: return pmm_control_create(path, 1, 1);
    default: return pmm_notices_create(path, "fuzz");
    }
}

static void prepare(void) {
    snprintf(path, sizeof path, "%s", in_folder("segment"));
    for (int kind = 0; kind < KINDS; kind++) {
        unlink(path);
        HOLD(create(kind) == 0);
        if (kind == 0) fill_ring();
        if (kind == 1) fill_book();
        if (kind == 2) fill_counters();
        if (kind == 5) fill_notices();
        FILE *file = fopen(path, "rb");
        good_bytes[kind] = fread(good[kind], 1, IMAGE_MAX, file);
        HOLD(good_bytes[kind] > 0 && good_bytes[kind] < IMAGE_MAX);
        fclose(file);
    }
}

static void use_ring(int mode) {
    struct pmm_ring ring;
    struct pmm_event batch[BATCH] = {0};
    int code = mode == PMM_OPEN_READ     ? pmm_ring_open_observer(&ring, path)
               : mode == PMM_OPEN_SHARED ? pmm_ring_open_reader(&ring, path)
                                         : pmm_ring_open_writer(&ring, path);
    if (code) return;
    (void)pmm_ring_depth(&ring);
    (void)pmm_ring_resync_requests(&ring);
    if (mode == PMM_OPEN_SHARED) {
        int64_t skipped = pmm_ring_skip(&ring, 3);
        int64_t taken = pmm_ring_take(&ring, batch, BATCH);
        HOLD(skipped >= 0 && skipped <= 3 && taken >= 0 && taken <= BATCH);
        (void)pmm_ring_ready(&ring);
        pmm_ring_request_resync(&ring);
        pmm_ring_release(&ring);
    } else if (mode == PMM_OPEN_OWN) {
        int64_t bulk = pmm_ring_push_bulk(&ring, batch, 4), burst = pmm_ring_push_burst(&ring, batch, BATCH);
        HOLD((bulk == 4 || bulk == PMM_ERR_AGAIN) && burst >= 0 && burst <= BATCH);
    }
    pmm_ring_close(&ring);
}

static void use_book(int mode) {
    struct pmm_segment segment;
    struct pmm_book *book;
    struct pmm_top top;
    struct pmm_level levels[BATCH];
    struct pmm_book_stats stats;
    struct pmm_event batch[BATCH];
    if (pmm_book_open(&segment, &book, path, mode)) return;
    pmm_book_get_stats(book, &stats);
    (void)pmm_book_read_top(book, &top);
    HOLD(pmm_book_read_depth(book, PMM_SIDE_BID, levels, BATCH) <= BATCH);
    HOLD(pmm_book_read_depth(book, PMM_SIDE_ASK, levels, BATCH) <= BATCH);
    if (mode == PMM_OPEN_OWN) {
        pmm_book_repair(book);
        for (size_t i = 0, n = snapshot(batch); i < n; i++)
            batch[i].instrument_id = 0;
        int64_t taken = pmm_book_apply(book, batch, snapshot(batch));
        if (taken > 0) HOLD(pmm_book_read_depth(book, PMM_SIDE_BID, levels, BATCH) == 2);
    }
    pmm_segment_close(&segment);
}

static void use_counters(int mode) {
    struct pmm_counters counters;
    if (pmm_counters_open(&counters, path, mode)) return;
    (void)pmm_counter_find(&counters, "a");
    int index = pmm_counter_find(&counters, "new");
    pmm_counter_add(&counters, index, 1);
    for (int i = -1; i < 6; i++)
        (void)pmm_counter_get(&counters, i);
    for (uint32_t i = 0; i < counters.shared->histogram_count; i++) {
        (void)pmm_histogram_quantile(&counters.histograms[i], 0.99);
        if (mode == PMM_OPEN_OWN) pmm_histogram_record(&counters.histograms[i], 77);
    }
    pmm_counters_close(&counters);
}

static void use_bell(int mode) {
    struct pmm_bell bell;
    if (pmm_bell_open(&bell, path, mode)) return;
    if (mode == PMM_OPEN_SHARED) (void)pmm_bell_ring(&bell);
    if (mode == PMM_OPEN_OWN) (void)pmm_bell_wait(&bell, NULL, 0, PMM_WAIT_PARK, 0, 1);
    (void)pmm_segment_owner_alive(&bell.segment, 1000);
    pmm_bell_close(&bell);
}

static void use_control(int mode) {
    struct pmm_control control;
    if (pmm_control_open(&control, path, mode)) return;
    (void)pmm_control_killed(&control);
    if (mode == PMM_OPEN_SHARED) {
        HOLD(pmm_control_kill(&control, PMM_REASON_OPERATOR) != 0);
        pmm_control_clear(&control);
    }
    pmm_control_close(&control);
}

static void use_notices(int mode) {
    struct pmm_notices notices;
    struct pmm_notice notice;
    if (pmm_notices_open(&notices, path, mode)) return;
    uint64_t count = pmm_notices_count(&notices);
    for (uint64_t number = count > 3 ? count - 3 : 0; number <= count && number < UINT64_MAX; number++)
        if (pmm_notices_read(&notices, number, &notice) == 0) HOLD(notice.bytes <= PMM_NOTICE_TEXT_BYTES);
    if (mode == PMM_OPEN_OWN) {
        HOLD(pmm_notices_put(&notices, PMM_NOTICE_WARNING, 2, "a warning", 9) == 0);
        HOLD(pmm_notices_put(&notices, PMM_NOTICE_ERROR, 3, "another", 7) == 0);
    }
    (void)pmm_notices_lost_lines(&notices);
    pmm_notices_close(&notices);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    if (!path[0]) prepare();
    unsigned first = (unsigned)take(&input, 1), kind = first % KINDS, mode = first / KINDS % 3, raw = first >= 240;
    if (raw) {
        write_file(path, input.data, input.left);
    } else {
        size_t bytes = good_bytes[kind];
        if (first >= 225) bytes = take(&input, 2) % bytes;
        memcpy(image, good[kind], bytes);
        edit(&input, image, bytes < 65536 ? bytes : 65536);
        write_file(path, image, bytes);
    }
    void (*const use[KINDS])(int) = {use_ring, use_book, use_counters, use_bell, use_control, use_notices};
    use[kind]((int)mode);
    return 0;
}
