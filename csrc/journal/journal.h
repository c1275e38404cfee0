/*
 * journal.h: an append-only run of files of records: the only durable truth.
 *
 * What it is. A directory with files 000000.pmj, 000001.pmj, ... Each is one 4096-byte header page and
 * then records of 64 bytes at a fixed stride, so np.memmap(path, dtype=EVENT, offset=4096)
 * is the analysis interface. A record's commit word is the CRC32C of its bytes 0..59,
 * seeded with the journal's identity and the record's index in the whole journal, so a
 * zero-filled, stale, moved or copied record never passes for a valid one. A CRC that comes out
 * as 0 is stored as 1: commit 0 always means that nothing was written here. The seed is the CRC32C
 * of the 16 bytes (identity, index), little endian.
 *
 * Who writes. One process, under an OFD lock on the file `lock` in the directory. Anyone
 * with read permission may map and scan while it is written: a record counts from the moment
 * when its CRC matches. The commit word is stored last, with release.
 *
 * Recovery. Files that were full and let go of are taken by their headers, lengths and last records: a start must not
 * take longer with a journal's age. Of the others, scan to the first record whose CRC does not match. If nothing valid
 * follows it in this file or the next ones, the rest is a torn tail: cut (zeroed), counted, reported. If a valid record
 * follows, that is corruption: CORRUPT, and the journal refuses to be appended to. Recovery changes nothing before it
 * holds the lock and may be killed and run again. A file appears under its name only when it is allocated and its
 * header is synced (next.tmp before that), so a bad or missing header is never the trace of a crash: it is corruption.
 *
 * Caveat. After a power loss, pages that were never synced may have reached the disk in any order.
 * A hole in front of a page that did is then taken for corruption: the journal cannot tell
 * it from rot, and refuses rather than drop records that are there.
 * A file that somebody cuts short under a process that has mapped it kills that process with SIGBUS. The next
 * open goes on at the cut and makes the file whole again; a scan before it counts the missing_bytes. A file
 * that is longer than its header says, or than a file can be, is corruption, and is not read beyond that.
 *
 * Space. Files are allocated whole with posix_fallocate before use, and the next one is made as soon as
 * the one before is taken into use: by prepare, which a thread of its own calls (pmm_journal_keep) or
 * whoever appends when it is idle. Append only adopts what is made; it makes a file itself when it
 * comes faster than that. No room for the next file is told (wanting) and is no failure before
 * the room is needed: append then asks once more. That is SYSTEM with ENOSPC, and what was
 * appended before stays good. Once an append or a sync
 * fails the journal is failed for good: every later append returns SYSTEM with the same errno.
 * An fsync that fails is never retried. Under RLIMIT_FSIZE the kernel sends SIGXFSZ as well as
 * EFBIG: a process that sets that limit must ignore the signal (Python does).
 *
 * Threads. One writes: append. One keeps: prepare, beside it. They share the files, of which
 * at most three are open: one that is full, the current, the next. The keeper publishes a file by
 * `made`, the writer gives it back by `file_index`; neither counter ever goes back.
 *
 * Durability. A process's death loses nothing that was appended (page cache). Power loss
 * loses what was not synced: sync policy NONE leaves it to the kernel, INTERVAL syncs in
 * pmm_journal_prepare when interval_ns has passed, BATCH syncs before append returns. A file's
 * name is on disk before its first record is taken, whatever the policy.
 *
 *   file header, offset in file
 *   0      8     magic: "PMMJRNL1", little endian
 *   8      4     version: PMM_JOURNAL_VERSION
 *   12     4     record_bytes: 64
 *   16     8     identity: random, one per journal
 *   24     8     file_index: the number in the name of the file
 *   32     8     first_record: index in the journal of this file's first record
 *   40     8     capacity: records this file has room for
 *   48     8     created_ns: when the file was made, UTC ns
 *   56     2     source: enum pmm_source of the process whose journal it is
 *   58     2     reserved: zero
 *   60     4     crc: CRC32C of the rest of the page, bytes 0..59 and 64..4095
 *   64     32    name: session name, NUL padded
 *   96     4000  zero, held by the CRC: no byte of a file can change unseen
 */
#ifndef PMM_JOURNAL_H
#define PMM_JOURNAL_H

#include "base/event.h"

#define PMM_JOURNAL_HEADER_BYTES 4096
#define PMM_JOURNAL_VERSION      1
#define PMM_JOURNAL_PATH_MAX     512
#define PMM_JOURNAL_NAME_BYTES   32 /* of a session's name */
#define PMM_JOURNAL_RECORDS_MIN  64 /* a file */
#define PMM_JOURNAL_RECORDS_MAX  16777216
#define PMM_JOURNAL_OPEN_FILES   3 /* full, current, next: what a crash can leave unfinished or unsynced */

enum pmm_sync {
    PMM_SYNC_NONE = 0,
    PMM_SYNC_INTERVAL = 1,
    PMM_SYNC_BATCH = 2
};

struct pmm_journal_header {
    uint64_t magic;
    uint32_t version;
    uint32_t record_bytes;
    uint64_t identity;
    uint64_t file_index;
    uint64_t first_record;
    uint64_t capacity;
    uint64_t created_ns;
    uint16_t source;
    uint16_t reserved;
    uint32_t crc;
    char name[PMM_JOURNAL_NAME_BYTES];
};

/* A file that is open for writing. */
struct pmm_journal_file {
    uint8_t *mapping;
    uint64_t bytes;
    uint64_t first_record;
    uint64_t capacity;   /* in records */
    uint64_t prefaulted; /* bytes of the mapping whose pages are there and writable */
    int fd;
    int reserved;
};

struct pmm_journal_keeper; /* the thread that pmm_journal_keep starts */

/* What a scan found. */
struct pmm_journal_report {
    uint64_t files;
    uint64_t records;       /* valid ones from the start without a break */
    uint64_t unread;        /* of these, from the start: not looked at, see pmm_journal_scan_end; 0 of a whole scan */
    uint64_t bytes;         /* of all files */
    uint64_t torn_bytes;    /* non-zero bytes after the last valid record, nothing valid behind */
    uint64_t missing_bytes; /* that files are shorter than their headers say: somebody cut them */
    uint64_t excess_bytes;  /* that files are longer than their headers say, or than any file can be */
    uint64_t bad_record;    /* index of the damaged record if corrupt */
    uint64_t bad_file;      /* and its file */
    uint64_t bad_offset;    /* and its byte offset in that file */
    uint64_t later_valid;   /* valid records found behind the damage */
    uint64_t identity;
    int64_t first_ns;
    int64_t last_ns;
    uint32_t corrupt;       /* 1: damage before later valid data, a bad header in the middle, a file too long */
    uint32_t source;
};

/* The writer's handle; private to the process. Fields for which no thread is named stand still while it is open. */
struct pmm_journal {
    char directory[PMM_JOURNAL_PATH_MAX];
    char name[PMM_JOURNAL_NAME_BYTES];
    int directory_fd;
    int lock_fd;
    int sync;
    uint16_t source;
    uint16_t reserved;
    uint64_t identity;
    uint64_t records_per_file; /* of files still to be made */
    int64_t interval_ns;
    struct pmm_journal_keeper *keeper; /* NULL: nobody calls prepare but the writer */
    struct pmm_event *records; /* the writer's: the current file's, after the header page */
    uint64_t first_record;     /* the writer's: of the current file */
    uint64_t capacity;         /* the writer's: of the current file, in records */
    uint64_t count;            /* by the writer: records in the journal, the index of the next one */
    uint64_t file_index;       /* by the writer: the current file; it touches none below any more */
    struct pmm_journal_file
        files[PMM_JOURNAL_OPEN_FILES]; /* by the keeper: of [held, made), at their index modulo that */
    uint64_t held;             /* by the keeper */
    uint64_t made;             /* by the keeper, when all else about the file is there */
    uint64_t files_synced;     /* by whoever syncs: files below it are wholly on disk */
    uint64_t synced;           /* by whoever syncs: records known to be on disk */
    int64_t last_sync_ns;      /* the keeper's */
    uint64_t failed_file;      /* by whoever fails: the file that it was about */
    uint32_t failed;           /* by whoever fails: errno of the failure that ended it, 0 while good */
    uint32_t wanting;          /* by the keeper: why there is no next file yet (errno), 0 if nothing is wrong */
    struct pmm_journal_report found; /* what there was when it was opened; torn_bytes are cut */
};

/*
 * Opens for appending, makes the directory (not its parents) and the first file if there is none,
 * recovers otherwise, by what pmm_journal_scan_end finds: found.unread records are still to be checked by whoever
 * reads them. records_per_file: 64 to 2^24; used for new files. name: at most 31 bytes.
 * 0, OWNED, CORRUPT, VERSION, FOREIGN, SYSTEM; ARGUMENT also if the journal is another source's.
 * On failure nothing stays open and errno is the failing call's.
 */
int pmm_journal_open(struct pmm_journal *journal, const char *directory, const char *name, uint16_t source,
                     uint64_t records_per_file, int sync, int64_t interval_ns);

/*
 * Appends n records: fills each one's commit (the caller's copy is not touched). n or SYSTEM.
 * There is room before the first record is stored, so a full disk takes none of a batch (unless
 * it spans three files).
 */
int64_t pmm_journal_append(struct pmm_journal *journal, const struct pmm_event *events, size_t n);

/* Brings near where the next records go. */
void pmm_journal_warm(const struct pmm_journal *journal);

/*
 * One step of housekeeping, in one thread at a time: syncs when due, lets go of full files,
 * makes the next file (1 to 15 ms on an idle disk, a fifth of a second on a busy one), and
 * pre-faults 256 KiB of what is not yet. 1: there is more to do; 0 if not; SYSTEM.
 */
int pmm_journal_prepare(struct pmm_journal *journal, int64_t monotonic_ns);

/*
 * Starts a thread that prepares the journal until close, every 20 ms and until nothing is left to do. It takes
 * no signals. Its cores are those of the thread that calls this. 0; SYSTEM if there is no
 * thread to be had; ARGUMENT if there is one already.
 */
int pmm_journal_keep(struct pmm_journal *journal);

int pmm_journal_sync(struct pmm_journal *journal); /* now; SYSTEM ends the journal */
/* Ends the thread, syncs unless sync is NONE, and removes a next file that nothing is in. */
void pmm_journal_close(struct pmm_journal *journal);

/* Reads a directory without changing it. 0 even when damaged (see report); NOT_FOUND, FOREIGN, VERSION, SYSTEM. */
int pmm_journal_scan(const char *directory, struct pmm_journal_report *report);
/*
 * The same in a time that does not grow with the journal's: every header and length, but only the newest
 * PMM_JOURNAL_OPEN_FILES files record by record. One before them whose last record matches is full and was
 * finished long ago: its records count as valid, and as unread.
 */
int pmm_journal_scan_end(const char *directory, struct pmm_journal_report *report);

/* Checks n mapped records that begin at record index first: the count that match from the start. */
int64_t pmm_journal_check(const struct pmm_event *records, size_t n, uint64_t identity, uint64_t first);

#endif
