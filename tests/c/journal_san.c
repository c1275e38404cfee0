/*
 * The journal under sanitizers: batches of every size over file ends, torn tails of every length,
 * damage everywhere in a small journal; scan and open agree, and nothing touches foreign memory.
 * usage: journal_san DIRECTORY
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "base/error.h"
#include "journal/journal.h"

#define BATCH_MAX 300

static struct pmm_event events[BATCH_MAX];

static const struct pmm_event *fill(uint64_t first, size_t n) {
    for (size_t i = 0; i < n; i++) {
        memset(&events[i], 0, sizeof events[i]);
        events[i].recv_ns = (int64_t)(first + i) + 1;
        events[i].order_id = (first + i) * 0x9E3779B97F4A7C15u;
        events[i].kind = PMM_KIND_TRADE;
        events[i].commit = 0xDEADBEEF; /* a caller's leftovers must not matter */
    }
    return events;
}

static void open_journal(struct pmm_journal *journal, const char *directory) {
    CHECK(pmm_journal_open(journal, directory, "san", PMM_SOURCE_FEED, 64, PMM_SYNC_NONE, 0) == 0);
}

static void batches(const char *directory) {
    struct pmm_journal journal;
    struct pmm_journal_report report;
    uint64_t total = 0;
    open_journal(&journal, directory);
    for (size_t n = 0; n < BATCH_MAX; n += 7) {
        CHECK(pmm_journal_append(&journal, fill(total, n), n) == (int64_t)n);
        total += n;
        if (n % 3 == 0) CHECK(pmm_journal_prepare(&journal, (int64_t)n) >= 0);
        CHECK(pmm_journal_scan(directory, &report) == 0);
        CHECK(report.records == total && !report.corrupt && report.torn_bytes == 0);
    }
    CHECK(pmm_journal_sync(&journal) == 0 && journal.synced == total);
    pmm_journal_close(&journal);
    CHECK(pmm_journal_append(&journal, fill(0, 1), 1) == PMM_ERR_SYSTEM);
    CHECK(report.first_ns == 1 && report.last_ns == (int64_t)total);
}

static size_t load(const char *path, uint8_t *bytes, size_t max) {
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, bytes, max);
    close(fd);
    CHECK(n > 0);
    return (size_t)n;
}

static void save(const char *path, const uint8_t *bytes, size_t n) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    CHECK(write(fd, bytes, n) == (ssize_t)n);
    close(fd);
}

/* Every cut of the file's records, then recovery and one more record on top. */
static void cuts(const char *directory) {
    static uint8_t good[4096 + 64 * 64];
    char path[600];
    struct pmm_journal journal;
    open_journal(&journal, directory);
    CHECK(pmm_journal_append(&journal, fill(0, 5), 5) == 5);
    pmm_journal_close(&journal);
    snprintf(path, sizeof path, "%s/000000.pmj", directory);
    CHECK(load(path, good, sizeof good) == sizeof good);
    for (size_t length = 4096; length <= 4096 + 6 * 64; length++) {
        save(path, good, length);
        uint64_t whole = (length - 4096) / 64;
        open_journal(&journal, directory);
        CHECK(journal.count == (whole < 5 ? whole : 5));
        CHECK(pmm_journal_append(&journal, fill(journal.count, 1), 1) == 1);
        pmm_journal_close(&journal);
        struct pmm_journal_report report;
        CHECK(pmm_journal_scan(directory, &report) == 0 && report.records == (whole < 5 ? whole : 5) + 1);
        CHECK(!report.corrupt && report.torn_bytes == 0 && report.missing_bytes == 0);
    }
}

/* Every byte of a two-file journal, damaged: scan and open survive and never invent a record. */
static void damage(const char *directory) {
    static uint8_t good[2][4096 + 64 * 64];
    char path[2][600];
    struct pmm_journal journal;
    struct pmm_journal_report report;
    open_journal(&journal, directory);
    CHECK(pmm_journal_append(&journal, fill(0, 70), 70) == 70);
    pmm_journal_close(&journal);
    for (int file = 0; file < 2; file++) {
        snprintf(path[file], sizeof path[file], "%s/%06d.pmj", directory, file);
        CHECK(load(path[file], good[file], sizeof good[file]) == sizeof good[file]);
    }
    for (int file = 0; file < 2; file++) {
        for (size_t at = 0; at < sizeof good[file]; at += at < 96 || at >= 4096 ? 1 : 97) {
            static uint8_t bad[4096 + 64 * 64];
            memcpy(bad, good[file], sizeof bad);
            bad[at] ^= (uint8_t)(1u << (at % 8));
            save(path[file], bad, sizeof bad);
            int code = pmm_journal_scan(directory, &report);
            CHECK(code == 0 || code == PMM_ERR_FOREIGN || code == PMM_ERR_VERSION);
            CHECK(code != 0 || report.records <= 70);
        }
        save(path[file], good[file], sizeof good[file]);
    }
    CHECK(pmm_journal_scan(directory, &report) == 0 && report.records == 70 && !report.corrupt);
}

static void arguments(const char *directory) {
    struct pmm_journal journal;
    static char longest[600];
    memset(longest, 'x', sizeof longest - 1);
    CHECK(pmm_journal_open(&journal, "", "n", 2, 64, 0, 0) == PMM_ERR_ARGUMENT);
    CHECK(pmm_journal_open(&journal, longest, "n", 2, 64, 0, 0) == PMM_ERR_ARGUMENT);
    CHECK(pmm_journal_open(&journal, directory, longest, 2, 64, 0, 0) == PMM_ERR_ARGUMENT);
    CHECK(pmm_journal_open(&journal, directory, "n", 2, 63, 0, 0) == PMM_ERR_ARGUMENT);
    CHECK(pmm_journal_open(&journal, directory, "n", 2, 64, 3, 0) == PMM_ERR_ARGUMENT);
    CHECK(pmm_journal_open(&journal, directory, "n", 2, 64, 0, -1) == PMM_ERR_ARGUMENT);
    pmm_journal_close(&journal);

    /* The longest name that fits, and one byte more: "DIRECTORY/./././" and a name that fills it up. */
    char name[sizeof journal.directory + 2];
    size_t at = (size_t)snprintf(name, sizeof name, "%s", directory);
    CHECK(at < sizeof name - 8);
    while (at + 2 < sizeof journal.directory - 1) {
        memcpy(name + at, "/.", 3);
        at += 2;
    }
    memcpy(name + at, "//x", 4);
    name[sizeof journal.directory] = 0;
    CHECK(mkdir(directory, 0700) == 0 || errno == EEXIST);
    CHECK(pmm_journal_open(&journal, name, "n", 2, 64, 0, 0) == PMM_ERR_ARGUMENT);
    name[sizeof journal.directory - 1] = 0;
    memcpy(name + sizeof journal.directory - 3, "/x", 3);
    CHECK(strlen(name) == sizeof journal.directory - 1);
    CHECK(pmm_journal_open(&journal, name, "n", 2, 64, 0, 0) == PMM_OK);
    pmm_journal_close(&journal);
}

int main(int argc, char **argv) {
    char path[4][560];
    if (argc != 2) return 2;
    for (int i = 0; i < 4; i++)
        snprintf(path[i], sizeof path[i], "%.500s/journal-%d", argv[1], i);
    batches(path[0]);
    cuts(path[1]);
    damage(path[2]);
    arguments(path[3]);
    return 0;
}
