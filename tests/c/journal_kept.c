/*
 * A writer and its keeper, for a race detector: small files, so that the writer adopts some, meets
 * some in the making and makes some itself; batches that span files, syncs in between, ends at any
 * moment. What was appended is there. usage: journal_kept DIRECTORY (empty) SYNC
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "base/error.h"
#include "journal/journal.h"

#define LIVES     12
#define APPENDS   120
#define BATCH_MAX 200

static struct pmm_event events[BATCH_MAX];

static const struct pmm_event *fill(uint64_t first, size_t n) {
    for (size_t i = 0; i < n; i++)
        events[i] = (struct pmm_event){.recv_ns = (int64_t)(first + i) + 1, .kind = PMM_KIND_TRADE};
    return events;
}

static void live(const char *directory, int sync, unsigned *chance) {
    struct pmm_journal journal;
    struct pmm_journal_report report;
    CHECK(pmm_journal_open(&journal, directory, "kept", PMM_SOURCE_FEED, 256, sync, 100000) == 0);
    CHECK(pmm_journal_keep(&journal) == 0);
    CHECK(pmm_journal_keep(&journal) == PMM_ERR_ARGUMENT);
    for (int i = 0; i < APPENDS; i++) {
        size_t n = (size_t)(rand_r(chance) % BATCH_MAX) + 1;
        CHECK(pmm_journal_append(&journal, fill(journal.count, n), n) == (int64_t)n);
        if (rand_r(chance) % 16 == 0) CHECK(pmm_journal_sync(&journal) == 0);
        if (rand_r(chance) % 4 == 0) usleep((useconds_t)(rand_r(chance) % 500));
    }
    const uint64_t count = journal.count;
    pmm_journal_close(&journal);
    CHECK(pmm_journal_append(&journal, events, 1) == PMM_ERR_SYSTEM);
    CHECK(pmm_journal_scan(directory, &report) == 0 && !report.corrupt && report.torn_bytes == 0);
    CHECK(report.records == count && report.last_ns == (int64_t)count);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    unsigned chance = 7;
    for (int i = 0; i < LIVES; i++)
        live(argv[1], atoi(argv[2]), &chance);
    return 0;
}
