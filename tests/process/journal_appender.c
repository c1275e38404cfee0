/*
 * Appends to a journal as fast as it can until it is killed. Writes the count of each append that
 * has returned, 8 bytes, to standard output. usage: journal_appender DIRECTORY SYNC SEED [kept]
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "journal/journal.h"

#define BATCH_MAX 40

int main(int argc, char **argv) {
    struct pmm_journal journal;
    struct pmm_event events[BATCH_MAX] = {0};
    if (argc < 4) return 2;
    int kept = argc > 4;
    unsigned state = (unsigned)atoi(argv[3]);
    if (pmm_journal_open(&journal, argv[1], "kill", PMM_SOURCE_FEED, 256, atoi(argv[2]), 100000)) return 3;
    if (kept && pmm_journal_keep(&journal)) return 6;
    for (;;) {
        state = state * 1103515245 + 12345;
        size_t n = 1 + (state >> 16) % BATCH_MAX;
        for (size_t i = 0; i < n; i++) {
            uint64_t index = journal.count + i;
            events[i].recv_ns = (int64_t)index + 1;
            events[i].price = (int64_t)(index * 0x9E3779B97F4A7C15u);
            events[i].kind = PMM_KIND_DEPTH;
        }
        if (pmm_journal_append(&journal, events, n) != (int64_t)n) return 4;
        if (write(STDOUT_FILENO, &journal.count, 8) != 8) return 5;
        if (!kept && state % 3 == 0 && pmm_journal_prepare(&journal, pmm_clock_monotonic_ns()) < 0) return 6;
    }
}
