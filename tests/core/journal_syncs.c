/*
 * Preloaded. PMM_CALLS: a file that gets a line for each fsync ("fsync PATH"), fdatasync ("fdatasync PATH") and
 * unlinkat ("unlink NAME").
 * PMM_LOCK_GONE: this file is removed in front of the first lock that is taken, and made anew if PMM_LOCK_ANEW is set.
 * PMM_NO_LOCK: there are no locks.
 * PMM_NO_RANDOM: getrandom has no eight bytes, which are those of an identity.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void tell(const char *what, const char *whom) {
    FILE *file = getenv("PMM_CALLS") ? fopen(getenv("PMM_CALLS"), "a") : NULL;
    if (file == NULL) return;
    fprintf(file, "%s %s\n", what, whom);
    fclose(file);
}

static int told(const char *call, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, call);
    char link[64], path[4096] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) > 0) tell(call, path);
    return real(fd);
}

int fsync(int fd) { return told("fsync", fd); }

int fdatasync(int fd) { return told("fdatasync", fd); }

ssize_t getrandom(void *bytes, size_t n, unsigned flags) {
    ssize_t (*real)(void *, size_t, unsigned) = (ssize_t (*)(void *, size_t, unsigned))dlsym(RTLD_NEXT, "getrandom");
    if (n != sizeof(uint64_t) || getenv("PMM_NO_RANDOM") == NULL) return real(bytes, n, flags);
    errno = EIO;
    return -1;
}

int unlinkat(int directory, const char *name, int flags) {
    int (*real)(int, const char *, int) = (int (*)(int, const char *, int))dlsym(RTLD_NEXT, "unlinkat");
    int code = real(directory, name, flags);
    if (code == 0) tell("unlink", name);
    return code;
}

int fcntl(int fd, int command, ...) {
    int (*real)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl");
    va_list more;
    va_start(more, command);
    void *argument = va_arg(more, void *);
    va_end(more);
    if (command == F_OFD_SETLK && getenv("PMM_NO_LOCK") != NULL) {
        errno = ENOLCK;
        return -1;
    }
    const char *gone = getenv("PMM_LOCK_GONE");
    if (gone != NULL && command == F_OFD_SETLK) {
        unlink(gone);
        if (getenv("PMM_LOCK_ANEW") != NULL) close(open(gone, O_RDWR | O_CREAT | O_EXCL, 0640));
        unsetenv("PMM_LOCK_GONE");
    }
    return real(fd, command, argument);
}
