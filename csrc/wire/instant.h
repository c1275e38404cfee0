/*
 * instant.h: a moment as ISO 8601 text in UTC, to nanoseconds.
 *
 * "2026-08-09T21:05:48.505350477Z" and no other form: the T, the Z, two digits each, a fraction of one to nine
 * digits or no point at all. The calendar is checked, leap years too; a leap second is none. Years 1970 to 2261,
 * so that every moment fits.
 *
 * Internal: for scanners in this directory, not bound to Python.
 */
#ifndef PMM_WIRE_INSTANT_H
#define PMM_WIRE_INSTANT_H

#include <stddef.h>
#include <stdint.h>

/* 0 and *ns, or SYNTAX. Nothing is read at or past text + bytes. */
int pmm_instant_of(const char *text, size_t bytes, int64_t *ns);

#endif
