/*
 * A reader of a shared book while its writer, in another process and on another core, writes as fast as it can;
 * and the same while nobody writes. Each read is timed by itself; reads that came back STALE are counted.
 */
#include "measure.h"

#include <signal.h>
#include <sys/wait.h>

#include "book.h"
#include "error.h"

#define LEVELS 10
#define READS 400000

static struct arguments args;
static uint32_t samples[READS];

static struct pmm_event level(int side, int64_t price, int64_t quantity) {
    return (struct pmm_event){.recv_ns = 1, .kind = PMM_KIND_DEPTH, .side = (uint8_t)side, .price = price,
                              .quantity = quantity, .flags = PMM_FLAG_LAST};
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
static void write_for_ever(const char *path, volatile uint64_t *written) {
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
        *written += 1;
    }
}

static void measure(const char *name, const struct pmm_book *book, int depth, size_t reads) {
    struct pmm_top top;
    struct pmm_level levels[LEVELS];
    uint32_t least = ticks_floor();
    uint64_t stale = 0;
    for (size_t i = 0; i < reads; i++) {
        uint64_t t0 = ticks();
        int64_t code = depth ? pmm_book_read_depth(book, PMM_SIDE_BID, levels, LEVELS) : pmm_book_read_top(book, &top);
        samples[i] = above(ticks() - t0, least);
        stale += code == PMM_ERR_STALE;
    }
    emit_quantiles(name, samples, reads);
    emit_under(name, "stale_share", (double)stale / (double)reads);
}

int main(int argc, char **argv) {
    args = begin(argc, argv);
    char path[512];
    snprintf(path, sizeof path, "%s/book", args.scratch);
    volatile uint64_t *written = pages(4096);
    struct pmm_segment segment;
    struct pmm_book *book;
    size_t reads = amount(&args, READS);
    for (int round = 0; round < args.rounds; round++) {
        need(pmm_book_create(path, 0, 16384, 4096, "book") == 0, "create book");
        pid_t writer = fork();
        if (writer == 0)
            write_for_ever(path, written);
        need(pmm_book_open(&segment, &book, path, PMM_OPEN_READ) == 0, "open book");
        struct pmm_top top;
        while (pmm_book_read_top(book, &top) == PMM_ERR_INVALID)
            ;
        uint64_t w0 = *written, t0 = clock_ns();
        measure("busy_top", book, 0, reads);
        measure("busy_depth", book, 1, reads);
        emit("written_per_us", (double)(*written - w0) * 1e3 / (double)(clock_ns() - t0));
        kill(writer, SIGKILL);
        waitpid(writer, NULL, 0);
        pmm_segment_close(&segment);
        /* A writer killed inside leaves the sequence odd: a new one puts it right. */
        need(pmm_book_open(&segment, &book, path, PMM_OPEN_OWN) == 0, "open book");
        pmm_book_repair(book);
        fill(book);
        measure("quiet_top", book, 0, reads);
        measure("quiet_depth", book, 1, reads);
        pmm_segment_close(&segment);
        unlink(path);
    }
    return 0;
}
