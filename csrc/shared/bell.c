/* bell.c: a process's state and doorbell, and the session's control word. */
#define _GNU_SOURCE /* syscall */
#include "shared/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/atomics.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/layout.h"
#include "base/prefetch.h"

#define PMM_BELL_LAYOUT(ROW) \
    ROW(pmm_bell_shared, rings, 0, 4) \
    ROW(pmm_bell_shared, parked, 4, 4) \
    ROW(pmm_bell_shared, state, 8, 4) \
    ROW(pmm_bell_shared, restarts, 12, 4) \
    ROW(pmm_bell_shared, progress, 16, 8) \
    ROW(pmm_bell_shared, reserved, 24, 104)

#define PMM_CONTROL_LAYOUT(ROW) \
    ROW(pmm_control_shared, kill, 0, 4) \
    ROW(pmm_control_shared, reserved1, 4, 4) \
    ROW(pmm_control_shared, set_ns, 8, 8) \
    ROW(pmm_control_shared, wall_start_ns, 16, 8) \
    ROW(pmm_control_shared, monotonic_start_ns, 24, 8) \
    ROW(pmm_control_shared, reserved2, 32, 96)

PMM_BELL_LAYOUT(PMM_ROW_ASSERT)
PMM_CONTROL_LAYOUT(PMM_ROW_ASSERT)
static_assert(sizeof(struct pmm_bell_shared) == 128, "pmm_bell_shared is two cache lines");
static_assert(sizeof(struct pmm_control_shared) == 128, "pmm_control_shared is two cache lines");

/* Looks at the rings between two looks at the clock: a clock read costs several looks. */
#define LOOKS_PER_CLOCK 16
/*
 * Looks at the clock from one call of warm to the next: some 10 to 20 us. Others on the machine take the caches in less
 * than the millisecond that a market may pause, and a record that comes meanwhile waits for a few hundred ns.
 */
#define CLOCKS_PER_WARMING 16

/* Values of parked. */
#define PARKED         1
#define PARKED_AT_PIPE 2

static uint64_t bell_fingerprint(void) { return pmm_fingerprint("process;" PMM_BELL_LAYOUT(PMM_ROW_TEXT)); }

static uint64_t control_fingerprint(void) { return pmm_fingerprint("control;" PMM_CONTROL_LAYOUT(PMM_ROW_TEXT)); }

static int open_sized(struct pmm_segment *segment, const char *path, uint32_t kind, uint64_t fingerprint, int mode,
                      size_t payload_bytes) {
    int code = pmm_segment_open(segment, path, kind, fingerprint, mode);
    if (code == PMM_OK && segment->bytes != PMM_SEGMENT_HEADER_BYTES + payload_bytes) {
        pmm_segment_close(segment);
        return PMM_ERR_LAYOUT;
    }
    return code;
}

int pmm_bell_create(const char *path, const char *name) {
    return pmm_segment_create(path, PMM_SEGMENT_PROCESS, bell_fingerprint(), sizeof(struct pmm_bell_shared), name);
}

int pmm_bell_open(struct pmm_bell *bell, const char *path, int mode) {
    if (!bell) return PMM_ERR_ARGUMENT;
    memset(bell, 0, sizeof *bell);
    int code = open_sized(&bell->segment, path, PMM_SEGMENT_PROCESS, bell_fingerprint(), mode, sizeof *bell->shared);
    if (code < 0) return code;
    bell->shared = bell->segment.payload;
    bell->pipe = -1;
    const int length = snprintf(bell->pipe_path, sizeof bell->pipe_path, "%s.pipe", path);
    if (length < 0 || (size_t)length >= sizeof bell->pipe_path) bell->pipe_path[0] = '\0';
    if (mode == PMM_OPEN_OWN) {
        /* A predecessor killed in its sleep left parked set: writers would ring for nobody. */
        pmm_store_release_u32(&bell->shared->parked, 0);
        pmm_store_release_u32(&bell->shared->state, PMM_STATE_STARTING);
        pmm_store_release_u32(&bell->shared->restarts, bell->segment.header->epoch - 1);
        pmm_store_relaxed_u64(&bell->shared->progress, 0);
    }
    return PMM_OK;
}

void pmm_bell_close(struct pmm_bell *bell) {
    if (!bell || !bell->shared) return;
    if (bell->pipe >= 0) close(bell->pipe);
    bell->pipe = -1;
    pmm_segment_close(&bell->segment);
    bell->shared = NULL;
}

void pmm_bell_progress(struct pmm_bell *bell) {
    pmm_store_relaxed_u64(&bell->shared->progress, (uint64_t)pmm_clock_monotonic_ns());
}

void pmm_bell_set_state(struct pmm_bell *bell, uint32_t state) { pmm_store_release_u32(&bell->shared->state, state); }

/* FUTEX_WAIT and FUTEX_WAKE without the private flag: the word is found by its page, across processes. */
static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout) {
    return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

/* Its end is kept while its reader lives; the next reader's pipe is opened anew. */
static int write_to_pipe(struct pmm_bell *bell) {
    const char byte = 1;
    for (int opened = 0; opened < 2; opened++) {
        if (bell->pipe < 0) {
            bell->pipe = open(bell->pipe_path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
            if (bell->pipe < 0) return 0; /* nobody reads there */
            opened = 1;
        }
        if (write(bell->pipe, &byte, 1) == 1 || errno == EAGAIN) return 1; /* a full one has woken it */
        close(bell->pipe);
        bell->pipe = -1;
    }
    return 0;
}

int pmm_bell_ring(struct pmm_bell *bell) {
    struct pmm_bell_shared *shared = bell->shared;
    pmm_fence_full(); /* the commit word before it, the load of parked after it */
    const uint32_t parked = pmm_load_relaxed_u32(&shared->parked);
    if (!parked) return 0;
    if (parked == PARKED_AT_PIPE) return write_to_pipe(bell);
    pmm_add_u32(&shared->rings, 1);
    futex(&shared->rings, FUTEX_WAKE, 1, NULL);
    return 1;
}

void pmm_bell_warm_writer(const struct pmm_bell *bell) {
    pmm_prefetch(&bell->shared->parked, sizeof bell->shared->parked);
}

static int any_ready(struct pmm_ring *const *rings, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (pmm_ring_ready(rings[i])) return 1;
    return 0;
}

/* Looks until one is ready or the time is over. */
static int look_until(const struct pmm_bell *bell, struct pmm_ring *const *rings, size_t n, int yielding,
                      int64_t until_ns) {
    unsigned clocks = 0;
    do {
        if (bell->warm && clocks++ % CLOCKS_PER_WARMING == 0) bell->warm(bell->turn);
        for (int look = 0; look < LOOKS_PER_CLOCK; look++) {
            if (any_ready(rings, n)) return 1;
            if (yielding)
                sched_yield();
            else
                pmm_pause();
        }
    } while (pmm_clock_monotonic_ns() < until_ns);
    return any_ready(rings, n);
}

/* One sleep at most; 1 if the caller should look and sleep again, 0 when time is over or a signal came. */
static int sleep_once(struct pmm_bell_shared *shared, uint32_t seen, int64_t left_ns) {
    const int64_t second = 1000000000;
    struct timespec timeout = {.tv_sec = (time_t)(left_ns / second), .tv_nsec = (long)(left_ns % second)};
    if (futex(&shared->rings, FUTEX_WAIT, seen, &timeout) == 0) return 1;
    return errno == EAGAIN; /* rung between the look and the sleep */
}

static int park_until(struct pmm_bell *bell, struct pmm_ring *const *rings, size_t n, int64_t until_ns) {
    struct pmm_bell_shared *shared = bell->shared;
    int again = 1, ready = 0;
    while (again && !ready) {
        uint32_t seen = pmm_load_acquire_u32(&shared->rings);
        pmm_store_relaxed_u32(&shared->parked, PARKED);
        pmm_fence_full(); /* parked before it, the look after it: see bell.h */
        ready = any_ready(rings, n);
        int64_t left_ns = until_ns - pmm_clock_monotonic_ns();
        if (!ready) again = left_ns > 0 && sleep_once(shared, seen, left_ns);
    }
    pmm_store_release_u32(&shared->parked, 0);
    return ready || any_ready(rings, n);
}

int pmm_bell_open_pipe(struct pmm_bell *bell) {
    const char *path = bell->pipe_path;
    if (!path[0]) return PMM_ERR_ARGUMENT;
    if (mkfifo(path, S_IRUSR | S_IWUSR) < 0 && errno != EEXIST) return PMM_ERR_SYSTEM;
    /* Both ends: a writer that leaves is no end of it. */
    const int end = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    struct stat found;
    if (end < 0) return PMM_ERR_SYSTEM;
    if (fstat(end, &found) < 0 || !S_ISFIFO(found.st_mode)) {
        close(end);
        return PMM_ERR_LAYOUT;
    }
    if (bell->pipe >= 0) close(bell->pipe);
    return bell->pipe = end;
}

int pmm_bell_doze(struct pmm_bell *bell, struct pmm_ring *const *rings, size_t n) {
    pmm_store_relaxed_u32(&bell->shared->parked, PARKED_AT_PIPE);
    pmm_fence_full(); /* parked before it, the look after it: see bell.h */
    if (!any_ready(rings, n)) return 0;
    pmm_store_release_u32(&bell->shared->parked, 0);
    return 1;
}

int pmm_bell_awake(struct pmm_bell *bell, struct pmm_ring *const *rings, size_t n) {
    char taken[64];
    pmm_store_release_u32(&bell->shared->parked, 0);
    while (read(bell->pipe, taken, sizeof taken) == (ssize_t)sizeof taken)
        ;
    pmm_segment_beat(&bell->segment);
    return any_ready(rings, n);
}

int pmm_bell_wait(struct pmm_bell *bell, struct pmm_ring *const *rings, size_t n, int strategy, int64_t spin_ns,
                  int64_t timeout_ns) {
    int64_t start_ns = pmm_clock_monotonic_ns();
    timeout_ns = timeout_ns < 0 ? 0 : timeout_ns;
    spin_ns = spin_ns > timeout_ns ? timeout_ns : spin_ns;
    int64_t until_ns = timeout_ns > INT64_MAX - start_ns ? INT64_MAX : start_ns + timeout_ns;
    int64_t spin_until_ns = strategy == PMM_WAIT_SPIN ? until_ns : start_ns + spin_ns;

    int ready = any_ready(rings, n);
    if (!ready && spin_until_ns > start_ns) ready = look_until(bell, rings, n, 0, spin_until_ns);
    if (!ready && strategy == PMM_WAIT_YIELD) ready = look_until(bell, rings, n, 1, until_ns);
    if (!ready && strategy == PMM_WAIT_PARK && until_ns > start_ns) ready = park_until(bell, rings, n, until_ns);
    pmm_segment_beat(&bell->segment);
    return ready;
}

int pmm_control_create(const char *path, int64_t wall_start_ns, int64_t monotonic_start_ns) {
    struct pmm_control_shared initial = {.wall_start_ns = wall_start_ns, .monotonic_start_ns = monotonic_start_ns};
    return pmm_segment_create_with(path, PMM_SEGMENT_CONTROL, control_fingerprint(), sizeof initial, "kill switch",
                                   &initial, sizeof initial);
}

int pmm_control_open(struct pmm_control *control, const char *path, int mode) {
    if (!control || mode == PMM_OPEN_OWN) return PMM_ERR_ARGUMENT;
    memset(control, 0, sizeof *control);
    int code =
        open_sized(&control->segment, path, PMM_SEGMENT_CONTROL, control_fingerprint(), mode, sizeof *control->shared);
    if (code == PMM_OK) control->shared = control->segment.payload;
    return code;
}

void pmm_control_close(struct pmm_control *control) {
    if (!control || !control->shared) return;
    pmm_segment_close(&control->segment);
    control->shared = NULL;
}

uint32_t pmm_control_kill(struct pmm_control *control, uint32_t reason) {
    struct pmm_control_shared *shared = control->shared;
    if (reason && pmm_compare_exchange_u32(&shared->kill, 0, reason))
        pmm_store_relaxed_u64(&shared->set_ns, (uint64_t)pmm_control_now_ns(control));
    return pmm_load_acquire_u32(&shared->kill);
}

void pmm_control_clear(struct pmm_control *control) {
    if (pmm_exchange_u32(&control->shared->kill, 0))
        pmm_store_relaxed_u64(&control->shared->set_ns, (uint64_t)pmm_control_now_ns(control));
}

uint32_t pmm_control_killed(const struct pmm_control *control) { return pmm_load_acquire_u32(&control->shared->kill); }

int64_t pmm_control_now_ns(const struct pmm_control *control) {
    const struct pmm_control_shared *shared = control->shared;
    return shared->wall_start_ns + (pmm_clock_monotonic_ns() - shared->monotonic_start_ns);
}
