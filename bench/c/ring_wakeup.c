/*
 * A parked reader, a writer that has been idle for a millisecond, one record: from before the push to the reader
 * having the record in its hands. Beside it a bare futex. Once with a core each, once with both on one core.
 */
#include "measure.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "shared/bell.h"
#include "shared/ring.h"

#define IDLE_NS 1000000

struct shared {
    uint32_t word;
    uint32_t ready;
    uint32_t taken; /* records that the reader has finished with */
    uint32_t parked;
    uint64_t sent_ticks;
    uint32_t samples[65536];
};

static struct arguments args;

static void idle(void) {
    struct timespec t = {0, IDLE_NS};
    nanosleep(&t, NULL);
}

static void note(struct shared *shared, uint32_t i) {
    shared->samples[i] = (uint32_t)(ticks() - shared->sent_ticks);
    __atomic_store_n(&shared->taken, i + 1, __ATOMIC_RELEASE);
}

static void read_bare(struct shared *shared, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        while (__atomic_load_n(&shared->word, __ATOMIC_ACQUIRE) == i)
            syscall(SYS_futex, &shared->word, FUTEX_WAIT, i, NULL, NULL, 0);
        note(shared, i);
    }
    _exit(0);
}

static void write_bare(struct shared *shared, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        idle();
        shared->sent_ticks = ticks();
        __atomic_store_n(&shared->word, i + 1, __ATOMIC_RELEASE);
        syscall(SYS_futex, &shared->word, FUTEX_WAKE, 1, NULL, NULL, 0);
        while (__atomic_load_n(&shared->taken, __ATOMIC_ACQUIRE) != i + 1)
            idle();
    }
}

static void read_ours(struct shared *shared, uint32_t n, const char *ring_path, const char *bell_path) {
    struct pmm_ring ring;
    struct pmm_bell bell;
    need(pmm_ring_open_reader(&ring, ring_path) == 0, "open reader");
    need(pmm_bell_open(&bell, bell_path, PMM_OPEN_OWN) == 0, "open bell");
    struct pmm_ring *rings[] = {&ring};
    struct pmm_event event;
    __atomic_store_n(&shared->ready, 1, __ATOMIC_RELEASE);
    for (uint32_t i = 0; i < n; i++) {
        while (pmm_ring_take(&ring, &event, 1) == 0)
            pmm_bell_wait(&bell, rings, 1, PMM_WAIT_PARK, 0, 10000000);
        note(shared, i);
        pmm_ring_release(&ring);
    }
    _exit(0);
}

static void write_ours(struct shared *shared, uint32_t n, const char *ring_path, const char *bell_path) {
    struct pmm_ring ring;
    struct pmm_bell bell;
    need(pmm_ring_open_writer(&ring, ring_path) == 0, "open writer");
    need(pmm_bell_open(&bell, bell_path, PMM_OPEN_SHARED) == 0, "open bell");
    struct pmm_event event = {0};
    while (!__atomic_load_n(&shared->ready, __ATOMIC_ACQUIRE))
        idle();
    for (uint32_t i = 0; i < n; i++) {
        idle();
        shared->sent_ticks = ticks();
        pmm_ring_push_burst(&ring, &event, 1);
        pmm_bell_ring(&bell);
        while (__atomic_load_n(&shared->taken, __ATOMIC_ACQUIRE) != i + 1)
            idle();
    }
    pmm_bell_close(&bell);
    pmm_ring_close(&ring);
}

static void run(const char *name, uint32_t n, int ours, int core) {
    char ring_path[512], bell_path[512];
    snprintf(ring_path, sizeof ring_path, "%s/ring", args.scratch);
    snprintf(bell_path, sizeof bell_path, "%s/bell", args.scratch);
    struct shared *shared = pages(sizeof *shared);
    if (ours) {
        need(pmm_ring_create(ring_path, 4096, "ring") == 0, "create ring");
        need(pmm_bell_create(bell_path, "bell") == 0, "create bell");
    }
    pid_t child = fork();
    if (child == 0) {
        pin(core);
        if (ours) read_ours(shared, n, ring_path, bell_path);
        read_bare(shared, n);
    }
    if (ours)
        write_ours(shared, n, ring_path, bell_path);
    else
        write_bare(shared, n);
    waitpid(child, NULL, 0);
    emit_quantiles(name, shared->samples + n / 10, n - n / 10);
    munmap(shared, sizeof *shared);
    unlink(ring_path);
    unlink(bell_path);
}

int main(int argc, char **argv) {
    args = begin(argc, argv);
    uint32_t n = (uint32_t)amount(&args, 600);
    for (int round = 0; round < args.rounds; round++) {
        run("across.bare", n, 0, args.core_b);
        run("across.ours", n, 1, args.core_b);
        run("beside.bare", n, 0, args.core_a);
        run("beside.ours", n, 1, args.core_a);
    }
    return 0;
}
