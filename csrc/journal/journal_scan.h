/*
 * journal_scan.h: the walk over a journal's files that scan and recovery share. Private.
 *
 * What it is. One pass in order: headers against their places, records against their commit words up
 * to the first that does not match, then the tail: is there anything, and is any of it valid?
 * It changes nothing and needs no lock.
 *
 * A live journal may be walked. The writer finishes a record before it starts the next, so
 * when something valid turns up behind a record that did not match, the walk looks at that record again
 * and, if it matches now, goes on from there: only damage stays broken.
 */
#ifndef PMM_JOURNAL_SCAN_H
#define PMM_JOURNAL_SCAN_H

#include "journal/journal_file.h"

/* A scan in progress: report is what it has found, the rest is where it stands. */
struct pmm_journal_walk {
    struct pmm_journal_report *report;
    int directory_fd;
    uint32_t seed;
    int ends_only;       /* take full files before the newest by their last record */
    int known;           /* a header was readable: identity, source and seed hold */
    uint64_t seen;       /* files whose bytes are counted */
    int broken;          /* a record that does not match was met: everything behind is the tail */
    uint64_t next_first; /* index of the next file's first record, as the files before say */
    uint64_t tail_file;  /* the file that the valid records end in */
    uint64_t tail_first; /* and its first record */
};

/*
 * Walks the journal in a directory, or only what pmm_journal_scan_end reads of it. 0 even when it is damaged
 * (report->corrupt); NOT_FOUND if there is no file of a journal, FOREIGN or VERSION from its first file, SYSTEM.
 */
int pmm_journal_walk(struct pmm_journal_walk *walk, int directory_fd, int ends_only, struct pmm_journal_report *report);

#endif
