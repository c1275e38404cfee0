/* journal.c: append and close: the writer's own way, and the step to the next file. */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/atomics.h"
#include "journal/journal_file.h"
#include "journal/journal_keep.h"
#include "base/locks.h"
#include "base/prefetch.h"

#define WARM_RECORDS 8

static uint64_t room(const struct pmm_journal *journal) {
    return journal->first_record + journal->capacity - journal->count;
}

void pmm_journal_adopt(struct pmm_journal *journal, uint64_t index) {
    const struct pmm_journal_file *file = &journal->files[index % PMM_JOURNAL_OPEN_FILES];
    PMM_ASSERT(file->mapping && journal->count - file->first_record <= file->capacity);
    journal->records = (struct pmm_event *)(file->mapping + PMM_JOURNAL_HEADER_BYTES);
    journal->first_record = file->first_record;
    journal->capacity = file->capacity;
    pmm_store_release_u64(&journal->file_index, index); /* the keeper may let go of the one before */
}

/* Stores n records that fit; the commit word last, so that no reader takes half of one. */
static void store(struct pmm_journal *journal, const struct pmm_event *events, size_t n) {
    const uint32_t seed = pmm_journal_seed(journal->identity);
    struct pmm_event *slot = journal->records + (journal->count - journal->first_record);
    uint64_t index = journal->count;
    PMM_ASSERT_HOT(n <= room(journal));
    for (size_t i = 0; i < n; i++, index++, slot++) {
        uint32_t commit = pmm_journal_commit(seed, index, &events[i]);
        memcpy(slot, &events[i], offsetof(struct pmm_event, commit));
        pmm_store_release_u32(&slot->commit, commit);
    }
    pmm_store_release_u64(&journal->count, index);
}

int64_t pmm_journal_append(struct pmm_journal *journal, const struct pmm_event *events, size_t n) {
    if (pmm_load_relaxed_u32(&journal->failed)) return pmm_journal_refuse(journal);
    if (n > room(journal)) {
        int code = pmm_journal_need_next(journal);
        if (code) return code;
    }
    for (size_t done = 0; done < n;) {
        if (room(journal) == 0) {
            int code = pmm_journal_need_next(journal);
            if (code) return code;
            pmm_journal_adopt(journal, journal->file_index + 1);
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

void pmm_journal_warm(const struct pmm_journal *journal) {
    const uint64_t left = room(journal), n = left < WARM_RECORDS ? left : WARM_RECORDS;
    pmm_prefetch(&journal->records, sizeof journal->records);
    pmm_prefetch_to_write(journal->records + (journal->count - journal->first_record), n * PMM_EVENT_BYTES);
}

void pmm_journal_close(struct pmm_journal *journal) {
    pmm_journal_end_keeper(journal);
    if (!journal->failed && journal->sync != PMM_SYNC_NONE) pmm_journal_sync(journal);
    for (uint64_t index = journal->made; index-- > journal->held;) {
        struct pmm_journal_file *file = &journal->files[index % PMM_JOURNAL_OPEN_FILES];
        char name[PMM_JOURNAL_FILE_NAME_BYTES]; /* nothing is in it: an orderly end leaves no empty file */
        pmm_journal_file_name(name, index);
        if (index > journal->file_index) unlinkat(journal->directory_fd, name, 0);
        pmm_journal_unmap(file->mapping, file->bytes);
        close(file->fd);
    }
    journal->held = journal->made = 0;
    journal->records = NULL;
    if (journal->lock_fd >= 0) pmm_lock_close(journal->lock_fd);
    if (journal->directory_fd >= 0) close(journal->directory_fd);
    journal->lock_fd = -1;
    journal->directory_fd = -1;
    if (!journal->failed) journal->failed = EBADF;
}
