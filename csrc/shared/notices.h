/*
 * notices.h: what a process has to tell people, in memory: its warnings and errors.
 *
 * What it is. One segment per process that logs: a ring of the last 64 notices and a count of all.
 * A log line may be lost (a full disk, a pipe without a reader), a store into memory that is
 * there already cannot. The file survives its writer, so the last words of a process
 * that died are read after its death.
 *
 * Who writes. The process that owns the segment, one thread at a time. Anyone with read permission
 * reads, at any time: an entry's number is 0 while the entry changes.
 *
 *   payload: 128-byte head { count, lost_lines }, then 64 entries of 512 bytes.
 *   Notice k (from 0) stands in entry k modulo 64 and has the number k + 1.
 */
#ifndef PMM_NOTICES_H
#define PMM_NOTICES_H

#include "shared/segment.h"

#define PMM_NOTICES           64
#define PMM_NOTICE_TEXT_BYTES 480

enum pmm_notice_level {
    PMM_NOTICE_WARNING = 1,
    PMM_NOTICE_ERROR = 2
};

struct pmm_notice {
    uint64_t number;   /* which one, from 1; 0 while it is written; stored last with release */
    int64_t at_ns;     /* session time, the last time that it was said */
    uint32_t level;    /* enum pmm_notice_level */
    uint32_t times;    /* how often it was said in a row */
    uint32_t bytes;    /* of text */
    uint32_t reserved;
    char text[PMM_NOTICE_TEXT_BYTES]; /* UTF-8, not terminated; what is longer is cut between characters */
};

struct pmm_notices_shared {
    uint64_t count;      /* notices ever written; stored with release after the entry */
    uint64_t lost_lines; /* log lines that could not be written anywhere */
    uint64_t reserved[14];
};

struct pmm_notices {
    struct pmm_segment segment;
    struct pmm_notices_shared *shared;
    struct pmm_notice *entries;
};

int pmm_notices_create(const char *path, const char *name);
int pmm_notices_open(struct pmm_notices *n, const char *path, int mode);
void pmm_notices_close(struct pmm_notices *n);

/*
 * Owner: one notice. The same level and text as the last one only counts its `times`. 0, or ARGUMENT
 * from anyone but the owner. Never waits, never allocates.
 */
int pmm_notices_put(struct pmm_notices *n, uint32_t level, int64_t at_ns, const char *text, size_t bytes);
/* Owner: a log line was lost. */
void pmm_notices_lost_line(struct pmm_notices *n);

/* Anyone: how many there ever were, and how many log lines were lost. */
uint64_t pmm_notices_count(const struct pmm_notices *n);
uint64_t pmm_notices_lost_lines(const struct pmm_notices *n);
/*
 * Anyone: a copy of notice number (from 1); bytes is at most PMM_NOTICE_TEXT_BYTES in it whatever the file
 * says. 0, NOT_READY if there is none yet, RANGE if later ones have taken its place.
 */
int pmm_notices_read(const struct pmm_notices *n, uint64_t number, struct pmm_notice *notice);

#endif
