/*
 * error.h: one enum for every return code of the library.
 *
 * A function returns 0 or a count on success and one of these, negative, otherwise.
 * No global, no errno side channel: where a system call failed, the function says so
 * with PMM_ERR_SYSTEM and leaves errno as the call set it. AGAIN and NOT_READY are
 * states and not errors: ask again later.
 */
#ifndef PMM_ERROR_H
#define PMM_ERROR_H

enum pmm_error {
    PMM_OK = 0,
    PMM_ERR_ARGUMENT = -1,    /* a caller's mistake: null, zero, not a power of two, out of range */
    PMM_ERR_SYSTEM = -2,      /* a system call failed: errno says which way */
    PMM_ERR_AGAIN = -3,       /* nothing there, or no room: ask again */
    PMM_ERR_NOT_READY = -4,   /* the file is not there yet, or its maker has not finished */
    PMM_ERR_FOREIGN = -5,     /* not one of our files: wrong magic */
    PMM_ERR_VERSION = -6,     /* ours, of another format version */
    PMM_ERR_LAYOUT = -7,      /* ours, of another layout (fingerprint) or kind */
    PMM_ERR_STALE = -8,       /* left by another boot, or its writer died inside a write */
    PMM_ERR_TRUNCATED = -9,   /* shorter than its header says */
    PMM_ERR_OWNED = -10,      /* another live process writes it */
    PMM_ERR_CORRUPT = -11,    /* damage before later valid data */
    PMM_ERR_FULL = -12,       /* a fixed capacity is used up */
    PMM_ERR_NOT_FOUND = -13,
    PMM_ERR_EXISTS = -14,
    PMM_ERR_RANGE = -15,      /* a number does not fit where it must go */
    PMM_ERR_SYNTAX = -16,     /* text that does not parse */
    PMM_ERR_INVALID = -19     /* the book is not usable until it is resynced */
};

/* A short English text for any code, never NULL. */
const char *pmm_strerror(int code);

#endif
