/*
 * seqlock.pml: the sequence word of csrc/book/book.c and book_read.c, with a writer that may die inside.
 *
 * A book is two words that a whole batch makes equal. Stores are relaxed: each waits in a place of its own
 * (pending) until the memory takes it, in any order among different words, as on a machine weaker than
 * x86. A release, fence or store, waits until everything before it is there; this is where the order
 * of the writer comes from, and taking one away is found. A death loses nothing that was stored, and the
 * next writer gets the lock from the kernel after that. Loads may swap too: see BUG_NO_ACQUIRE.
 *
 * Held: what a reader accepts is one batch; a reader ends after TRIES looks whatever the writer does; when the
 * writer died inside, and nobody came after it, the answer is STALE; when it is gone in order, it is not.
 * Planted faults, one at a time:
 *   BUG_NO_ENTER_FENCE    payload stores may pass the odd sequence
 *   BUG_NO_LEAVE_RELEASE  the even sequence may pass the payload
 *   BUG_NO_ACQUIRE        the second look at the sequence may come before the payload's loads
 *   BUG_NO_RECHECK        the reader does not look again
 *   BUG_BLIND_REPAIR      a restarted writer enters though its predecessor died inside: odd becomes even
 */
#define BATCHES 2
#define DEATHS 1
#define TRIES 3
#define NONE 255

byte sequence, left, right;           /* what the memory holds */
byte pending_sequence = NONE, pending_left = NONE, pending_right = NONE;
bool gone;        /* the writer has ended, in order or not */
bool died_inside; /* it died with the sequence odd, and there was no next one */

#define DRAINED (pending_sequence == NONE && pending_left == NONE && pending_right == NONE)

active proctype memory() {
endless:
    do
    :: atomic { pending_sequence != NONE -> sequence = pending_sequence; pending_sequence = NONE }
    :: atomic { pending_left != NONE -> left = pending_left; pending_left = NONE }
    :: atomic { pending_right != NONE -> right = pending_right; pending_right = NONE }
    od
}

/* A relaxed store, or the process dies in front of it. */
#define STORE(word, value) \
    atomic { if :: pending_##word == NONE -> pending_##word = value :: deaths < DEATHS -> deaths++; goto died fi }

active proctype writer() {
    byte batch, at, deaths;
    goto alive;
died:
    if
    :: atomic { DRAINED -> died_inside = sequence & 1; gone = true; goto out }
    :: DRAINED /* the lock is free: the next one repairs */
    fi;
    at = sequence;
#ifdef BUG_BLIND_REPAIR
    if :: true ->
#else
    if :: at % 2 == 0 ->
#endif
        at++;
        STORE(sequence, at);
        DRAINED
    :: else
    fi;
    STORE(left, 0);
    STORE(right, 0);
    DRAINED;
    at++;
    STORE(sequence, at);
alive:
    do
    :: batch < BATCHES ->
        batch++;
        at++;
        STORE(sequence, at);
#ifndef BUG_NO_ENTER_FENCE
        DRAINED;
#endif
        STORE(left, batch);
        STORE(right, batch);
#ifndef BUG_NO_LEAVE_RELEASE
        DRAINED;
#endif
        at++;
        STORE(sequence, at);
    :: batch == BATCHES -> break
    od;
    atomic { DRAINED -> gone = true };
out:
    skip
}

active proctype reader() {
    byte before, after, one, two, tries;
    bool accepted, was_gone;
    was_gone = gone;
    do
    :: tries < TRIES && !accepted ->
        tries++;
        before = sequence;
        if
        :: before % 2 == 0 ->
#ifdef BUG_NO_ACQUIRE
            if
            :: true -> one = left; after = sequence; two = right
            :: true -> one = left; two = right; after = sequence
            fi;
#else
            one = left;
            two = right;
            after = sequence;
#endif
#ifdef BUG_NO_RECHECK
            after = before;
#endif
            if
            :: after == before ->
                assert(one == two);
                accepted = true
            :: else
            fi
        :: else
        fi
    :: else -> break
    od;
    assert(!was_gone || accepted != died_inside)
}
