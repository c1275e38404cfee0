/* journal_keep.c: syncing, making the next file ahead, letting go of full ones; the thread that does it. */
#include "journal/journal_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/atomics.h"
#include "base/clock.h"
#include "journal/journal_file.h"

#define KEEP_NS INT64_C(20000000)
/* Between two steps: a writer that waits for the lock gets it meanwhile. */
#define STEP_REST_NS INT64_C(50000)

/* What maps or unmaps holds up whoever maps something else in this process: 0.1 to 0.2 ms at a time. */
#define PREFAULT_SLICE_BYTES (UINT64_C(256) << 10)
#define UNMAP_SLICE_BYTES    (UINT64_C(1) << 20)

struct pmm_journal_keeper {
    pthread_t thread;
    pthread_mutex_t making;
    pthread_mutex_t syncing;
    pthread_cond_t ended; /* with making */
    int ending;
};

static void lock(struct pmm_journal *journal) {
    if (journal->keeper) pthread_mutex_lock(&journal->keeper->making);
}

static void unlock(struct pmm_journal *journal) {
    if (journal->keeper) pthread_mutex_unlock(&journal->keeper->making);
}

static void lock_syncing(struct pmm_journal *journal) {
    if (journal->keeper) pthread_mutex_lock(&journal->keeper->syncing);
}

static void unlock_syncing(struct pmm_journal *journal) {
    if (journal->keeper) pthread_mutex_unlock(&journal->keeper->syncing);
}

static struct pmm_journal_file *file_at(struct pmm_journal *journal, uint64_t index) {
    return &journal->files[index % PMM_JOURNAL_OPEN_FILES];
}

int pmm_journal_refuse(struct pmm_journal *journal) {
    errno = (int)pmm_load_relaxed_u32(&journal->failed);
    return PMM_ERR_SYSTEM;
}

int pmm_journal_fail(struct pmm_journal *journal, uint64_t file) {
    if (!pmm_load_relaxed_u32(&journal->failed)) {
        pmm_store_relaxed_u64(&journal->failed_file, file);
        pmm_compare_exchange_u32(&journal->failed, 0, (uint32_t)(errno ? errno : EIO));
    }
    return pmm_journal_refuse(journal);
}

/* One that was let go of before it was synced, as the policy NONE does, is opened again. */
static int sync_file(struct pmm_journal *journal, uint64_t index) {
    if (index >= journal->held) return fdatasync(file_at(journal, index)->fd);
    char name[PMM_JOURNAL_FILE_NAME_BYTES];
    pmm_journal_file_name(name, index);
    int fd = openat(journal->directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return -1;
    int code = fdatasync(fd);
    int reason = errno;
    close(fd);
    errno = reason;
    return code;
}

static int sync_records(struct pmm_journal *journal) {
    /* In this order: the writer stores the file's index before it counts a record in it. */
    uint64_t count = pmm_load_acquire_u64(&journal->count);
    uint64_t last = pmm_load_acquire_u64(&journal->file_index);
    if (journal->synced == count) return PMM_OK;
    /* Linux writes back pages dirtied through a mapping here too. Never retried: a second call may
     * return 0 though the kernel has dropped the very pages that could not be written. */
    for (uint64_t index = journal->files_synced; index <= last; index++)
        if (sync_file(journal, index)) return pmm_journal_fail(journal, index);
    pmm_store_release_u64(&journal->files_synced, last);
    pmm_store_release_u64(&journal->synced, count);
    return PMM_OK;
}

int pmm_journal_sync(struct pmm_journal *journal) {
    if (pmm_load_relaxed_u32(&journal->failed)) return pmm_journal_refuse(journal);
    lock_syncing(journal);
    int code = sync_records(journal);
    unlock_syncing(journal);
    return code;
}

void pmm_journal_unmap(uint8_t *mapping, uint64_t bytes) {
    for (uint64_t at = 0; mapping && at < bytes; at += UNMAP_SLICE_BYTES)
        munmap(mapping + at, bytes - at < UNMAP_SLICE_BYTES ? bytes - at : UNMAP_SLICE_BYTES);
}

/* Lets go of the lowest file, which is full: its records must be on disk first, if any are to be. */
static int release_lowest(struct pmm_journal *journal) {
    int code = PMM_OK;
    if (journal->sync != PMM_SYNC_NONE && pmm_load_acquire_u64(&journal->files_synced) <= journal->held)
        code = pmm_journal_sync(journal);
    if (code) return code;
    struct pmm_journal_file *file = file_at(journal, journal->held);
    lock_syncing(journal);
    journal->held += 1;
    close(file->fd);
    unlock_syncing(journal);
    pmm_journal_unmap(file->mapping, file->bytes);
    return PMM_OK;
}

int pmm_journal_make(struct pmm_journal *journal) {
    const uint64_t index = journal->made;
    while (journal->held + 2 < index) { /* the new one takes the place of the third before it */
        int code = release_lowest(journal);
        if (code) return code;
    }
    PMM_ASSERT(index - journal->held < PMM_JOURNAL_OPEN_FILES);
    struct pmm_journal_header header = {
        .magic = PMM_JOURNAL_MAGIC,
        .version = PMM_JOURNAL_VERSION,
        .record_bytes = PMM_EVENT_BYTES,
        .identity = journal->identity,
        .file_index = index,
        .capacity = journal->records_per_file,
        .created_ns = (uint64_t)pmm_clock_wall_ns(),
        .source = journal->source,
    };
    if (index > 0) {
        const struct pmm_journal_file *newest = file_at(journal, index - 1);
        header.first_record = newest->first_record + newest->capacity;
    }
    memcpy(header.name, journal->name, sizeof header.name);
    int code = pmm_journal_file_make(journal->directory_fd, &header, file_at(journal, index));
    if (code) return code;
    pmm_store_relaxed_u32(&journal->wanting, 0);
    pmm_store_release_u64(&journal->made, index + 1);
    return PMM_OK;
}

int pmm_journal_need_next(struct pmm_journal *journal) {
    if (pmm_load_acquire_u64(&journal->made) > journal->file_index + 1) return PMM_OK;
    lock(journal);
    int code = PMM_OK;
    if (journal->made == journal->file_index + 1) code = pmm_journal_make(journal);
    uint64_t index = journal->made;
    unlock(journal);
    return code ? pmm_journal_fail(journal, index) : PMM_OK;
}

static int make_ahead(struct pmm_journal *journal) {
    int code = pmm_journal_make(journal);
    if (code == PMM_OK) return 1;
    if (code != PMM_ERR_FULL) return pmm_journal_fail(journal, journal->made);
    pmm_store_relaxed_u32(&journal->wanting, (uint32_t)errno);
    return PMM_OK;
}

/* A slice of the current file, or else of the next. */
static int prefault(struct pmm_journal *journal) {
    for (uint64_t index = pmm_load_acquire_u64(&journal->file_index); index < journal->made; index++) {
        struct pmm_journal_file *file = file_at(journal, index);
        if (file->prefaulted == file->bytes) continue;
        int code = pmm_journal_prefault(file, PREFAULT_SLICE_BYTES);
        return code ? pmm_journal_fail(journal, index) : 1;
    }
    return PMM_OK;
}

static int step(struct pmm_journal *journal, int64_t monotonic_ns) {
    if (pmm_load_relaxed_u32(&journal->failed)) return pmm_journal_refuse(journal);
    if (journal->sync == PMM_SYNC_INTERVAL && monotonic_ns - journal->last_sync_ns >= journal->interval_ns) {
        journal->last_sync_ns = monotonic_ns;
        int code = pmm_journal_sync(journal);
        if (code) return code;
    }
    const uint64_t current = pmm_load_acquire_u64(&journal->file_index);
    /* First what the writer would have to wait for. */
    if (journal->made == current + 1 && !journal->wanting) return make_ahead(journal);
    if (journal->held == current) return prefault(journal);
    int code = release_lowest(journal);
    return code ? code : 1;
}

int pmm_journal_prepare(struct pmm_journal *journal, int64_t monotonic_ns) {
    lock(journal);
    int code = step(journal, monotonic_ns);
    unlock(journal);
    return code;
}

/* With the lock of making, which is free meanwhile. */
static void rest(struct pmm_journal_keeper *keeper, int64_t ns) {
    const int64_t until = pmm_clock_monotonic_ns() + ns;
    struct timespec deadline = {.tv_sec = (time_t)(until / PMM_NS_PER_S), .tv_nsec = (long)(until % PMM_NS_PER_S)};
    pthread_cond_timedwait(&keeper->ended, &keeper->making, &deadline);
}

static void *keep(void *argument) {
    struct pmm_journal *journal = argument;
    struct pmm_journal_keeper *keeper = journal->keeper;
    int code;
    pthread_mutex_lock(&keeper->making);
    while (!keeper->ending && (code = step(journal, pmm_clock_monotonic_ns())) >= 0)
        rest(keeper, code ? STEP_REST_NS : KEEP_NS);
    pthread_mutex_unlock(&keeper->making);
    return NULL;
}

static void destroy(struct pmm_journal_keeper *keeper) {
    pthread_cond_destroy(&keeper->ended);
    pthread_mutex_destroy(&keeper->syncing);
    pthread_mutex_destroy(&keeper->making);
    free(keeper);
}

int pmm_journal_keep(struct pmm_journal *journal) {
    if (journal->keeper) return PMM_ERR_ARGUMENT;
    if (journal->failed) return pmm_journal_refuse(journal);
    struct pmm_journal_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper) return PMM_ERR_SYSTEM;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&keeper->making, NULL);
    pthread_mutex_init(&keeper->syncing, NULL);
    journal->keeper = keeper;
    sigset_t all, before; /* a signal is for the thread that has something to interrupt */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int reason = pthread_create(&keeper->thread, NULL, keep, journal);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (reason == 0) return PMM_OK;
    journal->keeper = NULL;
    destroy(keeper);
    errno = reason;
    return PMM_ERR_SYSTEM;
}

void pmm_journal_end_keeper(struct pmm_journal *journal) {
    struct pmm_journal_keeper *keeper = journal->keeper;
    if (!keeper) return;
    pthread_mutex_lock(&keeper->making);
    keeper->ending = 1;
    pthread_cond_signal(&keeper->ended);
    pthread_mutex_unlock(&keeper->making);
    pthread_join(keeper->thread, NULL);
    journal->keeper = NULL;
    destroy(keeper);
}
