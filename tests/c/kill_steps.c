#define _GNU_SOURCE
#include "kill_steps.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct file {
    const char *name;
    uint8_t *mapping; /* NULL: not there */
    uint8_t *last;
    size_t bytes;
    ino_t inode;
};

struct notes *notes;
uint64_t states, instructions;
static struct notes last_notes;
static struct file files[FILES_MAX];
static size_t file_count;

static void forget(struct file *file) {
    if (file->mapping) munmap(file->mapping, file->bytes);
    free(file->last);
    *file = (struct file){.name = file->name};
}

/* 1 if the file came, went, was replaced or has grown. */
static int follow_name(int directory_fd, struct file *file) {
    struct stat status;
    int there = fstatat(directory_fd, file->name, &status, 0) == 0 && status.st_size > 0;
    if (!there && !file->mapping) return 0;
    if (there && file->mapping && status.st_ino == file->inode && (size_t)status.st_size == file->bytes) return 0;
    forget(file);
    if (!there) return 1;
    int fd = openat(directory_fd, file->name, O_RDONLY);
    file->bytes = (size_t)status.st_size;
    file->inode = status.st_ino;
    file->mapping = mmap(NULL, file->bytes, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    CHECK(file->mapping != MAP_FAILED);
    file->last = malloc(file->bytes);
    memcpy(file->last, file->mapping, file->bytes);
    return 1;
}

static int has_changed(int directory_fd) {
    int changed = memcmp(&last_notes, notes, sizeof last_notes) != 0;
    last_notes = *notes;
    for (size_t i = 0; i < file_count; i++) {
        struct file *file = &files[i];
        changed |= follow_name(directory_fd, file);
        if (!file->mapping || memcmp(file->last, file->mapping, file->bytes) == 0) continue;
        memcpy(file->last, file->mapping, file->bytes);
        changed = 1;
    }
    return changed;
}

static void copy_files(int copy_fd) {
    for (size_t i = 0; i < file_count; i++) {
        unlinkat(copy_fd, files[i].name, 0);
        if (!files[i].mapping) continue;
        int fd = openat(copy_fd, files[i].name, O_WRONLY | O_CREAT | O_EXCL, 0640);
        CHECK(fd >= 0 && write(fd, files[i].last, files[i].bytes) == (ssize_t)files[i].bytes);
        close(fd);
    }
}

/* The two take turns: on one processor each finds the other gone at once, on two it is woken from sleep. */
static void stay_on_one_processor(void) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    (void)sched_setaffinity(0, sizeof one, &one);
}

static pid_t begin(const char *directory, void (*live)(const char *)) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0)) _exit(5);
        raise(SIGSTOP);
        live(directory);
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
    CHECK(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL) == 0);
    return pid;
}

void step_through(const char *directory, const char *copy, const char *const *names, size_t n,
                  void (*live)(const char *), void (*look)(const char *)) {
    int directory_fd = open(directory, O_RDONLY | O_DIRECTORY), copy_fd = open(copy, O_RDONLY | O_DIRECTORY);
    CHECK(directory_fd >= 0 && copy_fd >= 0 && n <= FILES_MAX);
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (file_count = 0; file_count < n; file_count++) files[file_count] = (struct file){.name = names[file_count]};
    (void)has_changed(directory_fd);
    stay_on_one_processor();
    pid_t pid = begin(directory, live);
    for (int status;; instructions++) {
        CHECK(ptrace(PTRACE_SINGLESTEP, pid, 0, 0) == 0 && waitpid(pid, &status, 0) == pid);
        if (WIFEXITED(status)) {
            CHECK(WEXITSTATUS(status) == 0);
            break;
        }
        CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
        if (!has_changed(directory_fd)) continue;
        states++;
        copy_files(copy_fd);
        look(copy);
    }
    for (size_t i = 0; i < n; i++) forget(&files[i]);
    close(directory_fd);
    close(copy_fd);
}
