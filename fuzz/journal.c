/*
 * A journal's directory with fuzzed files: the scan ends and says what can be, an open agrees with it, and a
 * journal that opens takes records. Input: mode, then edits of two good files (their CRCs are made
 * right again where the mode says so, so that what they protect is reached), or the bytes of one file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "journal/journal_file.h"

#define PER_FILE   64
#define FILES      2
#define RECORDS    100 /* the second file is not full */
#define FILE_BYTES (PMM_JOURNAL_HEADER_BYTES + PER_FILE * sizeof(struct pmm_event))
#define SPACE_MAX  (8u << 20)

enum {
    RAW = 1,
    MEND_HEADERS = 2,
    MEND_RECORDS = 4,
    CUT = 8,
    RENAME = 16
};

static char directory[1024];
static uint8_t good[FILES][FILE_BYTES], image[FILES][FILE_BYTES];

static void empty(void) {
    DIR *entries = opendir(directory);
    for (struct dirent *entry; entries && (entry = readdir(entries)) != NULL;)
        unlinkat(dirfd(entries), entry->d_name, 0);
    if (entries) closedir(entries);
}

static const char *path_of(uint64_t file) {
    static char path[1100];
    char name[32];
    pmm_journal_file_name(name, file);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void append(struct pmm_journal *journal, uint64_t n) {
    for (; n > 0; n--) {
        struct pmm_event event = {.recv_ns = (int64_t)journal->count + 1, .kind = PMM_KIND_DEPTH};
        HOLD(pmm_journal_append(journal, &event, 1) == 1);
    }
}

/* Once: a good journal, and a limit on what a header may make an open allocate. */
static void prepare(void) {
    struct pmm_journal journal;
    struct rlimit limit = {SPACE_MAX, SPACE_MAX};
    snprintf(directory, sizeof directory, "%s", in_folder("journal"));
    mkdir(directory, 0750);
    empty();
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    HOLD(pmm_journal_open(&journal, directory, "fuzz", PMM_SOURCE_FEED, PER_FILE, PMM_SYNC_NONE, 0) == 0);
    append(&journal, RECORDS);
    pmm_journal_close(&journal);
    for (uint64_t file = 0; file < FILES; file++) {
        int fd = open(path_of(file), O_RDONLY);
        HOLD(fd >= 0 && read(fd, good[file], FILE_BYTES) == (ssize_t)FILE_BYTES);
        close(fd);
    }
}

static void mend(uint8_t *file, int mode) {
    struct pmm_journal_header header;
    const size_t at = offsetof(struct pmm_journal_header, crc);
    memcpy(&header, file, sizeof header);
    if (mode & MEND_HEADERS) {
        uint32_t crc = pmm_crc32c(pmm_crc32c(0, file, at), file + at + 4, PMM_JOURNAL_HEADER_BYTES - at - 4);
        memcpy(file + at, &crc, sizeof crc);
    }
    for (uint64_t i = 0; i < PER_FILE && mode & MEND_RECORDS; i++) {
        struct pmm_event event;
        uint8_t *place = file + PMM_JOURNAL_HEADER_BYTES + i * sizeof event;
        memcpy(&event, place, sizeof event);
        if (!event.commit) continue;
        event.commit = pmm_journal_commit(pmm_journal_seed(header.identity), header.first_record + i, &event);
        memcpy(place, &event, sizeof event);
    }
}

static void make_files(struct input *input) {
    int mode = (int)take(input, 1);
    if (mode & RAW) {
        write_file(path_of(mode & RENAME ? 1 : 0), input->data, input->left);
        if (mode & RENAME) write_file(path_of(0), good[0], FILE_BYTES);
        return;
    }
    uint64_t cut = mode & CUT ? take(input, 2) % (FILES * FILE_BYTES) : FILES * FILE_BYTES;
    uint64_t name = mode & RENAME ? take(input, 1 + take(input, 1) % 8) : 1;
    memcpy(image, good, sizeof image);
    edit(input, image[0], sizeof image);
    for (uint64_t file = 0; file < FILES; file++) {
        mend(image[file], mode);
        uint64_t left = cut > file * FILE_BYTES ? cut - file * FILE_BYTES : 0;
        write_file(path_of(file ? name : 0), image[file], left < FILE_BYTES ? left : FILE_BYTES);
    }
}

static void check_report(const struct pmm_journal_report *report) {
    HOLD(report->files > 0 && report->bytes <= FILES * FILE_BYTES);
    HOLD(report->records <= FILES * PER_FILE && report->later_valid <= FILES * PER_FILE);
    HOLD(report->torn_bytes <= report->bytes);
    HOLD(report->corrupt || report->later_valid == 0);
    HOLD(!report->corrupt || report->bad_file < report->files);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    struct pmm_journal journal;
    struct pmm_journal_report before, after;
    if (!directory[0]) prepare();
    empty();
    make_files(&input);
    int scanned = pmm_journal_scan(directory, &before);
    if (scanned == 0) check_report(&before);
    int code = pmm_journal_open(&journal, directory, "fuzz", PMM_SOURCE_FEED, PER_FILE, PMM_SYNC_NONE, 0);
    HOLD(scanned == 0 || scanned == PMM_ERR_NOT_FOUND || code == scanned);
    if (scanned == 0 && before.corrupt) HOLD(code == PMM_ERR_CORRUPT);
    if (code) return 0;
    HOLD(journal.count == before.records && journal.found.torn_bytes == before.torn_bytes);
    append(&journal, 3);
    pmm_journal_close(&journal);
    HOLD(pmm_journal_scan(directory, &after) == 0 && !after.corrupt);
    HOLD(after.records == before.records + 3 && after.torn_bytes == 0);
    return 0;
}
