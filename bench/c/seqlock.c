/*
 * A reader of a shared book while its writer, in another process and on another core, writes: as fast as it can,
 * then a message a microsecond; and while nobody writes. Each read is timed by itself; those that came back STALE
 * are counted. A read counts only if the writer has written since the one before: while another process has the
 * writer's core reads are quick, and there would be very many of them.
 */
#include "measure.h"

#include <signal.h>
#include <sys/wait.h>

#include "book/book.h"
#include "base/error.h"

#define LEVELS      10
#define READS       200000
#define PACE_NS     1000
#define TIME_NS_MAX 2000000000 /* a phase in which the reader is starved ends all the same */

enum what {
    LINE,
    TOP,
    DEPTH
};
enum pace {
    FULL_SPEED = 0,
    PACED = 1,
    QUIET = 2
};

struct shared {
    uint64_t written;
    uint64_t pace;
};

static struct arguments args;
static uint32_t samples[READS];

static struct pmm_event level(int side, int64_t price, int64_t quantity) {
    return (struct pmm_event){.recv_ns = 1,
                              .kind = PMM_KIND_DEPTH,
                              .side = (uint8_t)side,
                              .price = price,
                              .quantity = quantity,
                              .flags = PMM_FLAG_LAST};
}

static void fill(struct pmm_book *book) {
    struct pmm_event e = {.recv_ns = 1, .kind = PMM_KIND_BOOK_BEGIN};
    pmm_book_apply(book, &e, 1);
    for (int i = 0; i < 50; i++) {
        struct pmm_event both[] = {level(PMM_SIDE_BID, 50000 - i, 100 + i), level(PMM_SIDE_ASK, 50001 + i, 100 + i)};
        pmm_book_apply(book, both, 2);
    }
    e.kind = PMM_KIND_BOOK_END;
    pmm_book_apply(book, &e, 1);
}

/* Changes near the top, as a market makes them: one message, one level, one bump of the sequence. */
static void write_for_ever(const char *path, volatile struct shared *shared) {
    pin(args.core_b);
    struct pmm_segment segment;
    struct pmm_book *book;
    need(pmm_book_open(&segment, &book, path, PMM_OPEN_OWN) == 0, "open book");
    pmm_book_repair(book);
    fill(book);
    uint64_t state = 3;
    for (;;) {
        uint64_t r = draw(&state);
        int bid = r & 1;
        int64_t away = (int64_t)((r >> 8) % LEVELS);
        struct pmm_event e = level(bid ? PMM_SIDE_BID : PMM_SIDE_ASK, bid ? 50000 - away : 50001 + away,
                                   1 + (int64_t)((r >> 32) % 1000));
        pmm_book_apply(book, &e, 1);
        shared->written += 1;
        if (shared->pace == PACED)
            for (uint64_t until = ticks() + (uint64_t)(PACE_NS / ns_per_tick); ticks() < until;)
                ;
    }
}

/* One load of a line that the writer writes as often as it can: what no read of its book can be quicker than. */
static int64_t read_line(const volatile struct shared *shared) { return (int64_t)shared->written; }

static int64_t read_as(enum what what, const struct pmm_book *book, struct pmm_level *levels,
                       const volatile struct shared *shared) {
    struct pmm_top top;
    if (what == LINE) return read_line(shared);
    return what == TOP ? pmm_book_read_top(book, &top) : pmm_book_read_depth(book, PMM_SIDE_BID, levels, LEVELS);
}

static void measure(const char *name, const struct pmm_book *book, enum what what, size_t reads, int pace,
                    volatile struct shared *shared) {
    struct pmm_level levels[LEVELS];
    uint32_t least = ticks_floor();
    uint64_t stale = 0, seen = 0, start = clock_ns(), first = shared->written;
    size_t n = 0;
    shared->pace = (uint64_t)pace;
    for (size_t i = 0; n < reads && ((i & 63) || clock_ns() - start < TIME_NS_MAX); i++) {
        if (pace == PACED)
            for (uint64_t until = ticks() + (uint64_t)((double)(i * 37 % PACE_NS) / ns_per_tick); ticks() < until;)
                ;
        uint64_t t0 = ticks();
        int64_t code = read_as(what, book, levels, shared);
        samples[n] = above(ticks() - t0, least);
        uint64_t now = shared->written;
        if (now == seen && pace != QUIET) continue;
        seen = now;
        stale += code == PMM_ERR_STALE;
        n++;
    }
    emit_quantiles(name, samples, n);
    emit_under(name, "stale_share", (double)stale / (double)n);
    emit_under(name, "written_per_us", (double)(shared->written - first) * 1e3 / (double)(clock_ns() - start));
}

int main(int argc, char **argv) {
    args = begin(argc, argv);
    char path[512];
    snprintf(path, sizeof path, "%s/book", args.scratch);
    volatile struct shared *shared = pages(4096);
    struct pmm_segment segment;
    struct pmm_book *book;
    size_t reads = amount(&args, READS);
    for (int round = 0; round < args.rounds; round++) {
        need(pmm_book_create(path, 0, 16384, 4096, "book") == 0, "create book");
        pid_t writer = fork();
        if (writer == 0) write_for_ever(path, shared);
        need(pmm_book_open(&segment, &book, path, PMM_OPEN_READ) == 0, "open book");
        struct pmm_top top;
        while (pmm_book_read_top(book, &top) == PMM_ERR_INVALID)
            ;
        measure("full_line", book, LINE, reads, FULL_SPEED, shared);
        measure("full_top", book, TOP, reads, FULL_SPEED, shared);
        measure("full_depth", book, DEPTH, reads, FULL_SPEED, shared);
        measure("paced_line", book, LINE, reads, PACED, shared);
        measure("paced_top", book, TOP, reads, PACED, shared);
        measure("paced_depth", book, DEPTH, reads, PACED, shared);
        kill(writer, SIGKILL);
        waitpid(writer, NULL, 0);
        pmm_segment_close(&segment);
        /* A writer killed inside leaves the sequence odd: a new one puts it right. */
        need(pmm_book_open(&segment, &book, path, PMM_OPEN_OWN) == 0, "open book");
        pmm_book_repair(book);
        fill(book);
        measure("quiet_top", book, TOP, reads, QUIET, shared);
        measure("quiet_depth", book, DEPTH, reads, QUIET, shared);
        pmm_segment_close(&segment);
        unlink(path);
    }
    return 0;
}
