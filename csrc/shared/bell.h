/*
 * bell.h: the segment of one process: its doorbell, and the kill word of the session.
 *
 * What it is. A process waits on one word, whichever of its rings gets a record: its
 * doorbell, a futex in its own process segment. Writers ring it after they push. With the
 * wait strategies spin and yield nobody parks and ringing costs one load.
 *
 * Who writes. The process owns its segment (heartbeat, parked). Any writer of one of its
 * rings opens it PMM_OPEN_SHARED and writes `rings` only.
 *
 * Why no wake-up is lost: the reader stores parked = 1, then a full fence, then looks at
 * its rings once more, then sleeps only if `rings` still has the value it read before that look. The
 * writer commits its record, then a full fence, then loads parked. Whatever the order,
 * one of the two sees the other.
 *
 *   offset in payload  bytes  field      written by
 *   0                  4      rings      any writer: +1 when it wakes
 *   4                  4      parked     the process: 1 while it may sleep, 2 while it may sleep at its pipe
 *   8                  4      state      the process: enum pmm_process_state
 *   12                 4      restarts   the process: epoch - 1
 *   16                 8      progress   the process: monotonic ns, when its recovery last went on; 0 before
 *   24                 104    reserved
 *
 * A pipe. A process that waits for sockets, too, cannot sleep on a word: it takes a pipe that stands beside its segment
 * (PATH.pipe), and says with pmm_bell_doze that it sleeps wherever it waits for that pipe's reading end. Who rings
 * writes a byte into it. The same two fences hold; who wakes takes the bytes out and says so (pmm_bell_awake).
 *
 * The control segment (enum kind CONTROL) holds the kill switch: one word, 0 = trade,
 * otherwise the enum pmm_reason that stopped it. Anyone with write permission may set it;
 * the first reason stays until it is cleared. The gateway loads it before every send. It holds as well what
 * both clocks said when the session was made: every process counts its session time from there (clock.h).
 */
#ifndef PMM_BELL_H
#define PMM_BELL_H

#include "shared/ring.h"
#include "shared/segment.h"

enum pmm_wait {
    PMM_WAIT_SPIN = 0,
    PMM_WAIT_YIELD = 1,
    PMM_WAIT_PARK = 2
};

enum pmm_process_state {
    PMM_STATE_ABSENT = 0,
    PMM_STATE_STARTING = 1,
    PMM_STATE_RECOVERING = 2,
    PMM_STATE_READY = 3,
    PMM_STATE_STOPPING = 4,
    PMM_STATE_WAITING = 5 /* it lives, and waits for somebody outside: its peers cannot count on it yet */
};

struct pmm_bell_shared {
    uint32_t rings;
    uint32_t parked;
    uint32_t state;
    uint32_t restarts;
    uint64_t progress;
    uint64_t reserved[13];
};

/* Brings near what the next turn will touch. */
typedef void pmm_warm(const void *turn);

#define PMM_BELL_PATH_BYTES 4352

struct pmm_bell {
    struct pmm_segment segment;
    struct pmm_bell_shared *shared;
    char pipe_path[PMM_BELL_PATH_BYTES]; /* empty: too long a path for a pipe */
    int pipe;   /* the owner's reading end, a writer's writing end; -1: none yet */
    int reserved;
    pmm_warm *warm; /* owner: what a wait calls now and then while it spins or yields; NULL: nothing */
    const void *turn;
};

int pmm_bell_create(const char *path, const char *name);
int pmm_bell_open(struct pmm_bell *bell, const char *path, int mode); /* OWN: the process; SHARED: its writers; READ */
void pmm_bell_close(struct pmm_bell *bell);
void pmm_bell_set_state(struct pmm_bell *bell, uint32_t state);
/* Owner, while it reads its journal again: it goes on. It is no heartbeat: peers do not count on it yet. */
void pmm_bell_progress(struct pmm_bell *bell);

/* Writer, after a push: wakes the process if it is parked. Returns 1 if it made the system call. */
int pmm_bell_ring(struct pmm_bell *bell);
/*
 * Owner: makes the pipe, or takes its predecessor's, and returns the end that becomes readable when somebody rings,
 * which never blocks and is the bell's; the code of what the system refused (SYSTEM).
 */
int pmm_bell_open_pipe(struct pmm_bell *bell);
/* Owner: 0: it may wait for its pipe from here on; 1: one of the n rings has a record, and it must not. */
int pmm_bell_doze(struct pmm_bell *bell, struct pmm_ring *const *rings, size_t n);
/* Owner, behind a doze, whatever it was that woke it: takes the bytes, beats the heart; whether a ring has a record. */
int pmm_bell_awake(struct pmm_bell *bell, struct pmm_ring *const *rings, size_t n);
/* Brings near what ringing looks at. */
void pmm_bell_warm_writer(const struct pmm_bell *bell);

/*
 * Reader: returns 1 as soon as one of the n rings has a record, or 0 after timeout_ns.
 * Spins spin_ns first whatever the strategy (a park that would end at once is not worth its
 * system call). Beats the segment's heart before it returns. EINTR returns 0.
 */
int pmm_bell_wait(struct pmm_bell *bell, struct pmm_ring *const *rings, size_t n, int strategy, int64_t spin_ns,
                  int64_t timeout_ns);

struct pmm_control_shared {
    uint32_t kill; /* 0, or the enum pmm_reason that stopped trading */
    uint32_t reserved1;
    uint64_t set_ns; /* session time of the last change */
    int64_t wall_start_ns; /* maker: session time begins with this, UTC */
    int64_t monotonic_start_ns; /* maker: what the monotonic clock said then */
    uint64_t reserved2[12];
};

struct pmm_control {
    struct pmm_segment segment;
    struct pmm_control_shared *shared;
};

/* Of a session whose time begins with wall_start_ns, and that began when the monotonic clock said that. */
int pmm_control_create(const char *path, int64_t wall_start_ns, int64_t monotonic_start_ns);
int pmm_control_open(struct pmm_control *control, const char *path, int mode); /* READ or SHARED */
void pmm_control_close(struct pmm_control *control);
/* Sets the kill word if it is 0; returns the reason in force. */
uint32_t pmm_control_kill(struct pmm_control *control, uint32_t reason);
void pmm_control_clear(struct pmm_control *control);
uint32_t pmm_control_killed(const struct pmm_control *control);
/* Session time. For people: a process that stamps records has a struct pmm_clock. */
int64_t pmm_control_now_ns(const struct pmm_control *control);

#endif
