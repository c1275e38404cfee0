/* locks.c: one byte of a file as a lock that dies with its holder. */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "base/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

/* The descriptors with locks, for the child of a fork. */
static struct {
    pthread_mutex_t mutex;
    int *fds;
    size_t count, room;
} held = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void before_fork(void) { pthread_mutex_lock(&held.mutex); }

static void in_parent(void) { pthread_mutex_unlock(&held.mutex); }

/* Turned and not closed: the child's copies of handles still name these numbers. */
static void in_child(void) {
    int nowhere = held.count ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
    for (size_t i = 0; i < held.count; i++) {
        if (nowhere < 0 || dup3(nowhere, held.fds[i], O_CLOEXEC) < 0) close(held.fds[i]);
    }
    if (nowhere >= 0) close(nowhere);
    held.count = 0;
    pthread_mutex_unlock(&held.mutex);
}

static void watch_forks(void) { pthread_atfork(before_fork, in_parent, in_child); }

static size_t place_of(int fd) {
    size_t i = 0;
    while (i < held.count && held.fds[i] != fd)
        i++;
    return i;
}

static int remember(int fd) {
    int code = PMM_OK;
    pthread_mutex_lock(&held.mutex);
    if (held.count == held.room) {
        size_t room = held.room ? 2 * held.room : 64;
        int *fds = realloc(held.fds, room * sizeof *fds);
        if (fds) {
            held.fds = fds;
            held.room = room;
        } else {
            code = PMM_ERR_SYSTEM;
        }
    }
    if (code == PMM_OK && place_of(fd) == held.count) held.fds[held.count++] = fd;
    pthread_mutex_unlock(&held.mutex);
    return code;
}

int pmm_lock_take(int fd, int64_t byte) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    int code = remember(fd);
    if (code < 0) return code;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0) return PMM_OK;
    return errno == EAGAIN || errno == EACCES ? PMM_ERR_OWNED : PMM_ERR_SYSTEM;
}

int pmm_lock_held(int fd, int64_t byte) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)byte, .l_len = 1};
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void pmm_lock_close(int fd) {
    int saved = errno;
    pthread_mutex_lock(&held.mutex);
    size_t i = place_of(fd);
    if (i < held.count) held.fds[i] = held.fds[--held.count];
    pthread_mutex_unlock(&held.mutex);
    close(fd);
    errno = saved;
}
