/*
 * The n-th system call of a journal's life fails, or the process dies in front of it, for every n
 * until a whole life passes untouched. After each: an ordinary open finds everything that was
 * acknowledged, in order, nothing else, and takes new records.
 *
 * Linked with --wrap for each call below. usage: journal_faults DIRECTORY kill|EIO|ENOSPC alone|kept
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "journal/journal.h"

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s (fault %d of %s)\n", __FILE__, __LINE__, #condition, fault_at, mode); \
            _exit(3); \
        } \
    } while (0)

#define APPENDS   40
#define BATCH     5
#define REACHED   17
#define UNTOUCHED 0

static const char *mode;
static int fault_at; /* 0: none */
static int kept;
static atomic_int calls; /* by the writer and its keeper */
static int fault_errno; /* 0: die */
static int sync_struck; /* the call that failed was a sync */

struct shared {
    uint64_t acked;
    int64_t peak_calls;
};
static struct shared *shared;

static int strikes(void) {
    if (!fault_at || atomic_fetch_add(&calls, 1) + 1 != fault_at) return 0;
    if (!fault_errno) raise(SIGKILL);
    errno = fault_errno;
    return 1;
}

int __real_open(const char *path, int flags, mode_t permissions);
int __wrap_open(const char *path, int flags, mode_t permissions) {
    return strikes() ? -1 : __real_open(path, flags, permissions);
}
int __real_openat(int at, const char *path, int flags, mode_t permissions);
int __wrap_openat(int at, const char *path, int flags, mode_t permissions) {
    return strikes() ? -1 : __real_openat(at, path, flags, permissions);
}
int __real_posix_fallocate(int fd, off_t offset, off_t bytes);
int __wrap_posix_fallocate(int fd, off_t offset, off_t bytes) {
    return strikes() ? errno : __real_posix_fallocate(fd, offset, bytes);
}
void *__real_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset) {
    return strikes() ? MAP_FAILED : __real_mmap(at, bytes, protection, flags, fd, offset);
}
int __real_fsync(int fd);
int __wrap_fsync(int fd) { return strikes() ? (sync_struck = 1, -1) : __real_fsync(fd); }
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd) { return strikes() ? (sync_struck = 1, -1) : __real_fdatasync(fd); }
ssize_t __real_pwrite(int fd, const void *bytes, size_t n, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t offset) {
    return strikes() ? -1 : __real_pwrite(fd, bytes, n, offset);
}
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to) {
    return strikes() ? -1 : __real_renameat(from_fd, from, to_fd, to);
}
int __real_unlinkat(int at, const char *path, int flags);
int __wrap_unlinkat(int at, const char *path, int flags) { return strikes() ? -1 : __real_unlinkat(at, path, flags); }
int __real_mkdir(const char *path, mode_t permissions);
int __wrap_mkdir(const char *path, mode_t permissions) { return strikes() ? -1 : __real_mkdir(path, permissions); }
int __real_fcntl(int fd, int command, void *argument);
int __wrap_fcntl(int fd, int command, void *argument) { return strikes() ? -1 : __real_fcntl(fd, command, argument); }
int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status) { return strikes() ? -1 : __real_fstat(fd, status); }
int __real_madvise(void *at, size_t bytes, int advice);
int __wrap_madvise(void *at, size_t bytes, int advice) { return strikes() ? -1 : __real_madvise(at, bytes, advice); }

static struct pmm_event event_of(uint64_t index) {
    struct pmm_event event = {.recv_ns = (int64_t)index + 1, .price = (int64_t)(index * 0x9E3779B97F4A7C15u)};
    event.kind = PMM_KIND_DEPTH;
    return event;
}

static int append(struct pmm_journal *journal, int n) {
    struct pmm_event events[BATCH];
    for (int i = 0; i < n; i++)
        events[i] = event_of(journal->count + (uint64_t)i);
    int64_t code = pmm_journal_append(journal, events, (size_t)n);
    if (code < 0) return (int)code;
    CHECK(code == n);
    shared->acked = journal->count;
    return 0;
}

static int open_descriptors(void) {
    DIR *entries = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(entries))
        count++;
    closedir(entries);
    return count;
}

/* One life: append over several files, end, come back, append, end. 0, or the code that ended it. */
static int live(const char *directory) {
    for (int life = 0; life < 2; life++) {
        struct pmm_journal journal;
        int code = pmm_journal_open(&journal, directory, "faults", 2, 64, PMM_SYNC_BATCH, 0);
        if (code) return code;
        if (kept) CHECK(pmm_journal_keep(&journal) == 0);
        for (int i = 0; i < APPENDS && !code; i++) {
            code = append(&journal, 1 + i % BATCH);
            if (!code && !kept && i % 4 == 3 && pmm_journal_prepare(&journal, i) < 0) code = PMM_ERR_SYSTEM;
        }
        if (code) { /* a failure is for good, and always the same */
            CHECK(code == PMM_ERR_SYSTEM && (int)journal.failed == fault_errno);
            uint64_t count = journal.count;
            CHECK(append(&journal, 1) == PMM_ERR_SYSTEM && errno == fault_errno);
            CHECK(pmm_journal_sync(&journal) == PMM_ERR_SYSTEM && errno == fault_errno);
            CHECK(pmm_journal_prepare(&journal, 1) == PMM_ERR_SYSTEM && errno == fault_errno);
            CHECK(journal.count == count);
        }
        pmm_journal_close(&journal);
        if (!code && journal.failed != EBADF) code = PMM_ERR_SYSTEM; /* what its keeper met after the last append */
        if (code) return code;
    }
    return 0;
}

static void child(const char *directory) {
    int before = open_descriptors();
    calls = 0;
    int code = live(directory);
    CHECK(!sync_struck || code == PMM_ERR_SYSTEM); /* no sync may fail unheard, nor be tried again */
    int reached = calls >= fault_at;
    fault_at = 0;
    CHECK(open_descriptors() == before);
    exit(reached ? REACHED : UNTOUCHED);
}

static void verify(const char *directory) {
    struct pmm_journal journal;
    CHECK(pmm_journal_open(&journal, directory, "faults", 2, 64, PMM_SYNC_NONE, 0) == 0);
    CHECK(journal.count >= shared->acked);
    CHECK(append(&journal, 3) == 0);
    uint64_t count = journal.count;
    pmm_journal_close(&journal);
    uint64_t index = 0;
    for (int file = 0; index < count; file++) {
        char path[600];
        snprintf(path, sizeof path, "%s/%06d.pmj", directory, file);
        int fd = open(path, O_RDONLY, 0);
        CHECK(fd >= 0);
        for (int i = 0; i < 64 && index < count; i++, index++) {
            struct pmm_event got, expected = event_of(index);
            CHECK(pread(fd, &got, sizeof got, 4096 + i * 64) == sizeof got);
            CHECK(memcmp(&got, &expected, 60) == 0);
        }
        close(fd);
    }
    struct pmm_journal_report report;
    CHECK(pmm_journal_scan(directory, &report) == 0 && report.records == count && !report.corrupt);
}

static void remove_tree(const char *directory) {
    DIR *entries = opendir(directory);
    if (!entries) return;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        unlinkat(dirfd(entries), entry->d_name, 0);
    }
    closedir(entries);
    rmdir(directory);
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    char directory[512];
    mode = argv[2];
    kept = strcmp(argv[3], "kept") == 0;
    fault_errno = strcmp(mode, "EIO") == 0 ? EIO : strcmp(mode, "ENOSPC") == 0 ? ENOSPC : 0;
    snprintf(directory, sizeof directory, "%s/journal", argv[1]);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int n = 1; n < 10000; n++) {
        remove_tree(directory);
        shared->acked = 0;
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            fault_at = n;
            child(directory);
        }
        waitpid(pid, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == UNTOUCHED) {
            CHECK(shared->acked > 200);
            printf("%d\n", n - 1);
            return 0;
        }
        fault_at = 0;
        int ended = fault_errno ? WIFEXITED(status) && WEXITSTATUS(status) == REACHED
                                : WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        if (!ended) fprintf(stderr, "fault %d of %s: status %x\n", n, mode, status);
        CHECK(ended);
        verify(directory);
    }
    return 1;
}
