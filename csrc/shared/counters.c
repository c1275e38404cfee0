/* counters.c: named counters and histograms that one process writes and anybody reads. */
#include "shared/counters.h"

#include <math.h>
#include <string.h>

#include "base/atomics.h"
#include "base/error.h"
#include "base/layout.h"

#define PMM_COUNTERS_LAYOUT(ROW) \
    ROW(pmm_counters_shared, counter_capacity, 0, 4) \
    ROW(pmm_counters_shared, histogram_capacity, 4, 4) \
    ROW(pmm_counters_shared, counter_count, 8, 4) \
    ROW(pmm_counters_shared, histogram_count, 12, 4) \
    ROW(pmm_counters_shared, reserved, 16, 112) \
    ROW(pmm_counter, label, 0, 56) \
    ROW(pmm_counter, value, 56, 8) \
    ROW(pmm_histogram, label, 0, 56) \
    ROW(pmm_histogram, count, 56, 8) \
    ROW(pmm_histogram, sum, 64, 8) \
    ROW(pmm_histogram, max, 72, 8) \
    ROW(pmm_histogram, buckets, 80, 9216)

PMM_COUNTERS_LAYOUT(PMM_ROW_ASSERT)
static_assert(sizeof(struct pmm_counters_shared) == 128, "counters begin on a cache line");
static_assert(sizeof(struct pmm_counter) == 64, "a counter is one cache line");
static_assert(sizeof(struct pmm_histogram) == 80 + 8 * PMM_HISTOGRAM_BUCKETS, "no padding");

#define SUB_BITS    5
#define SUB_BUCKETS (1 << SUB_BITS)
#define VALUE_MAX   ((INT64_C(1) << 40) - 1)
/* Far above any use: it keeps the sizes' arithmetic inside 32 bits' worth of entries. */
#define CAPACITY_MAX 65536

static uint64_t fingerprint(void) { return pmm_fingerprint("counters;" PMM_COUNTERS_LAYOUT(PMM_ROW_TEXT)); }

static size_t payload_bytes(uint32_t counters, uint32_t histograms) {
    return sizeof(struct pmm_counters_shared) + counters * sizeof(struct pmm_counter) +
           histograms * sizeof(struct pmm_histogram);
}

int pmm_counters_create(const char *path, uint32_t counters, uint32_t histograms, const char *name) {
    if (counters > CAPACITY_MAX || histograms > CAPACITY_MAX) return PMM_ERR_ARGUMENT;
    struct pmm_counters_shared initial = {.counter_capacity = counters, .histogram_capacity = histograms};
    return pmm_segment_create_with(path, PMM_SEGMENT_COUNTERS, fingerprint(), payload_bytes(counters, histograms), name,
                                   &initial, sizeof initial);
}

int pmm_counters_open(struct pmm_counters *c, const char *path, int mode) {
    if (!c) return PMM_ERR_ARGUMENT;
    memset(c, 0, sizeof *c);
    int code = pmm_segment_open(&c->segment, path, PMM_SEGMENT_COUNTERS, fingerprint(), mode);
    if (code < 0) return code;
    struct pmm_counters_shared *shared = c->segment.payload;
    size_t payload = c->segment.bytes - PMM_SEGMENT_HEADER_BYTES;
    if (payload < sizeof *shared || shared->counter_capacity > CAPACITY_MAX ||
        shared->histogram_capacity > CAPACITY_MAX ||
        pmm_load_relaxed_u32(&shared->counter_count) > shared->counter_capacity ||
        pmm_load_relaxed_u32(&shared->histogram_count) > shared->histogram_capacity ||
        payload != payload_bytes(shared->counter_capacity, shared->histogram_capacity)) {
        pmm_segment_close(&c->segment);
        return PMM_ERR_LAYOUT;
    }
    c->shared = shared;
    c->counters = (struct pmm_counter *)(shared + 1);
    c->histograms = (struct pmm_histogram *)(c->counters + shared->counter_capacity);
    return PMM_OK;
}

void pmm_counters_close(struct pmm_counters *c) {
    if (!c || !c->shared) return;
    pmm_segment_close(&c->segment);
    memset(c, 0, sizeof *c);
}

/*
 * Finds label in a table of entries that begin with their label, or adds it: the label first, then
 * the count with release, so that a reader never sees an entry without its name.
 */
static int find(struct pmm_counters *c, const char *label, void *table, size_t stride, uint32_t *count,
                uint32_t capacity) {
    size_t bytes = strlen(label);
    if (bytes == 0 || c->segment.mode != PMM_OPEN_OWN) return PMM_ERR_ARGUMENT;
    if (bytes >= PMM_LABEL_BYTES) return PMM_ERR_RANGE;
    uint32_t n = pmm_load_relaxed_u32(count);
    for (uint32_t i = 0; i < n; i++)
        if (strcmp((const char *)table + i * stride, label) == 0) return (int)i;
    if (n >= capacity) return PMM_ERR_FULL;
    memcpy((char *)table + n * stride, label, bytes);
    pmm_store_release_u32(count, n + 1);
    return (int)n;
}

int pmm_counter_find(struct pmm_counters *c, const char *label) {
    return find(c, label, c->counters, sizeof *c->counters, &c->shared->counter_count, c->shared->counter_capacity);
}

int pmm_histogram_find(struct pmm_counters *c, const char *label) {
    return find(c, label, c->histograms, sizeof *c->histograms, &c->shared->histogram_count,
                c->shared->histogram_capacity);
}

/* NULL for an index that no find has returned: a stray index must not write past the table. */
static int64_t *value_at(const struct pmm_counters *c, int index) {
    uint32_t count = pmm_load_acquire_u32(&c->shared->counter_count);
    return (uint32_t)index < count ? &c->counters[index].value : NULL;
}

void pmm_counter_add(struct pmm_counters *c, int index, int64_t delta) {
    int64_t *value = value_at(c, index);
    /* Load and store, not a locked add: the owner is the only writer. */
    if (value) pmm_store_relaxed_i64(value, pmm_load_relaxed_i64(value) + delta);
}

void pmm_counter_set(struct pmm_counters *c, int index, int64_t value) {
    int64_t *at = value_at(c, index);
    if (at) pmm_store_relaxed_i64(at, value);
}

int64_t pmm_counter_get(const struct pmm_counters *c, int index) {
    const int64_t *value = value_at(c, index);
    return value ? pmm_load_relaxed_i64(value) : 0;
}

static uint32_t bucket_of(int64_t value) {
    if (value < SUB_BUCKETS) return (uint32_t)value;
    if (value > VALUE_MAX) value = VALUE_MAX;
    int e = 63 - __builtin_clzll((uint64_t)value);
    return (uint32_t)(SUB_BUCKETS * (e - SUB_BITS + 1) + ((value >> (e - SUB_BITS)) - SUB_BUCKETS));
}

static void bump(uint64_t *word, uint64_t by) { pmm_store_relaxed_u64(word, pmm_load_relaxed_u64(word) + by); }

void pmm_histogram_record(struct pmm_histogram *h, int64_t value_ns) {
    int64_t value = value_ns < 0 ? 0 : value_ns;
    bump(&h->buckets[bucket_of(value)], 1);
    bump(&h->count, 1);
    bump(&h->sum, (uint64_t)value);
    if ((uint64_t)value > pmm_load_relaxed_u64(&h->max)) pmm_store_relaxed_u64(&h->max, (uint64_t)value);
}

int64_t pmm_histogram_bucket_floor(uint32_t bucket) {
    if (bucket < SUB_BUCKETS) return bucket;
    if (bucket > PMM_HISTOGRAM_BUCKETS) bucket = PMM_HISTOGRAM_BUCKETS;
    uint32_t power = bucket / SUB_BUCKETS - 1;
    return (int64_t)(bucket % SUB_BUCKETS + SUB_BUCKETS) << power;
}

int64_t pmm_histogram_quantile(const struct pmm_histogram *h, double q) {
    /* The buckets' own sum, not count: another process may be between the two. */
    uint64_t total = 0, seen = 0;
    for (uint32_t b = 0; b < PMM_HISTOGRAM_BUCKETS; b++)
        total += pmm_load_relaxed_u64(&h->buckets[b]);
    if (total == 0) return 0;
    double wanted = ceil(fmin(fmax(q, 0.0), 1.0) * (double)total);
    for (uint32_t b = 0; b < PMM_HISTOGRAM_BUCKETS; b++) {
        seen += pmm_load_relaxed_u64(&h->buckets[b]);
        if (seen > 0 && (double)seen >= wanted) {
            /* The last bucket also holds what is beyond the range: only max bounds it. */
            int64_t upper = b + 1 < PMM_HISTOGRAM_BUCKETS ? pmm_histogram_bucket_floor(b + 1) - 1 : INT64_MAX;
            int64_t max = (int64_t)pmm_load_relaxed_u64(&h->max);
            return upper < max ? upper : max;
        }
    }
    return (int64_t)pmm_load_relaxed_u64(&h->max);
}
