#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "atomics.h"
#include "clock.h"
#include "journal_file.h"

/* What one call of prepare maps or unmaps: 0.1 to 0.2 ms of the caller's turn. */
#define PREFAULT_SLICE_BYTES (UINT64_C(256) << 10)
#define UNMAP_SLICE_BYTES (UINT64_C(1) << 20)

/* The first failure is kept: nothing that happens later may make the journal look good again. */
static int fail(struct pmm_journal *journal) {
    if (!journal->failed) journal->failed = errno ? errno : EIO;
    errno = journal->failed;
    return PMM_ERR_SYSTEM;
}

static uint64_t room(const struct pmm_journal *journal) {
    return journal->first_record + journal->capacity - journal->count;
}

static int make_next(struct pmm_journal *journal) {
    struct pmm_journal_header header = {
        .magic = PMM_JOURNAL_MAGIC,
        .version = PMM_JOURNAL_VERSION,
        .record_bytes = PMM_EVENT_BYTES,
        .identity = journal->identity,
        .file_index = journal->file_index + 1,
        .first_record = journal->first_record + journal->capacity,
        .capacity = journal->records_per_file,
        .created_ns = (uint64_t)pmm_clock_wall_ns(),
        .source = journal->source,
    };
    memcpy(header.name, journal->name, sizeof header.name);
    int code = pmm_journal_file_make(journal->directory_fd, &header, &journal->next_fd, &journal->next_mapping);
    if (code) return fail(journal);
    journal->next_bytes = pmm_journal_file_bytes(header.capacity);
    journal->next_prefaulted = 0;
    return PMM_OK;
}

/* The full file before the current one: its records must be on disk before it is let go, if any are to be. */
static int sync_retired(struct pmm_journal *journal) {
    if (journal->retired_fd < 0) return PMM_OK;
    if (journal->sync != PMM_SYNC_NONE && fdatasync(journal->retired_fd)) return fail(journal);
    close(journal->retired_fd);
    journal->retired_fd = -1;
    return PMM_OK;
}

/* Unmaps it from its end, at most so many bytes. */
static void unmap_retired(struct pmm_journal *journal, uint64_t at_most) {
    if (!journal->retired_mapping) return;
    uint64_t left = journal->retired_bytes > at_most ? journal->retired_bytes - at_most : 0;
    left -= left % UNMAP_SLICE_BYTES; /* a whole number of pages stays */
    munmap(journal->retired_mapping + left, journal->retired_bytes - left);
    journal->retired_bytes = left;
    if (left == 0) journal->retired_mapping = NULL;
}

/* Makes the next file the current one. */
static int roll(struct pmm_journal *journal) {
    int code = sync_retired(journal);
    if (!code && journal->next_fd < 0) code = make_next(journal);
    if (code) return code;
    unmap_retired(journal, journal->retired_bytes);
    journal->retired_fd = journal->fd;
    journal->retired_mapping = journal->mapping;
    journal->retired_bytes = journal->bytes;
    journal->fd = journal->next_fd;
    journal->mapping = journal->next_mapping;
    journal->bytes = journal->next_bytes;
    journal->prefaulted = journal->next_prefaulted;
    journal->records = (struct pmm_event *)(journal->mapping + PMM_JOURNAL_HEADER_BYTES);
    journal->file_index += 1;
    journal->first_record += journal->capacity;
    journal->capacity = journal->records_per_file;
    journal->next_fd = -1;
    journal->next_mapping = NULL;
    return PMM_OK;
}

/* Stores n records that fit; the commit word last, so that no reader takes half of one. */
static void store(struct pmm_journal *journal, const struct pmm_event *events, size_t n) {
    const uint32_t seed = pmm_journal_seed(journal->identity);
    struct pmm_event *slot = journal->records + (journal->count - journal->first_record);
    uint64_t index = journal->count;
    for (size_t i = 0; i < n; i++, index++, slot++) {
        uint32_t commit = pmm_journal_commit(seed, index, &events[i]);
        memcpy(slot, &events[i], offsetof(struct pmm_event, commit));
        pmm_store_release_u32(&slot->commit, commit);
    }
    journal->count = index;
}

int64_t pmm_journal_append(struct pmm_journal *journal, const struct pmm_event *events, size_t n) {
    if (journal->failed) return fail(journal);
    if (n > room(journal) && journal->next_fd < 0) {
        int code = make_next(journal);
        if (code) return code;
    }
    for (size_t done = 0; done < n;) {
        if (room(journal) == 0) {
            int code = roll(journal);
            if (code) return code;
        }
        size_t chunk = n - done < room(journal) ? n - done : (size_t)room(journal);
        store(journal, events + done, chunk);
        done += chunk;
    }
    if (journal->sync == PMM_SYNC_BATCH) {
        int code = pmm_journal_sync(journal);
        if (code) return code;
    }
    return (int64_t)n;
}

int pmm_journal_sync(struct pmm_journal *journal) {
    if (journal->failed) return fail(journal);
    int code = sync_retired(journal);
    if (code) return code;
    /* Linux writes back pages dirtied through a mapping here too. Never retried: a second call may
     * return 0 though the kernel has dropped the very pages that could not be written. */
    if (journal->synced < journal->count && fdatasync(journal->fd)) return fail(journal);
    journal->synced = journal->count;
    return PMM_OK;
}

/* One slice a call: of the current file first, then of the next. */
static int prefault(struct pmm_journal *journal) {
    int code = PMM_OK;
    if (journal->prefaulted < journal->bytes) {
        code = pmm_journal_prefault(journal->mapping, journal->bytes, &journal->prefaulted, PREFAULT_SLICE_BYTES);
    } else if (journal->next_fd >= 0) {
        code = pmm_journal_prefault(journal->next_mapping, journal->next_bytes, &journal->next_prefaulted,
                                    PREFAULT_SLICE_BYTES);
    }
    return code ? fail(journal) : PMM_OK;
}

int pmm_journal_prepare(struct pmm_journal *journal, int64_t monotonic_ns) {
    if (journal->failed) return fail(journal);
    int code = sync_retired(journal);
    unmap_retired(journal, UNMAP_SLICE_BYTES);
    if (!code && journal->next_fd < 0 && room(journal) <= journal->capacity / 2) code = make_next(journal);
    if (!code) code = prefault(journal);
    if (code || journal->sync != PMM_SYNC_INTERVAL) return code;
    if (monotonic_ns - journal->last_sync_ns < journal->interval_ns) return PMM_OK;
    journal->last_sync_ns = monotonic_ns;
    return pmm_journal_sync(journal);
}

static void drop(int *fd, uint8_t **mapping, uint64_t bytes) {
    if (*mapping && bytes) munmap(*mapping, bytes);
    if (*fd >= 0) close(*fd);
    *mapping = NULL;
    *fd = -1;
}

void pmm_journal_close(struct pmm_journal *journal) {
    if (!journal->failed && journal->fd >= 0 && journal->sync != PMM_SYNC_NONE) pmm_journal_sync(journal);
    if (journal->next_fd >= 0) {
        char name[32]; /* nothing is in it: an orderly end leaves no empty file */
        pmm_journal_file_name(name, journal->file_index + 1);
        unlinkat(journal->directory_fd, name, 0);
    }
    drop(&journal->retired_fd, &journal->retired_mapping, journal->retired_bytes);
    drop(&journal->next_fd, &journal->next_mapping, journal->next_bytes);
    drop(&journal->fd, &journal->mapping, journal->bytes);
    journal->records = NULL;
    if (journal->lock_fd >= 0) close(journal->lock_fd);
    if (journal->directory_fd >= 0) close(journal->directory_fd);
    journal->lock_fd = -1;
    journal->directory_fd = -1;
    if (!journal->failed) journal->failed = EBADF;
}
