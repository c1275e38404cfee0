/*
 * A journal's writer killed at any instruction, in its recovery too: the next open finds all that was
 * acknowledged, in order and nothing else, and takes a record. With a keeper, at any instruction of either thread.
 * usage: kill_journal LIVE COPY [kept] (empty directories)
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/atomics.h"
#include "base/error.h"
#include "journal/journal.h"
#include "kill_steps.h"

#define PER_FILE  64
#define BATCH_MAX 5
#define APPENDS   60

static int kept;
static const char *const NAMES[] = {"000000.pmj", "000001.pmj", "000002.pmj", "000003.pmj", "next.tmp"};

static struct pmm_event event_of(uint64_t index) {
    struct pmm_event event = {.recv_ns = (int64_t)index + 1, .price = (int64_t)(index * 0x9E3779B97F4A7C15u)};
    event.aux = -event.price;
    event.source = (uint16_t)index;
    event.kind = PMM_KIND_DEPTH;
    return event;
}

static void append(struct pmm_journal *journal, uint64_t n) {
    struct pmm_event events[BATCH_MAX];
    for (uint64_t i = 0; i < n; i++)
        events[i] = event_of(journal->count + i);
    notes->begun = journal->count + n;
    CHECK(pmm_journal_append(journal, events, n) == (int64_t)n);
    notes->acknowledged = journal->count;
}

/* Until the next file is there, pages and all, and the one before is let go. */
static void await_keeper(struct pmm_journal *journal) {
    const uint64_t next = journal->file_index + 1;
    const struct pmm_journal_file *file = &journal->files[next % 3];
    while (pmm_load_acquire_u64(&journal->made) == next || pmm_load_relaxed_u64(&file->prefaulted) < file->bytes ||
           pmm_load_relaxed_u64(&journal->held) < journal->file_index)
        usleep(1000);
}

/* Half a record, as a power cut may leave it, so that the next open has a tail to cut. */
static void tear(const char *directory, uint64_t count) {
    char path[600];
    struct pmm_event torn = event_of(count + 1);
    snprintf(path, sizeof path, "%s/%06d.pmj", directory, (int)(count / PER_FILE));
    int fd = open(path, O_WRONLY);
    CHECK(fd >= 0 && pwrite(fd, &torn, 41, (off_t)(4096 + count % PER_FILE * 64)) == 41);
    close(fd);
}

static void live(const char *directory) {
    struct pmm_journal journal;
    CHECK(pmm_journal_open(&journal, directory, "steps", PMM_SOURCE_FEED, PER_FILE, PMM_SYNC_NONE, 0) == 0);
    if (kept) CHECK(pmm_journal_keep(&journal) == 0);
    for (int i = 0; i < APPENDS; i++) {
        append(&journal, 1 + (uint64_t)i % BATCH_MAX);
        if (i % 16 != 15) continue; /* elsewhere append makes its own file, if it comes to that */
        if (kept)
            await_keeper(&journal);
        else
            CHECK(pmm_journal_prepare(&journal, i) >= 0);
    }
    uint64_t count = journal.count;
    pmm_journal_close(&journal);
    tear(directory, count);
    CHECK(pmm_journal_open(&journal, directory, "steps", PMM_SOURCE_FEED, PER_FILE, PMM_SYNC_NONE, 0) == 0);
    CHECK(journal.count == count && journal.found.torn_bytes > 0);
    append(&journal, 2);
    pmm_journal_close(&journal);
}

static void look(const char *copy) {
    struct pmm_journal journal;
    struct pmm_journal_report report;
    int code = pmm_journal_scan(copy, &report);
    CHECK(code == 0 || (code == PMM_ERR_NOT_FOUND && notes->acknowledged == 0));
    CHECK(!report.corrupt);
    CHECK(pmm_journal_open(&journal, copy, "steps", PMM_SOURCE_FEED, PER_FILE, PMM_SYNC_NONE, 0) == 0);
    CHECK(journal.count == report.records);
    CHECK(journal.count >= notes->acknowledged && journal.count <= notes->begun);
    struct pmm_event more = event_of(journal.count);
    CHECK(pmm_journal_append(&journal, &more, 1) == 1);
    for (uint64_t i = journal.first_record; i < journal.count; i++) {
        struct pmm_event expected = event_of(i);
        CHECK(memcmp(&journal.records[i - journal.first_record], &expected, offsetof(struct pmm_event, commit)) == 0);
    }
    pmm_journal_close(&journal);
    CHECK(pmm_journal_scan(copy, &report) == 0 && !report.corrupt && report.records >= notes->acknowledged + 1);
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    kept = argc > 3;
    step_through(argv[1], argv[2], NAMES, sizeof NAMES / sizeof *NAMES, live, look);
    CHECK(notes->acknowledged > 2 * PER_FILE);
    printf("%llu instructions, %llu states\n", (unsigned long long)instructions, (unsigned long long)states);
    return 0;
}
