/*
 * journal_file.h: one file of a journal. Private to the journal's sources.
 *
 * What it is. The format side of journal.h: how a file is named, made, mapped and checked, and
 * how a record's commit word is computed. Nothing here knows which file is the current one.
 *
 * Who uses it. The writer (make, map for writing, pre-fault) and every scan (open for reading).
 * Functions return 0 or a count, or a negative code of enum pmm_error with errno as the failing
 * call left it.
 */
#ifndef PMM_JOURNAL_FILE_H
#define PMM_JOURNAL_FILE_H

#include "base/crc32c_inline.h"
#include "base/error.h"
#include "journal/journal.h"

#define PMM_JOURNAL_MAGIC     UINT64_C(0x314C4E524A4D4D50) /* "PMMJRNL1", little endian */
#define PMM_JOURNAL_TEMPORARY "next.tmp"
#define PMM_JOURNAL_LOCK      "lock"
#define PMM_JOURNAL_FILE_MODE 0640

/* A file's name: its number, with six digits or more, and the suffix. */
#define PMM_JOURNAL_SUFFIX          ".pmj"
#define PMM_JOURNAL_DIGITS_MIN      6
#define PMM_JOURNAL_FILE_NAME_BYTES 32

/* One file as a scan sees it: mapped to read, as far as it really goes. */
struct pmm_journal_view {
    struct pmm_journal_header header; /* a copy; all zero if the file is shorter than it */
    int header_code;                  /* 0, FOREIGN, VERSION or CORRUPT */
    const struct pmm_event *records;
    uint64_t whole;                   /* records that are there in full */
    const uint8_t *rest;              /* bytes of a record that is cut by the file's end */
    uint64_t rest_bytes;
    uint64_t bytes;                   /* of the file */
    uint64_t excess;                  /* of them: more than it can have by its header, or than any file can have */
    uint64_t mapped;
    void *mapping;
};

static inline uint64_t pmm_journal_file_bytes(uint64_t capacity) {
    return PMM_JOURNAL_HEADER_BYTES + capacity * PMM_EVENT_BYTES;
}

/* The part of every commit word's seed that is the same for a whole journal. */
static inline uint32_t pmm_journal_seed(uint64_t identity) { return pmm_crc32c(0, &identity, sizeof identity); }

/* The commit word of a record at an index: never 0. */
static inline uint32_t pmm_journal_commit(uint32_t seed, uint64_t index, const struct pmm_event *event) {
    uint32_t crc = pmm_crc32c_inline(seed, &index, sizeof index);
    crc = pmm_crc32c_inline(crc, event, offsetof(struct pmm_event, commit));
    return crc ? crc : 1;
}

void pmm_journal_file_name(char name[PMM_JOURNAL_FILE_NAME_BYTES], uint64_t file_index);

/*
 * Makes the file of *header (its crc is filled in): allocated, header synced, then named, then
 * the directory synced; its pages are in the cache. Leaves it open and mapped for writing. FULL: there is no
 * room for it (errno is ENOSPC or EDQUOT) and nothing is left behind; SYSTEM leaves nothing behind
 * but next.tmp, or the whole named file if what failed comes after its naming.
 */
int pmm_journal_file_make(int directory_fd, struct pmm_journal_header *header, struct pmm_journal_file *file);

/* Maps a file of bytes for writing, allocating what it is shorter. 0 or SYSTEM. */
int pmm_journal_file_map(int fd, uint64_t bytes, uint8_t **mapping);

/*
 * Makes at most so many more bytes of a file's pages present and writable. A signal only ends
 * the call early. SYSTEM: the filesystem has no room for pages that it promised.
 */
int pmm_journal_prefault(struct pmm_journal_file *file, uint64_t at_most);

/* Opens and maps for reading. 0 whatever the header is (see header_code); NOT_FOUND or SYSTEM. */
int pmm_journal_view_open(int directory_fd, uint64_t file_index, struct pmm_journal_view *view);
void pmm_journal_view_close(struct pmm_journal_view *view);

#endif
