/* Preloaded: the sync after PMM_FAIL_AFTER good ones fails once, and then they "work" again. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

static int left = -1;

int fdatasync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char *after = getenv("PMM_FAIL_AFTER");
    if (left < 0) left = after ? atoi(after) : 0;
    if (left-- == 0) {
        left = 1 << 30;
        errno = EIO;
        return -1;
    }
    return real(fd);
}
