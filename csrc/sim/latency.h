/*
 * latency.h: records under way: what has been sent and has not arrived. Private: cffi never reads it.
 *
 * What it is. One direction of a connection to a simulated or paper venue. A record arrives latency_ns after its
 * recv_ns, and never before one that was sent earlier: a connection keeps its order, whatever the stamps say.
 *
 * Who writes, who reads. The venue that it is a part of. Its records stand elsewhere in the venue's memory, at a
 * distance from this structure, so a copy of the whole is the same queue.
 */
#ifndef PMM_LATENCY_H
#define PMM_LATENCY_H

#include "base/event.h"

#define PMM_LATENCY_RECORDS_MAX 1048576
#define PMM_LATENCY_NS_MAX      (INT64_MAX / 4)

struct pmm_latency {
    int64_t latency_ns;
    uint64_t records_at; /* from this structure's first byte */
    uint64_t head;       /* free-running, as tail */
    uint64_t tail;
    uint32_t capacity;
    uint32_t reserved;
};

static inline int pmm_latency_valid(int64_t latency_ns, uint32_t capacity) {
    return latency_ns >= 0 && latency_ns <= PMM_LATENCY_NS_MAX && capacity > 0 && capacity <= PMM_LATENCY_RECORDS_MAX;
}

/* records: room for `capacity` of them, behind the queue in the same memory. */
static inline void pmm_latency_init(struct pmm_latency *queue, const void *records, uint32_t capacity,
                                    int64_t latency_ns) {
    *queue = (struct pmm_latency){
        .latency_ns = latency_ns,
        .records_at = (uintptr_t)records - (uintptr_t)queue,
        .capacity = capacity,
    };
}

static inline uint64_t pmm_latency_room(const struct pmm_latency *queue) {
    return queue->capacity - (queue->tail - queue->head);
}

static inline int pmm_latency_is_empty(const struct pmm_latency *queue) { return queue->head == queue->tail; }

static inline struct pmm_event *pmm_latency_at(const struct pmm_latency *queue, uint64_t at) {
    return (struct pmm_event *)((uintptr_t)queue + queue->records_at) + at % queue->capacity;
}

/* The one that arrives next. There must be one. */
static inline const struct pmm_event *pmm_latency_first(const struct pmm_latency *queue) {
    return pmm_latency_at(queue, queue->head);
}

/* When it arrives; INT64_MAX if nothing is under way. */
static inline int64_t pmm_latency_due_ns(const struct pmm_latency *queue) {
    if (pmm_latency_is_empty(queue)) return INT64_MAX;
    int64_t sent_ns = pmm_latency_first(queue)->recv_ns;
    return (sent_ns < INT64_MAX / 2 ? sent_ns : INT64_MAX / 2) + queue->latency_ns;
}

static inline int pmm_latency_is_due(const struct pmm_latency *queue, int64_t now_ns) {
    return !pmm_latency_is_empty(queue) && pmm_latency_due_ns(queue) <= now_ns;
}

static inline void pmm_latency_drop(struct pmm_latency *queue) { queue->head++; }

/* There must be room. */
static inline void pmm_latency_put(struct pmm_latency *queue, const struct pmm_event *record) {
    *pmm_latency_at(queue, queue->tail++) = *record;
}

#endif
