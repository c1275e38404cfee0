/*
 * The doorbell, its own code and the ring's, with store buffers: a writer and a reader take turns in one
 * thread, and what one stores stays with it, first in first out, until chance or a fence lets it into the memory.
 * That is x86. A wake-up is lost if the reader sleeps, the writer has ended, and a record is there. On two real
 * processors that takes a moment of some nanoseconds, which a test of a minute may never meet.
 *
 * Linked with --wrap=syscall: the futex is played too. argv[1]: an empty directory; argv[2]: "pipe" for a reader that
 * sleeps at its pipe, which is a real one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "chance.h"
#include "shared/bell.h"
#include "base/error.h"
#include "weak_atomics.h"

#define ROUNDS      10000
#define RECORDS     5
#define BUFFER_MAX  64
#define STACK_BYTES (64u << 10)

struct store {
    void *at;
    unsigned bytes;
    uint64_t value;
};

struct side {
    ucontext_t context;
    struct store buffer[BUFFER_MAX];
    size_t buffered;
    int ended;
    int asleep;
    struct pmm_ring ring;
    struct pmm_bell bell;
    char stack[STACK_BYTES];
};

static struct side writer, reader, *running;
static ucontext_t outside;
static uint64_t sleeps, taken;
static int at_pipe; /* the end that the reader sleeps at, or -1 */

static void let_one_out(struct side *side) {
    if (side->buffered == 0) return;
    memcpy(side->buffer[0].at, &side->buffer[0].value, side->buffer[0].bytes);
    memmove(side->buffer, side->buffer + 1, --side->buffered * sizeof side->buffer[0]);
}

/* Between two operations anything may happen: a store arrives, the other side goes on. */
static void meanwhile(void) {
    if (!running) return;
    if (!draw(8)) let_one_out(draw(2) ? &writer : &reader);
    if (!draw(3)) swapcontext(&running->context, &outside);
}

void weak_fence_acquire(void) {}
void weak_fence_release(void) {}

void weak_fence_full(void) {
    meanwhile();
    while (running && running->buffered)
        let_one_out(running);
}

void weak_store(void *at, unsigned bytes, uint64_t value, enum weak_order order) {
    (void)order; /* buffers keep the order of stores */
    meanwhile();
    if (!running) {
        memcpy(at, &value, bytes);
        return;
    }
    if (running->buffered == BUFFER_MAX) let_one_out(running);
    running->buffer[running->buffered++] = (struct store){at, bytes, value};
}

uint64_t weak_load(const void *at, unsigned bytes, enum weak_order order) {
    uint64_t value = 0;
    (void)order;
    meanwhile();
    memcpy(&value, at, bytes);
    for (size_t i = 0; running && i < running->buffered; i++)
        if (running->buffer[i].at == at) value = running->buffer[i].value;
    return value;
}

long __wrap_syscall(long number, uint32_t *word, int operation, uint32_t expected, ...);
long __wrap_syscall(long number, uint32_t *word, int operation, uint32_t expected, ...) {
    (void)number;
    weak_fence_full();
    if (operation == FUTEX_WAKE) {
        reader.asleep = 0;
        return 1;
    }
    if (*word != expected) {
        errno = EAGAIN;
        return -1;
    }
    running->asleep = 1;
    sleeps++;
    while (running->asleep)
        swapcontext(&running->context, &outside);
    return 0;
}

static void end(void) {
    weak_fence_full();
    running->ended = 1;
    swapcontext(&running->context, &outside);
}

static void write_all(void) {
    struct pmm_event event = {0};
    for (int i = 0; i < RECORDS; i++) {
        for (uint64_t n = draw(12); n > 0; n--)
            meanwhile();
        if (pmm_ring_push_bulk(&writer.ring, &event, 1) != 1) abort();
        (void)pmm_bell_ring(&writer.bell);
    }
    end();
}

static int has_bytes(void) {
    struct pollfd end = {.fd = at_pipe, .events = POLLIN};
    return at_pipe >= 0 && poll(&end, 1, 0) == 1;
}

static void sleep_at_pipe(struct pmm_ring *const *rings) {
    if (!pmm_bell_doze(&reader.bell, rings, 1)) {
        meanwhile();
        running->asleep = !has_bytes();
        sleeps++;
        while (running->asleep)
            swapcontext(&running->context, &outside);
    }
    (void)pmm_bell_awake(&reader.bell, rings, 1);
}

static void read_all(void) {
    struct pmm_ring *const rings[] = {&reader.ring};
    struct pmm_event event;
    for (int left = RECORDS; left > 0;) {
        if (at_pipe >= 0)
            sleep_at_pipe(rings);
        else if (!pmm_bell_wait(&reader.bell, rings, 1, PMM_WAIT_PARK, 0, INT64_MAX))
            abort();
        int64_t n = pmm_ring_take(&reader.ring, &event, 1);
        left -= (int)n;
        taken += (uint64_t)n;
        pmm_ring_release(&reader.ring);
    }
    end();
}

static void begin(struct side *side, void (*run)(void)) {
    side->buffered = 0;
    side->ended = side->asleep = 0;
    getcontext(&side->context);
    side->context.uc_stack.ss_sp = side->stack;
    side->context.uc_stack.ss_size = sizeof side->stack;
    side->context.uc_link = NULL;
    makecontext(&side->context, run, 0);
}

/* 1 if both have ended, 0 if the reader sleeps beside a record. */
static int play(void) {
    begin(&writer, write_all);
    begin(&reader, read_all);
    while (!writer.ended || !reader.ended) {
        if (reader.asleep && has_bytes()) reader.asleep = 0;
        if (writer.ended && reader.asleep) return 0;
        running = draw(2) ? &writer : &reader;
        if (!running->ended && !running->asleep) swapcontext(&outside, &running->context);
        running = NULL;
    }
    return 1;
}

int main(int argc, char **argv) {
    char ring[512], bell[512];
    if (argc < 2 || argc > 3) return 2;
    snprintf(ring, sizeof ring, "%s/ring", argv[1]);
    snprintf(bell, sizeof bell, "%s/bell", argv[1]);
    if (pmm_ring_create(ring, 8, "weak") || pmm_bell_create(bell, "weak")) return 2;
    if (pmm_ring_open_writer(&writer.ring, ring) || pmm_ring_open_reader(&reader.ring, ring)) return 2;
    if (pmm_bell_open(&reader.bell, bell, PMM_OPEN_OWN) || pmm_bell_open(&writer.bell, bell, PMM_OPEN_SHARED)) return 2;
    at_pipe = argc == 3 ? pmm_bell_open_pipe(&reader.bell) : -1;
    if (argc == 3 && at_pipe < 0) return 2;
    for (int round = 0; round < ROUNDS; round++) {
        if (play()) continue;
        fprintf(stderr, "round %d: a wake-up was lost\n", round);
        return 1;
    }
    fprintf(stderr, "%llu records, %llu sleeps\n", (unsigned long long)taken, (unsigned long long)sleeps);
    return taken == ROUNDS * RECORDS && sleeps > ROUNDS / 2 ? 0 : 3;
}
