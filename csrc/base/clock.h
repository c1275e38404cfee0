/*
 * clock.h: session time, and the two clocks of the kernel that it is made of.
 *
 * Session time is what the wall clock said when the session was made, and what the monotonic clock has
 * counted since. It stamps every record, so it reads as UTC to people; and it never steps: what is
 * set, what leaps and what a time server corrects is the wall clock, and nothing inside a session follows that.
 * All processes of a session take the same two numbers from its control segment (bell.h), so their
 * stamps are of one clock. While the machine is suspended session time stands still.
 *
 * Two ways to ask. pmm_clock_wall_ns and pmm_clock_monotonic_ns ask the kernel (vDSO) and need
 * nothing: for everything that is not counted in nanoseconds. A struct pmm_clock reads the
 * processor's counter and turns ticks into monotonic and session time by a line through its last
 * calibration: for stamps in hot paths, at about half the price.
 *
 * Who owns. The process, one thread; the struct is in its memory and in nobody else's.
 * It is calibrated against CLOCK_MONOTONIC, not CLOCK_MONOTONIC_RAW: stamps of two processes are
 * subtracted, and only clocks that follow the same steering agree.
 *
 * When the counter is used. On x86-64, if the processor says that it is invariant (cpuid 80000007h)
 * and the kernel itself keeps time by it (clocksource tsc or kvm-clock). Anywhere else, before
 * the second sample, and later than PMM_CLOCK_VALID_NS after the last one, each read asks
 * the kernel: a process that forgets to calibrate, or stalls, is slower and not wrong.
 *
 * How exact. Between two calibrations a read is off from the kernel's clock by at most
 *     S + age * (E + C)    S: what the sample was off, at most half of PMM_CLOCK_WIDTH_TICKS_MAX
 *                          E: error of the rate, at most (S + S of the sample before) / their distance
 *                          C: by how much the kernel has changed its own rate since (NTP: 500 ppm at most)
 * Calibrated every 20 ms by an undisturbed processor that is below 0.1 us while the kernel's rate
 * stays, and 10 us for one interval after the greatest change that NTP makes. Two
 * processes differ by no more than the sum of theirs.
 *
 * Caveats.
 *  - Neither time ever goes back. What a line ran ahead by, it stands still for.
 *  - A step of the kernel's wall clock (settimeofday, a leap second, a suspended machine) is noticed at the next
 *    calibration and counted, for people; it moves nothing. Less than PMM_CLOCK_STEP_NS is no step.
 *  - The counter is read without a fence, as a fence costs as much as the kernel's clock: the processor
 *    may read it some tens of ns before the loads that stand in front of it are done.
 */
#ifndef PMM_CLOCK_H
#define PMM_CLOCK_H

#include <stdint.h>

#define PMM_NS_PER_S              1000000000
#define PMM_CLOCK_STEP_NS         1000000 /* wall against monotonic: from here on it was a step */
#define PMM_CLOCK_VALID_NS        100000000      /* how long a calibration holds */
#define PMM_CLOCK_INTERVAL_NS_MIN 5000000 /* a rate is measured over at least this */
#define PMM_CLOCK_INTERVAL_NS_MAX 4000000000 /* and at most this: after it the line begins anew */
#define PMM_CLOCK_WIDTH_TICKS_MAX 2000    /* a sample that took longer was interrupted */

/* What pmm_clock_adjust did with a sample. */
enum pmm_clock_news {
    PMM_CLOCK_KEPT = 0,    /* nothing: too soon, or the sample was interrupted */
    PMM_CLOCK_FOLLOWED = 1, /* the line goes through it */
    PMM_CLOCK_BEGUN = 2     /* the counter or the kernel's clock did the impossible, or it is the first */
};

/* The counter and both of the kernel's clocks at one moment. */
struct pmm_clock_sample {
    uint64_t ticks;       /* when monotonic_ns was read */
    uint64_t width_ticks; /* from before the first to after the second */
    int64_t monotonic_ns;
    int64_t wall_ns;
};

struct pmm_clock {
    uint64_t base_ticks;   /* of the last sample that was followed */
    uint64_t valid_ticks;  /* reads ask the kernel from base + this on; 0: always */
    uint64_t rate;         /* ns per tick * 2^32; 0: not measured yet */
    int64_t base_monotonic_ns;
    int64_t last_monotonic_ns; /* given last: nothing earlier is given again */
    int64_t session_offset_ns; /* session time minus monotonic time */
    int64_t wall_ahead_ns; /* wall clock minus session time, when it was last set */
    int64_t step_ns;       /* the last step of the wall clock */
    uint64_t steps;        /* how often it was set */
    uint64_t begun;        /* how often the line began anew, the first time included */
    int64_t drift_ns;      /* kernel minus line at the last sample: what the reads were off by */
    int64_t drift_max_ns;  /* the greatest of them, as a magnitude */
    uint32_t counted;      /* 1: the counter is trusted */
    uint32_t reserved;
};

int64_t pmm_clock_wall_ns(void);      /* UTC, nanoseconds since 1970 */
int64_t pmm_clock_monotonic_ns(void); /* CLOCK_MONOTONIC: the same origin in every process of a host */

/*
 * Makes a clock that reads as the kernel's until it has been calibrated twice. use_counter 0: for ever.
 * Its session begins now. 1 if the counter will be used, 0 if it is not trusted or not wanted. Reads one file of /sys.
 */
int pmm_clock_init(struct pmm_clock *clock, int use_counter);

/* Of the session that was made when the two clocks said this. */
void pmm_clock_anchor(struct pmm_clock *clock, int64_t wall_start_ns, int64_t monotonic_start_ns);

/* Takes a sample and adjusts: once per housekeeping, at most every PMM_CLOCK_VALID_NS. enum pmm_clock_news. */
int pmm_clock_recalibrate(struct pmm_clock *clock);

int64_t pmm_clock_read_session_ns(struct pmm_clock *clock);
int64_t pmm_clock_read_monotonic_ns(struct pmm_clock *clock); /* of the same origin as the kernel's */

/*
 * The parts, for tests and tools. pmm_clock_adjust and pmm_clock_at are arithmetic alone: what
 * they do depends on what they are given.
 */
/* The narrowest of a few. Where the counter is not used the ticks are CLOCK_MONOTONIC_RAW. */
struct pmm_clock_sample pmm_clock_sample(const struct pmm_clock *clock);
/* Draws the line through the sample. enum pmm_clock_news. */
int pmm_clock_adjust(struct pmm_clock *clock, const struct pmm_clock_sample *sample);
/* The line's time at a counter reading. 1, or 0 if the calibration does not reach there. */
int pmm_clock_at(const struct pmm_clock *clock, uint64_t ticks, int64_t *monotonic_ns);
/* Whether a kernel that keeps time by this clocksource, on a processor with such a counter, trusts it. */
int pmm_clock_trusted(const char *clocksource, int invariant);

#endif
