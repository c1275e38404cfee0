/*
 * secrecy.h: a process that keeps its memory to itself.
 *
 * What it is. A process that is not dumpable leaves no core, also where core_pattern is a pipe, which the
 * limit of a core's size does not stop; nobody of its own user may trace it or read its memory, and its files
 * in /proc are root's. root may still do all of that.
 *
 * Lifetime. Until the process ends or runs another program: each program says it for itself. A child of a fork
 * has it too.
 */
#ifndef PMM_SECRECY_H
#define PMM_SECRECY_H

/* Makes this process undumpable, and looks whether it is. 0, or SYSTEM with errno. */
int pmm_process_undumpable(void);

/* 1 if it is dumpable, 0 if not, 2 if its core is for root alone; or SYSTEM with errno. */
int pmm_process_dumpable(void);

#endif
