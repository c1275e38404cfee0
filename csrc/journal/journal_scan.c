/* journal_scan.c: one walk over all files: what is valid, what is torn, what is damaged. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/atomics.h"
#include "journal/journal_file.h"
#include "journal/journal_scan.h"

#define NAME_DIGITS_MAX 18

/* What walk_file says besides 0 and a negative code. */
#define HEALED  1 /* go back to report->bad_file: its break was a record in the writer's hands */
#define MISSING 2

static int matches(const struct pmm_event *record, uint32_t seed, uint64_t index) {
    uint32_t commit = pmm_load_acquire_u32(&record->commit);
    return commit && commit == pmm_journal_commit(seed, index, record);
}

int64_t pmm_journal_check(const struct pmm_event *records, size_t n, uint64_t identity, uint64_t first) {
    const uint32_t seed = pmm_journal_seed(identity);
    size_t i = 0;
    while (i < n && matches(&records[i], seed, first + i))
        i++;
    return (int64_t)i;
}

static uint64_t count_nonzero(const uint8_t *bytes, uint64_t n) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < n; i++)
        count += bytes[i] != 0;
    return count;
}

/*
 * files: one more than the highest file index in the directory, 0 if it holds no file of a journal.
 * first: the lowest index at or after from, UINT64_MAX if there is none.
 */
static int list_files(int directory_fd, uint64_t from, uint64_t *files, uint64_t *first) {
    *files = 0;
    *first = UINT64_MAX;
    int fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
        if (fd >= 0) close(fd);
        return PMM_ERR_SYSTEM;
    }
    errno = 0;
    for (struct dirent *entry; (entry = readdir(entries));) {
        size_t digits = 0;
        while (isdigit((unsigned char)entry->d_name[digits]))
            digits++;
        if (digits < PMM_JOURNAL_DIGITS_MIN || digits > NAME_DIGITS_MAX ||
            strcmp(entry->d_name + digits, PMM_JOURNAL_SUFFIX) != 0)
            continue;
        uint64_t index = strtoull(entry->d_name, NULL, 10);
        if (index >= *files) *files = index + 1;
        if (index >= from && index < *first) *first = index;
    }
    int reason = errno;
    closedir(entries);
    errno = reason;
    return reason ? PMM_ERR_SYSTEM : PMM_OK;
}

static void note_bad(struct pmm_journal_walk *walk, uint64_t file, uint64_t record, uint64_t offset) {
    if (walk->broken) return;
    walk->broken = 1;
    walk->report->bad_file = file;
    walk->report->bad_record = record;
    walk->report->bad_offset = offset;
}

/* Whether the header fits its place: the files of one journal, in a row, without a gap. */
static int header_fits(const struct pmm_journal_walk *walk, const struct pmm_journal_header *header, uint64_t file) {
    return header->file_index == file && header->first_record == walk->next_first &&
           header->identity == walk->report->identity;
}

/*
 * Checks the header against its place, takes the journal's identity from the first that can be read,
 * and returns the index of the file's first record: the header's word, or what the files before say.
 */
static uint64_t take_header(struct pmm_journal_walk *walk, const struct pmm_journal_view *view, uint64_t file) {
    struct pmm_journal_report *report = walk->report;
    const struct pmm_journal_header *header = &view->header;
    uint64_t first = walk->next_first;
    if (view->header_code == PMM_OK && !walk->known) {
        walk->known = 1;
        report->identity = header->identity;
        report->source = header->source;
        walk->seed = pmm_journal_seed(header->identity);
    }
    if (view->header_code != PMM_OK || !header_fits(walk, header, file)) {
        report->corrupt = 1;
        note_bad(walk, file, first, 0);
    }
    if (view->header_code != PMM_OK || header->identity != report->identity) {
        walk->next_first = first + view->whole;
        return first;
    }
    walk->next_first = header->first_record + header->capacity;
    report->missing_bytes += header->capacity * PMM_EVENT_BYTES - view->whole * PMM_EVENT_BYTES - view->rest_bytes;
    return header->first_record;
}

/* The record where the break is, as it is now: a live writer may have been in the middle of it. */
static int break_has_healed(const struct pmm_journal_walk *walk) {
    struct pmm_journal_view view;
    int healed = 0;
    if (pmm_journal_view_open(walk->directory_fd, walk->report->bad_file, &view) == PMM_OK && view.mapping) {
        uint64_t at = (walk->report->bad_offset - PMM_JOURNAL_HEADER_BYTES) / PMM_EVENT_BYTES;
        healed = walk->report->bad_offset && at < view.whole &&
                 matches(&view.records[at], walk->seed, walk->report->bad_record);
    }
    pmm_journal_view_close(&view);
    return healed;
}

/* Looks at the records behind the break. HEALED if it has healed, or 0. */
static int walk_tail(struct pmm_journal_walk *walk, const struct pmm_journal_view *view, uint64_t first,
                     uint64_t from) {
    struct pmm_journal_report *report = walk->report;
    for (uint64_t i = from; i < view->whole; i++) {
        report->torn_bytes += count_nonzero((const uint8_t *)&view->records[i], PMM_EVENT_BYTES);
        if (!matches(&view->records[i], walk->seed, first + i)) continue;
        if (report->later_valid == 0 && break_has_healed(walk)) return HEALED;
        report->later_valid += 1;
    }
    report->torn_bytes += count_nonzero(view->rest, view->rest_bytes);
    return 0;
}

static void walk_prefix(struct pmm_journal_walk *walk, const struct pmm_journal_view *view, uint64_t file,
                        uint64_t first) {
    struct pmm_journal_report *report = walk->report;
    uint64_t from = report->records - first;
    uint64_t valid = from;
    while (valid < view->whole && matches(&view->records[valid], walk->seed, first + valid))
        valid++;
    if (valid > 0 && first == 0) report->first_ns = view->records[0].recv_ns;
    if (valid > 0) report->last_ns = view->records[valid - 1].recv_ns;
    report->records = first + valid;
    walk->tail_file = file;
    walk->tail_first = first;
    if (report->records < walk->next_first) {
        note_bad(walk, file, report->records, PMM_JOURNAL_HEADER_BYTES + valid * PMM_EVENT_BYTES);
    }
}

/* One that was full and let go of: its last record was written behind all others, and none of it since. */
static int is_finished(const struct pmm_journal_walk *walk, const struct pmm_journal_view *view, uint64_t file,
                       uint64_t first) {
    const uint64_t last = walk->next_first - first - 1; /* there is a header that says so: the walk is not broken */
    return walk->ends_only && file + PMM_JOURNAL_OPEN_FILES < walk->report->files && last < view->whole &&
           matches(&view->records[last], walk->seed, first + last);
}

static void take_finished(struct pmm_journal_walk *walk, const struct pmm_journal_view *view, uint64_t first) {
    struct pmm_journal_report *report = walk->report;
    if (first == 0) report->first_ns = view->records[0].recv_ns;
    report->last_ns = view->records[walk->next_first - first - 1].recv_ns;
    report->records = report->unread = walk->next_first;
}

/*
 * Nobody but a stranger makes a file longer: what stands there is no record's, and nothing else is to be believed.
 * The first such file is the place that is told, and no tail before it that only might have been torn.
 */
static void note_excess(struct pmm_journal_walk *walk, const struct pmm_journal_view *view, uint64_t file) {
    struct pmm_journal_report *report = walk->report;
    if (report->excess_bytes == 0) walk->broken = 0;
    report->excess_bytes += view->excess;
    report->corrupt = 1;
    note_bad(walk, file, walk->next_first, view->bytes - view->excess);
}

/* Takes one file in. */
static int walk_file(struct pmm_journal_walk *walk, uint64_t file) {
    struct pmm_journal_report *report = walk->report;
    struct pmm_journal_view view;
    int code = pmm_journal_view_open(walk->directory_fd, file, &view);
    if (code == PMM_ERR_SYSTEM) return code;
    int missing = code == PMM_ERR_NOT_FOUND;
    if (file == 0 && view.mapping && view.header_code != PMM_ERR_CORRUPT) code = view.header_code;
    if (file == 0 && code != PMM_ERR_NOT_FOUND && code != PMM_OK) goto out;
    if (file >= walk->seen) {
        report->bytes += view.bytes;
        walk->seen = file + 1;
    }
    uint64_t first = take_header(walk, &view, file);
    uint64_t from = 0;
    if (!walk->broken && is_finished(walk, &view, file, first)) {
        take_finished(walk, &view, first);
        from = view.whole;
    } else if (!walk->broken) {
        walk_prefix(walk, &view, file, first);
        from = report->records - first;
    }
    if (view.excess) note_excess(walk, &view, file);
    code = missing ? MISSING : walk->broken && view.mapping ? walk_tail(walk, &view, first, from) : 0;
out:
    pmm_journal_view_close(&view);
    return code;
}

/* Steps back to the break, which was a record in the writer's hands: each time at least one further. */
static void walk_resume(struct pmm_journal_walk *walk) {
    struct pmm_journal_report *report = walk->report;
    walk->broken = 0;
    walk->next_first = walk->tail_first;
    report->torn_bytes = report->missing_bytes = report->excess_bytes = 0;
}

int pmm_journal_walk(struct pmm_journal_walk *walk, int directory_fd, int ends_only,
                     struct pmm_journal_report *report) {
    memset(report, 0, sizeof *report);
    memset(walk, 0, sizeof *walk);
    walk->report = report;
    walk->directory_fd = directory_fd;
    walk->ends_only = ends_only;
    uint64_t next, ignored;
    int code = list_files(directory_fd, 0, &report->files, &next);
    if (code) return code;
    if (report->files == 0) return PMM_ERR_NOT_FOUND;
    for (uint64_t file = 0; file < report->files;) {
        code = walk_file(walk, file);
        if (code < 0) return code;
        if (code == HEALED) {
            file = walk->tail_file;
            walk_resume(walk);
            continue;
        }
        file += 1;
        /* A stray name may stand any number of files behind the row: a gap is stepped over at once. */
        if (code == MISSING && list_files(directory_fd, file, &ignored, &file)) return PMM_ERR_SYSTEM;
    }
    if (report->later_valid) report->corrupt = 1;
    if (!report->corrupt) report->bad_file = report->bad_record = report->bad_offset = 0;
    return PMM_OK;
}

static int scan(const char *directory, int ends_only, struct pmm_journal_report *report) {
    struct pmm_journal_walk walk;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? PMM_ERR_NOT_FOUND : PMM_ERR_SYSTEM;
    int code = pmm_journal_walk(&walk, fd, ends_only, report);
    int reason = errno;
    close(fd);
    errno = reason;
    return code;
}

int pmm_journal_scan(const char *directory, struct pmm_journal_report *report) { return scan(directory, 0, report); }

int pmm_journal_scan_end(const char *directory, struct pmm_journal_report *report) {
    return scan(directory, 1, report);
}
