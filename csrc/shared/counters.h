/*
 * counters.h: labelled counters and latency histograms that anyone may read.
 *
 * What it is. One segment per process: a table of labelled int64 values, and histograms
 * with log-linear buckets. The process that owns it adds with relaxed stores; readers with
 * read permission see single values whole and a set of them approximately.
 *
 * Histogram. Values are ns, 0 to 2^40. 32 linear sub-buckets per power of two: a value is
 * known to 1/32 (3.2 %). Bucket of v: v itself below 32; otherwise, with e = floor(log2 v),
 * 32 x (e - 4) + ((v >> (e - 5)) - 32). 1152 buckets.
 *
 *   payload: 128-byte head { counter_capacity, histogram_capacity, counter_count, histogram_count },
 *   then counters { char label[56]; int64 value } of 64 bytes, then histograms
 *   { char label[56]; uint64 count; uint64 sum; uint64 max; uint64 buckets[1152] }.
 */
#ifndef PMM_COUNTERS_H
#define PMM_COUNTERS_H

#include "shared/segment.h"

#define PMM_LABEL_BYTES       56
#define PMM_HISTOGRAM_BUCKETS 1152

struct pmm_counter {
    char label[PMM_LABEL_BYTES];             /* what it counts: NUL-terminated UTF-8 */
    int64_t value;         /* the count, or the gauge as last set */
};

struct pmm_histogram {
    char label[PMM_LABEL_BYTES]; /* what it measures: NUL-terminated UTF-8 */
    uint64_t count;        /* values recorded */
    uint64_t sum;          /* of all values, ns */
    uint64_t max;          /* the largest value, ns */
    uint64_t buckets[PMM_HISTOGRAM_BUCKETS]; /* values per bucket */
};

struct pmm_counters_shared {
    uint32_t counter_capacity;   /* entries in the table of counters */
    uint32_t histogram_capacity; /* entries in the table of histograms */
    uint32_t counter_count;      /* entries in use; stored with release after the label */
    uint32_t histogram_count;    /* the same for histograms */
    uint64_t reserved[14];
};

struct pmm_counters {
    struct pmm_segment segment;
    struct pmm_counters_shared *shared;
    struct pmm_counter *counters;
    struct pmm_histogram *histograms;
};

int pmm_counters_create(const char *path, uint32_t counters, uint32_t histograms, const char *name);
int pmm_counters_open(struct pmm_counters *c, const char *path, int mode);
void pmm_counters_close(struct pmm_counters *c);

/*
 * Owner. The index of label, made if it is new; FULL if there is no room, RANGE if it is 56 bytes or
 * more, ARGUMENT if it is empty or the caller is not the owner. Labels are never removed, and a
 * restarted owner finds its own again with their values. An index that no find returned is ignored.
 */
int pmm_counter_find(struct pmm_counters *c, const char *label);
int pmm_histogram_find(struct pmm_counters *c, const char *label);
void pmm_counter_add(struct pmm_counters *c, int index, int64_t delta);
void pmm_counter_set(struct pmm_counters *c, int index, int64_t value);
int64_t pmm_counter_get(const struct pmm_counters *c, int index);

void pmm_histogram_record(struct pmm_histogram *h, int64_t value_ns); /* negative counts as 0 */
/* The upper bound of the bucket that holds the fraction q (0..1) of the values, at most max; 0 if empty. */
int64_t pmm_histogram_quantile(const struct pmm_histogram *h, double q);
/* Lowest value of a bucket: for those who draw it. */
int64_t pmm_histogram_bucket_floor(uint32_t bucket);

#endif
