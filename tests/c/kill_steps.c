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
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 2
#define TURN_MAX    128

struct file {
    const char *name;
    uint8_t *mapping; /* NULL: not there */
    uint8_t *last;
    size_t bytes;
    ino_t inode;
};

struct thread {
    pid_t id; /* 0: not there */
    int stopped;
};

struct notes *notes;
uint64_t states, instructions;
static struct notes last_notes;
static struct file files[FILES_MAX];
static size_t file_count;
static struct thread threads[THREADS_MAX]; /* the child's; the first is the child itself */
static uint64_t chance = 0x9E3779B97F4A7C15u;

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

/* A report comes with a SIGCHLD, for which sigtimedwait waits. */
static void hold_back_child_signals(void) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    CHECK(sigprocmask(SIG_BLOCK, &child, NULL) == 0);
}

/* They take turns: on one processor each finds the others gone at once, on two it is woken from sleep. */
static void stay_on_one_processor(void) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    (void)sched_setaffinity(0, sizeof one, &one);
}

static void begin(const char *directory, void (*live)(const char *)) {
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
    CHECK(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE) == 0);
    threads[0] = (struct thread){.id = pid, .stopped = 1};
}

static struct thread *thread_of(pid_t id) {
    struct thread *place = NULL;
    for (struct thread *thread = threads; thread < threads + THREADS_MAX; thread++) {
        if (thread->id == id) return thread;
        if (!thread->id && !place) place = thread;
    }
    CHECK(place); /* a thread that has just been started */
    place->id = id;
    return place;
}

/* What one of them has come to: a step's end, its start, the start of another by it, its own end. */
static void take_report(pid_t id, int status) {
    struct thread *thread = thread_of(id);
    if (WIFSTOPPED(status)) {
        CHECK(WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == SIGSTOP);
        thread->stopped = 1;
        return;
    }
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    *thread = (struct thread){0};
}

/* Takes what reports there are; waits for one if it must. */
static void take_reports(int must) {
    int status;
    for (pid_t id; (id = waitpid(-1, &status, __WALL | (must ? 0 : WNOHANG))) > 0; must = 0)
        take_report(id, status);
}

/* In a system call that another thread, or time, will end. */
static int sleeps(const struct thread *thread) {
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)thread->id);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    int found = fscanf(file, "%*d (%*[^)]) %c", &state);
    fclose(file);
    return found == 1 && state == 'S';
}

static void step(struct thread *thread) {
    const struct timespec moment = {.tv_nsec = 1000000};
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    CHECK(ptrace(PTRACE_SINGLESTEP, thread->id, 0, 0) == 0);
    thread->stopped = 0;
    do {
        sigtimedwait(&child, NULL, &moment);
        take_reports(0);
    } while (thread->id && !thread->stopped && !sleeps(thread));
    instructions++;
}

static uint64_t draw(void) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    return chance ^= chance << 17;
}

/* Who goes on, and for so many instructions unless it falls asleep. */
static struct thread *choose(int *turn) {
    take_reports(0);
    while (threads[0].id && !threads[0].stopped && !threads[1].stopped)
        take_reports(1);
    struct thread *other = &threads[draw() % THREADS_MAX];
    *turn = 1 + (int)(draw() % TURN_MAX);
    if (!other->stopped) other = &threads[other == threads];
    return other->stopped ? other : NULL;
}

void step_through(const char *directory, const char *copy, const char *const *names, size_t n,
                  void (*live)(const char *), void (*look)(const char *)) {
    int directory_fd = open(directory, O_RDONLY | O_DIRECTORY), copy_fd = open(copy, O_RDONLY | O_DIRECTORY);
    CHECK(directory_fd >= 0 && copy_fd >= 0 && n <= FILES_MAX);
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (file_count = 0; file_count < n; file_count++)
        files[file_count] = (struct file){.name = names[file_count]};
    (void)has_changed(directory_fd);
    stay_on_one_processor();
    hold_back_child_signals();
    begin(directory, live);
    int turn;
    for (struct thread *thread; (thread = choose(&turn)) != NULL;) {
        for (; turn > 0 && thread->stopped; turn--) {
            step(thread);
            if (!has_changed(directory_fd)) continue;
            states++;
            copy_files(copy_fd);
            look(copy);
        }
    }
    for (size_t i = 0; i < n; i++)
        forget(&files[i]);
    close(directory_fd);
    close(copy_fd);
}
