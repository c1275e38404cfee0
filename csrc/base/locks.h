/*
 * locks.h: locks on files that say who lives.
 *
 * What it is. A write lock on one byte of an open file (OFD), which the kernel drops when the
 * process that took it ends, however it ends: zombies hold none, and whoever asks need not share a
 * pid namespace with the holder, only the file.
 *
 * Who holds. The process that took the lock, alone: a fork without exec would keep it beyond its
 * parent's end, so the child's copy of the descriptor is turned to /dev/null before fork returns
 * there. What else the child does with a copied handle is nobody's; it may close it.
 *
 * Caveats. A second open of the file by the holder meets its own lock as another's.
 */
#ifndef PMM_LOCKS_H
#define PMM_LOCKS_H

#include <stdint.h>

/* Takes the lock without waiting. 0, OWNED if another open of the file has it, or SYSTEM. */
int pmm_lock_take(int fd, int64_t byte);

/* 1 if another open of the file has the lock, 0 if not; needs no right to write. */
int pmm_lock_held(int fd, int64_t byte);

/* Closes a descriptor that pmm_lock_take may have been asked for, and with it all its locks. */
void pmm_lock_close(int fd);

#endif
