/*
 * kill_steps.h: what a process leaves behind if it is killed, at every instruction of its life.
 *
 * A child runs the library's release code one machine instruction at a time, its threads (two at most)
 * by turns of a random length. Whenever an instruction has
 * changed what outlives the process (the files that `watch` has been given, the notes) the caller
 * looks at it: that is the state which SIGKILL before the next instruction would leave. Every
 * state is seen once, whatever the compiler made of the stores, and the code under test needs no hooks.
 */
#ifndef KILL_STEPS_H
#define KILL_STEPS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s (state %llu, instruction %llu)\n", __FILE__, __LINE__, #condition, \
                    (unsigned long long)states, (unsigned long long)instructions); \
            exit(3); \
        } \
    } while (0)

#define FILES_MAX 8

/* What the child has told the world, and must hold from then on. Its fields are the scenario's. */
struct notes {
    uint64_t acknowledged; /* operations that have returned */
    uint64_t begun;        /* operations that may have had an effect */
    uint64_t kept;         /* a reader's journal: records that it has taken */
};

extern struct notes *notes;
extern uint64_t states, instructions;

/*
 * Runs live(directory) in a child, step by step. After each step that changed one of the named files of the
 * directory, made it or removed it, or changed the notes, calls look(copy), where copy holds copies of them.
 */
void step_through(const char *directory, const char *copy, const char *const *names, size_t n,
                  void (*live)(const char *directory), void (*look)(const char *copy));

#endif
