/*
 * measure.h: what every measuring program begins with, how it reads time and how it says what it found.
 *
 * A program is called as: PROGRAM rounds scale core_a core_b scratch [more]. It prints lines "name value"; the
 * harness gathers the values of a name over the rounds. scale divides the amounts of work (1: a full run);
 * 0 asks for instruction counts: only the main case, few repetitions, and a line "units.NAME count".
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct arguments {
    int rounds;
    int scale; /* 0: counting instructions */
    int core_a;
    int core_b;
    const char *scratch; /* a folder on tmpfs */
    int more_count;
    char **more;
};

static double ns_per_tick;

static inline uint64_t clock_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Ticks of the processor's constant counter: a fifth of the cost of clock_gettime. */
static inline uint64_t ticks(void) {
#if defined(__x86_64__)
    unsigned aux;
    return __builtin_ia32_rdtscp(&aux);
#else
    return clock_ns();
#endif
}

static inline double ticks_to_ns(uint64_t t) { return (double)t * ns_per_tick; }

/* -1 leaves the process where the kernel puts it. */
static inline void pin(int core) {
    if (core < 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((unsigned)core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) printf("unpinned 1\n");
}

/* The kernel shares processors out by session: root may put a measured one first. */
static inline void raise_session(void) {
    int fd = open("/proc/self/autogroup", O_WRONLY);
    if (fd < 0) return;
    if (write(fd, "-20", 3) != 3) printf("unraised 1\n");
    close(fd);
}

static inline void calibrate(void) {
    uint64_t t0 = ticks(), n0 = clock_ns(), n1;
    do
        n1 = clock_ns();
    while (n1 - n0 < 20000000);
    ns_per_tick = (double)(n1 - n0) / (double)(ticks() - t0);
}

static inline struct arguments begin(int argc, char **argv) {
    if (argc < 6) {
        fprintf(stderr, "usage: %s rounds scale core_a core_b scratch\n", argv[0]);
        exit(2);
    }
    struct arguments a = {atoi(argv[1]), atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), argv[5], argc - 6, argv + 6};
    raise_session();
    pin(a.core_a);
    calibrate();
    return a;
}

static inline int counting(const struct arguments *a) { return a->scale == 0; }

/* n of a full run, cut to this run's share. */
static inline size_t amount(const struct arguments *a, size_t n) { return a->scale > 0 ? n / (size_t)a->scale : n; }

static inline void emit(const char *name, double value) { printf("%s %.9g\n", name, value); }

static inline void emit_under(const char *prefix, const char *name, double value) {
    printf("%s.%s %.9g\n", prefix, name, value);
}

static inline int compare_u32(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/*
 * "yardstick": ns of a hundred multiplications, each of what the one before gave. Nothing but the core's pace is in
 * it, so what a piece of arithmetic takes of it says the same on a slow machine as on a fast one.
 */
static inline void emit_yardstick(void) {
    uint64_t x = 1, least = UINT64_MAX;
    for (int trial = 0; trial < 20; trial++) {
        uint64_t t0 = ticks();
        for (int i = 0; i < 10000; i++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            __asm__ volatile("" : "+r"(x));
        }
        uint64_t t = ticks() - t0;
        if (t < least) least = t;
    }
    emit("yardstick", ticks_to_ns(least) / 100);
}

/* Prints PREFIX.p50, .p99 and .p99_9 in ns of n samples in ticks; sorts them. */
static inline void emit_quantiles(const char *prefix, uint32_t *samples, size_t n) {
    qsort(samples, n, sizeof *samples, compare_u32);
    emit_under(prefix, "p50", ticks_to_ns(samples[n / 2]));
    emit_under(prefix, "p99", ticks_to_ns(samples[n * 99 / 100]));
    emit_under(prefix, "p99_9", ticks_to_ns(samples[n * 999 / 1000]));
}

/* What two readings of the counter with nothing between them cost: taken off single-call samples. */
static inline uint32_t ticks_floor(void) {
    uint32_t least = UINT32_MAX;
    for (int i = 0; i < 10000; i++) {
        uint64_t t = ticks();
        uint32_t d = (uint32_t)(ticks() - t);
        if (d < least) least = d;
    }
    return least;
}

static inline uint32_t above(uint64_t taken, uint32_t least) { return taken > least ? (uint32_t)(taken - least) : 0; }

static inline void *pages(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return p;
}

static inline void need(int ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "%s failed\n", what);
        exit(1);
    }
}

/* A stream of numbers that is the same everywhere. */
static inline uint64_t draw(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
