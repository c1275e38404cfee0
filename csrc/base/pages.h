/*
 * pages.h: pages of a mapping made present before they are needed. Private: cffi never reads it.
 *
 * The first touch of a page costs a fault, some microseconds at a moment that the page chooses.
 */
#ifndef PMM_PAGES_H
#define PMM_PAGES_H

#include <stddef.h>

/*
 * Fetches the pages of [start, start + bytes), and makes them writable if that is asked for; what they hold stays, also
 * where another process writes it meanwhile. start: a page's first byte. 0; AGAIN: not all of them, for a
 * signal came; SYSTEM with errno: there are none to be had.
 */
int pmm_pages_fetch(void *start, size_t bytes, int writable);

#endif
