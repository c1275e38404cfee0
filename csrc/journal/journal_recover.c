/* journal_recover.c: opening: the lock, what a crash left, and the place to go on at. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "journal/journal_file.h"
#include "journal/journal_keep.h"
#include "journal/journal_scan.h"
#include "base/locks.h"

#define LOCK_TRIES_MAX 8
#define DIRECTORY_MODE 0750

static int sync_parent(const char *directory) {
    char parent[PMM_JOURNAL_PATH_MAX + 4];
    size_t length = strlen(directory);
    memcpy(parent, directory, length);
    memcpy(parent + length, "/..", 4);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return PMM_ERR_SYSTEM;
    int code = fsync(fd) ? PMM_ERR_SYSTEM : PMM_OK;
    int reason = errno;
    close(fd);
    errno = reason;
    return code;
}

static int open_directory(struct pmm_journal *journal) {
    int made = mkdir(journal->directory, DIRECTORY_MODE) == 0;
    if (!made && errno != EEXIST) return PMM_ERR_SYSTEM;
    journal->directory_fd = open(journal->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (journal->directory_fd < 0) return PMM_ERR_SYSTEM;
    if (made && fchmod(journal->directory_fd, DIRECTORY_MODE))
        return PMM_ERR_SYSTEM; /* whatever the umask: the group reads */
    return made ? sync_parent(journal->directory) : PMM_OK;
}

/* The lock counts only while the name leads to it: somebody may have removed the file meanwhile. */
static int lock_is_current(int directory_fd, int lock_fd) {
    struct stat held, named;
    if (fstat(lock_fd, &held) || fstatat(directory_fd, PMM_JOURNAL_LOCK, &named, AT_SYMLINK_NOFOLLOW)) return 0;
    return held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/* The lock's file, made if need be, for the group to read as the journal is. */
static int open_lock(int directory_fd) {
    int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(directory_fd, PMM_JOURNAL_LOCK, flags | O_EXCL, PMM_JOURNAL_FILE_MODE);
    if (fd >= 0) (void)fchmod(fd, PMM_JOURNAL_FILE_MODE);
    return fd < 0 && errno == EEXIST ? openat(directory_fd, PMM_JOURNAL_LOCK, flags, PMM_JOURNAL_FILE_MODE) : fd;
}

static int take_lock(struct pmm_journal *journal) {
    for (int i = 0; i < LOCK_TRIES_MAX; i++) {
        int fd = open_lock(journal->directory_fd);
        if (fd < 0) return PMM_ERR_SYSTEM;
        int code = pmm_lock_take(fd, 0);
        if (code < 0) {
            pmm_lock_close(fd);
            return code;
        }
        if (lock_is_current(journal->directory_fd, fd)) {
            journal->lock_fd = fd;
            return PMM_OK;
        }
        pmm_lock_close(fd);
    }
    return PMM_ERR_OWNED;
}

static int make_first(struct pmm_journal *journal) {
    if (getrandom(&journal->identity, sizeof journal->identity, 0) != sizeof journal->identity) return PMM_ERR_SYSTEM;
    return pmm_journal_make(journal) ? PMM_ERR_SYSTEM : PMM_OK;
}

/* Zeroes what is not zero behind the last valid record, so that a new record never meets old bytes. */
static void cut_tail(struct pmm_journal_file *file, uint64_t records) {
    PMM_ASSERT(records <= file->capacity);
    for (uint64_t at = PMM_JOURNAL_HEADER_BYTES + records * PMM_EVENT_BYTES; at < file->bytes; at++) {
        if (file->mapping[at]) file->mapping[at] = 0;
    }
}

/* What the last run left may still be in memory only: a journal that promises more starts synced. */
static int sync_files(struct pmm_journal *journal, uint64_t files) {
    for (uint64_t i = 0; i < files; i++) {
        char name[PMM_JOURNAL_FILE_NAME_BYTES];
        pmm_journal_file_name(name, i);
        int fd = openat(journal->directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0) return PMM_ERR_SYSTEM;
        int code = fsync(fd);
        int reason = errno;
        close(fd);
        errno = reason;
        if (code) return PMM_ERR_SYSTEM;
    }
    return fsync(journal->directory_fd) ? PMM_ERR_SYSTEM : PMM_OK;
}

/* Recovery proper. Killed at any point it leaves a journal that it takes up again the same way. */
static int resume(struct pmm_journal *journal, const struct pmm_journal_walk *walk) {
    const struct pmm_journal_report *report = walk->report;
    struct pmm_journal_view view;
    char name[PMM_JOURNAL_FILE_NAME_BYTES];
    PMM_ASSERT(walk->tail_file < report->files && walk->tail_first <= report->records);
    /* The highest first: a gap in the row of names would be corruption. */
    for (uint64_t file = report->files - 1; file > walk->tail_file; file--) {
        pmm_journal_file_name(name, file);
        if (unlinkat(journal->directory_fd, name, 0)) return PMM_ERR_SYSTEM;
    }
    int code = pmm_journal_view_open(journal->directory_fd, walk->tail_file, &view);
    if (code) return code;
    struct pmm_journal_file *file = &journal->files[walk->tail_file % PMM_JOURNAL_OPEN_FILES];
    file->capacity = view.header.capacity;
    file->bytes = pmm_journal_file_bytes(file->capacity);
    file->first_record = walk->tail_first;
    pmm_journal_view_close(&view);
    pmm_journal_file_name(name, walk->tail_file);
    file->fd = openat(journal->directory_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (file->fd < 0) return PMM_ERR_SYSTEM;
    journal->identity = report->identity;
    journal->held = journal->file_index = walk->tail_file;
    journal->made = walk->tail_file + 1;
    journal->count = report->records;
    code = pmm_journal_file_map(file->fd, file->bytes, &file->mapping);
    if (code) return code;
    cut_tail(file, journal->count - file->first_record);
    if ((report->torn_bytes || report->missing_bytes) && fsync(file->fd)) return PMM_ERR_SYSTEM;
    if (journal->sync == PMM_SYNC_NONE) return PMM_OK;
    code = sync_files(journal, journal->made);
    if (code) return code;
    journal->files_synced = walk->tail_file;
    journal->synced = journal->count;
    return PMM_OK;
}

static int open_files(struct pmm_journal *journal) {
    struct pmm_journal_report *report = &journal->found;
    struct pmm_journal_walk walk;
    unlinkat(journal->directory_fd, PMM_JOURNAL_TEMPORARY, 0);
    int code = pmm_journal_walk(&walk, journal->directory_fd, 1, report);
    if (code == PMM_ERR_NOT_FOUND) {
        code = make_first(journal);
        report->identity = journal->identity;
        report->source = journal->source;
    } else if (!code && report->corrupt) {
        code = PMM_ERR_CORRUPT;
    } else if (!code && report->source != journal->source) {
        code = PMM_ERR_ARGUMENT;
    } else if (!code) {
        code = resume(journal, &walk);
    }
    if (code) return code;
    pmm_journal_adopt(journal, journal->made - 1);
    struct pmm_journal_file *file = &journal->files[journal->file_index % PMM_JOURNAL_OPEN_FILES];
    return pmm_journal_prefault(file, file->bytes);
}

int pmm_journal_open(struct pmm_journal *journal, const char *directory, const char *name, uint16_t source,
                     uint64_t records_per_file, int sync, int64_t interval_ns) {
    memset(journal, 0, sizeof *journal);
    journal->directory_fd = journal->lock_fd = -1;
    journal->failed = EBADF;
    if (!directory || !*directory || strlen(directory) >= sizeof journal->directory) return PMM_ERR_ARGUMENT;
    if (!name || strlen(name) >= sizeof journal->name) return PMM_ERR_ARGUMENT;
    if (records_per_file < PMM_JOURNAL_RECORDS_MIN || records_per_file > PMM_JOURNAL_RECORDS_MAX) {
        return PMM_ERR_ARGUMENT;
    }
    if (sync < PMM_SYNC_NONE || sync > PMM_SYNC_BATCH || interval_ns < 0) return PMM_ERR_ARGUMENT;
    strcpy(journal->directory, directory);
    strcpy(journal->name, name);
    journal->source = source;
    journal->records_per_file = records_per_file;
    journal->sync = sync;
    journal->interval_ns = interval_ns;
    int code = open_directory(journal);
    if (!code) code = take_lock(journal);
    if (!code) code = open_files(journal);
    if (!code) {
        journal->failed = 0;
        return PMM_OK;
    }
    int reason = errno;
    pmm_journal_close(journal);
    errno = reason;
    return code;
}
