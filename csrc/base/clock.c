/* clock.c: the processor's counter as a clock that agrees with the kernel's, and session time from it. */
#include "base/clock.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

#define TRIES       5
#define SETTLED_PPM 5 /* a rate that is off by less is noise and is averaged */

static int64_t now_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t); /* cannot fail for these two clocks: vDSO, no system call */
    return (int64_t)t.tv_sec * PMM_NS_PER_S + t.tv_nsec;
}

int64_t pmm_clock_wall_ns(void) { return now_ns(CLOCK_REALTIME); }

int64_t pmm_clock_monotonic_ns(void) { return now_ns(CLOCK_MONOTONIC); }

/* rdtscp would be in order by itself, but hypervisors intercept it: microseconds a read. */
static inline uint64_t counter(void) {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return 0;
#endif
}

static uint64_t counter_in_order(const struct pmm_clock *clock) {
    if (!clock->counted) return (uint64_t)now_ns(CLOCK_MONOTONIC_RAW);
#if defined(__x86_64__)
    _mm_lfence();
    uint64_t ticks = __rdtsc();
    _mm_lfence();
    return ticks;
#else
    return 0;
#endif
}

static int counter_is_invariant(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d >> 8 & 1);
#else
    return 0;
#endif
}

int pmm_clock_trusted(const char *clocksource, int invariant) {
    return invariant && (strcmp(clocksource, "tsc") == 0 || strcmp(clocksource, "kvm-clock") == 0);
}

static int kernel_trusts_the_counter(void) {
    char name[64];
    int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, name, sizeof name - 1);
    close(fd);
    if (n <= 0) return 0;
    name[n] = 0;
    name[strcspn(name, "\n")] = 0;
    return pmm_clock_trusted(name, counter_is_invariant());
}

int pmm_clock_init(struct pmm_clock *clock, int use_counter) {
    memset(clock, 0, sizeof *clock);
    clock->counted = use_counter && kernel_trusts_the_counter();
    pmm_clock_anchor(clock, now_ns(CLOCK_REALTIME), now_ns(CLOCK_MONOTONIC));
    pmm_clock_recalibrate(clock);
    return (int)clock->counted;
}

void pmm_clock_anchor(struct pmm_clock *clock, int64_t wall_start_ns, int64_t monotonic_start_ns) {
    clock->session_offset_ns = wall_start_ns - monotonic_start_ns;
    clock->wall_ahead_ns = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC) - clock->session_offset_ns;
}

struct pmm_clock_sample pmm_clock_sample(const struct pmm_clock *clock) {
    struct pmm_clock_sample best = {.width_ticks = UINT64_MAX};
    for (int i = 0; i < TRIES; i++) {
        uint64_t before = counter_in_order(clock);
        int64_t monotonic_ns = now_ns(CLOCK_MONOTONIC);
        uint64_t between = counter_in_order(clock);
        int64_t wall_ns = now_ns(CLOCK_REALTIME);
        uint64_t after = counter_in_order(clock);
        if (after - before < best.width_ticks)
            best = (struct pmm_clock_sample){.ticks = before + (between - before) / 2,
                                             .width_ticks = after - before,
                                             .monotonic_ns = monotonic_ns,
                                             .wall_ns = wall_ns};
    }
    return best;
}

static inline int64_t span_ns(uint64_t ticks, uint64_t rate) {
    return (int64_t)((unsigned __int128)ticks * rate >> 32);
}

static int64_t magnitude(int64_t x) { return x < 0 ? -x : x; }

static int begin(struct pmm_clock *clock, const struct pmm_clock_sample *sample) {
    clock->base_ticks = sample->ticks;
    clock->base_monotonic_ns = sample->monotonic_ns;
    clock->rate = 0;
    clock->valid_ticks = 0;
    clock->begun++;
    return PMM_CLOCK_BEGUN;
}

/* Noise is averaged; a rate that has really changed is taken at once, or the line would lag for many samples. */
static uint64_t settled(uint64_t rate, uint64_t measured) {
    int64_t change = (int64_t)(measured - rate);
    if (rate == 0 || magnitude(change) > (int64_t)(rate / 1000000 * SETTLED_PPM)) return measured;
    return rate + (uint64_t)(change / 8);
}

/* Against what was noticed last and not against the last sample: small steps add up. */
static void notice_step(struct pmm_clock *clock, const struct pmm_clock_sample *sample) {
    int64_t ahead_ns = sample->wall_ns - sample->monotonic_ns - clock->session_offset_ns;
    int64_t step_ns = ahead_ns - clock->wall_ahead_ns;
    if (magnitude(step_ns) < PMM_CLOCK_STEP_NS) return;
    clock->wall_ahead_ns = ahead_ns;
    clock->step_ns = step_ns;
    clock->steps++;
}

int pmm_clock_adjust(struct pmm_clock *clock, const struct pmm_clock_sample *sample) {
    if (sample->width_ticks > PMM_CLOCK_WIDTH_TICKS_MAX) return PMM_CLOCK_KEPT;
    notice_step(clock, sample);
    int64_t passed_ns = sample->monotonic_ns - clock->base_monotonic_ns;
    if (clock->begun == 0 || sample->ticks <= clock->base_ticks || passed_ns < 0 ||
        passed_ns > PMM_CLOCK_INTERVAL_NS_MAX)
        return begin(clock, sample);
    if (passed_ns < PMM_CLOCK_INTERVAL_NS_MIN) return PMM_CLOCK_KEPT;
    uint64_t passed_ticks = sample->ticks - clock->base_ticks;
    uint64_t measured = ((uint64_t)passed_ns << 32) / passed_ticks;
    /* NTP steers by less than a tenth: the counter was set, or stood still with the machine. */
    if (measured == 0 || (clock->rate && magnitude((int64_t)(measured - clock->rate)) > (int64_t)(clock->rate / 10)))
        return begin(clock, sample);
    int64_t line_ns = span_ns(passed_ticks, clock->rate ? clock->rate : measured);
    clock->drift_ns = passed_ns - line_ns;
    if (magnitude(clock->drift_ns) > clock->drift_max_ns) clock->drift_max_ns = magnitude(clock->drift_ns);
    clock->rate = settled(clock->rate, measured);
    clock->base_ticks = sample->ticks;
    clock->base_monotonic_ns = sample->monotonic_ns;
    clock->valid_ticks = clock->counted ? ((uint64_t)PMM_CLOCK_VALID_NS << 32) / clock->rate : 0;
    return PMM_CLOCK_FOLLOWED;
}

int pmm_clock_recalibrate(struct pmm_clock *clock) {
    struct pmm_clock_sample sample = pmm_clock_sample(clock);
    return pmm_clock_adjust(clock, &sample);
}

int pmm_clock_at(const struct pmm_clock *clock, uint64_t ticks, int64_t *monotonic_ns) {
    /* Also a counter before the base: the difference is then enormous. */
    if (ticks - clock->base_ticks >= clock->valid_ticks) return 0;
    *monotonic_ns = clock->base_monotonic_ns + span_ns(ticks - clock->base_ticks, clock->rate);
    return 1;
}

/* valid_ticks is asked first: where the counter is not trusted, a read of it may cost microseconds. */
int64_t pmm_clock_read_monotonic_ns(struct pmm_clock *clock) {
    int64_t monotonic_ns;
    if (clock->valid_ticks == 0 || !pmm_clock_at(clock, counter(), &monotonic_ns))
        monotonic_ns = now_ns(CLOCK_MONOTONIC);
    if (monotonic_ns < clock->last_monotonic_ns) return clock->last_monotonic_ns;
    return clock->last_monotonic_ns = monotonic_ns;
}

int64_t pmm_clock_read_session_ns(struct pmm_clock *clock) {
    return pmm_clock_read_monotonic_ns(clock) + clock->session_offset_ns;
}
