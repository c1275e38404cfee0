/*
 * Appends to a journal as fast as it can until the power goes. Writes to standard output, 8 bytes each, every
 * count of records that it may believe to be on disk by its sync policy, as soon as it may:
 * a pipe outlives the filesystem. usage: power_appender DIRECTORY SYNC INTERVAL_NS SEED
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/atomics.h"
#include "journal/journal.h"

#define BATCH_MAX 20

static int tell(uint64_t durable) { return write(STDOUT_FILENO, &durable, 8) == 8 ? 0 : 5; }

int main(int argc, char **argv) {
    struct pmm_journal journal;
    struct pmm_event events[BATCH_MAX] = {0};
    if (argc != 5) return 2;
    int sync = atoi(argv[2]);
    int64_t interval_ns = atoll(argv[3]);
    unsigned state = (unsigned)atoi(argv[4]);
    if (pmm_journal_open(&journal, argv[1], "power", PMM_SOURCE_FEED, 1024, sync, interval_ns)) return 3;
    if (pmm_journal_keep(&journal)) return 6;
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
        if (tell(pmm_load_acquire_u64(&journal.synced))) return 5;
    }
}
