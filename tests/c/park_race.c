/*
 * Two processes race for the moment between a reader's last look and its sleep: argv[1] is an
 * empty directory. The writer pushes a random instant after the reader has emptied the ring, which
 * is when the reader goes to sleep, without a timeout. A lost wake-up hangs: the alarm ends it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomics.h"
#include "shared/bell.h"
#include "base/error.h"

#define ROUNDS       60000
#define HANG_SECONDS 60
#define DELAY_MAX    2048

static int read_all(const char *ring_path, const char *bell_path) {
    struct pmm_ring ring;
    struct pmm_bell bell;
    if (pmm_ring_open_reader(&ring, ring_path) || pmm_bell_open(&bell, bell_path, PMM_OPEN_OWN)) return 2;
    struct pmm_ring *const rings[] = {&ring};
    struct pmm_event event;
    while (ring.cursor < ROUNDS) {
        if (!pmm_bell_wait(&bell, rings, 1, PMM_WAIT_PARK, 0, INT64_MAX) || pmm_ring_take(&ring, &event, 1) != 1)
            return 3;
        if (event.aux != (int64_t)ring.cursor) return 4;
        pmm_ring_release(&ring);
    }
    return 0;
}

static int write_all(const char *ring_path, const char *bell_path) {
    struct pmm_ring ring;
    struct pmm_bell bell;
    struct pmm_event event;
    uint32_t random = 1;
    memset(&event, 0, sizeof event);
    if (pmm_ring_open_writer(&ring, ring_path) || pmm_bell_open(&bell, bell_path, PMM_OPEN_SHARED)) return 5;
    for (int64_t i = 1; i <= ROUNDS; i++) {
        while (pmm_ring_depth(&ring))
            pmm_pause();
        random = random * 1664525 + 1013904223;
        for (uint32_t delay = random >> 16 & (DELAY_MAX - 1); delay > 0; delay--)
            __asm__ __volatile__("" ::: "memory");
        event.aux = i;
        if (pmm_ring_push_burst(&ring, &event, 1) != 1) return 6;
        pmm_bell_ring(&bell);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 2 || chdir(argv[1]) < 0 || pmm_ring_create("ring", 2, "race") || pmm_bell_create("bell", "reader"))
        return 1;
    pid_t child = fork();
    alarm(HANG_SECONDS); /* not inherited by a fork: each process sets its own */
    if (child == 0) return read_all("ring", "bell");
    int code = write_all("ring", "bell"), status = 0;
    waitpid(child, &status, 0);
    fprintf(stderr, "writer %d, reader %#x\n", code, status);
    return code || status;
}
