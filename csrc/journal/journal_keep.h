/*
 * journal_keep.h: the side of a journal that makes room for its writer. Private to the journal's sources.
 *
 * Who calls. The keeper's thread, or whoever calls prepare in its place; and the writer, when a
 * file is full and the next one is not there yet.
 *
 * Locks. `making` for the files (files, held, made, wanting), `syncing` for what is on disk (synced,
 * files_synced) and for closing: a file is not closed in the middle of its sync. `syncing` is
 * taken inside of `making` and never around it, so that a durable append does not wait for the making of a
 * file. Without a keeper there is one thread and no lock.
 */
#ifndef PMM_JOURNAL_KEEP_H
#define PMM_JOURNAL_KEEP_H

#include "journal/journal.h"

/* The first failure is kept: nothing that happens later may make the journal look good again. SYSTEM. */
int pmm_journal_fail(struct pmm_journal *journal, uint64_t file);
int pmm_journal_refuse(struct pmm_journal *journal); /* SYSTEM with the errno of that failure */

/* Makes the file behind the newest, without a lock. FULL: there is no room for it; SYSTEM: anything else. */
int pmm_journal_make(struct pmm_journal *journal);

/* For the writer: returns when there is a next file. SYSTEM if there cannot be one. */
int pmm_journal_need_next(struct pmm_journal *journal);

/* Makes a file that is there the current one. */
void pmm_journal_adopt(struct pmm_journal *journal, uint64_t index);

void pmm_journal_unmap(uint8_t *mapping, uint64_t bytes);
void pmm_journal_end_keeper(struct pmm_journal *journal);

#endif
