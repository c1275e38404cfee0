/*
 * Preloaded. PMM_FAIL_SYNC_AFTER=n: the sync after n good ones fails once, and then they "work" again.
 * PMM_FULL_AFTER=n: the disk is full after n files. PMM_FULL_FOR=n: for n tries; else for good.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static int syncs, files;

static int limit(const char *name) {
    const char *text = getenv(name);
    return text ? atoi(text) : -1;
}

int fdatasync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    if (syncs++ != limit("PMM_FAIL_SYNC_AFTER")) return real(fd);
    errno = EIO;
    return -1;
}

int posix_fallocate(int fd, off_t offset, off_t bytes) {
    int (*real)(int, off_t, off_t) = (int (*)(int, off_t, off_t))dlsym(RTLD_NEXT, "posix_fallocate");
    int most = limit("PMM_FULL_AFTER"), tries = limit("PMM_FULL_FOR"), file = files++;
    int full = most >= 0 && file >= most && (tries < 0 || file < most + tries);
    return full ? ENOSPC : real(fd, offset, bytes);
}
