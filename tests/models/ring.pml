/*
 * ring.pml: csrc/shared/ring.c between two processes that may die at any step and are started again.
 *
 * A step is one store or one load that the other side can tell apart; a record is two halves, so that half
 * of one can be seen. The commit word is (cursor + 1) modulo 4 in a ring of 2, so it turns over
 * within RECORDS as 32 bits do in a ring of up to 2^20. Each life of the writer marks its
 * records with its own number: what replaces a record that was published is then another one.
 *
 * A push is of one record or two. truth is what no process knows: the mark of each record at the moment when its
 * push is whole.
 * Held: nothing is published twice; what the reader takes is what was published, whole pushes and in order; its
 * journal has each record once; the ring never holds more than its capacity; both always end.
 *
 * Spin's memory is sequentially consistent: that the commit word may not overtake the payload is said by
 * its release and is ThreadSanitizer's to find. Planted faults, one at a time:
 *   BUG_COMMIT_FIRST   the commit word before the payload
 *   BUG_COMMIT_FORWARD the records of a push from the first to the last
 *   BUG_HOLE_KEPT      a restarted writer leaves committed records behind a hole
 *   BUG_TAIL_TRUSTED   a restarted writer goes on at the tail, where the push ends that it may have died in
 *   BUG_TAIL_LATE      the tail behind the commit words
 *   BUG_NO_ROOM_CHECK  the writer does not wait for the slot to be released
 *   BUG_EARLY_RELEASE  the reader releases before it has journalled
 *   BUG_NO_SKIP        a restarted reader does not skip what its journal holds
 */
#define CAPACITY 2
#define RECORDS 6
#define DEATHS 2 /* of each side */
#define SLOT(cursor) ((cursor) % CAPACITY)
#define WORD(cursor) (((cursor) + 1) % 4)

byte first[CAPACITY], second[CAPACITY], commit[CAPACITY];
byte tail, head;
byte journalled; /* the reader's journal: how many records, which are 0 .. journalled - 1 */
byte truth[RECORDS];

/* The step, or the process dies in front of it. */
#define STEP(step) atomic { if :: step :: deaths < DEATHS -> deaths++; goto born fi }

/* The word that makes a push whole: the records from cursor to end are published from here. */
#define PUBLISH(at) \
    STEP(assert(truth[cursor] == 0 && truth[end - 1] == 0); commit[SLOT(at)] = WORD(at); truth[cursor] = life; \
         truth[end - 1] = life)

#ifdef BUG_COMMIT_FORWARD
#define COMMIT(at) \
    if \
    :: at == end - 1 -> PUBLISH(at) \
    :: else -> STEP(commit[SLOT(at)] = WORD(at)) \
    fi
#else
#define COMMIT(at) STEP(commit[SLOT(at)] = WORD(at))
#endif

active proctype writer() {
    byte cursor, peer, limit, at, end, life, deaths;
born:
    atomic { /* registers are gone; only the count of lives is the world's */
        life++;
        cursor = 0; peer = 0; limit = 0; at = 0; end = 0;
    }
    STEP(peer = head);
    STEP(limit = tail);
    assert(peer <= limit && limit <= peer + CAPACITY);
#ifdef BUG_TAIL_TRUSTED
    cursor = limit;
#else
    cursor = peer;
    do
    :: cursor < limit ->
        if
        :: STEP(commit[SLOT(cursor)] == WORD(cursor)); cursor++
        :: atomic { commit[SLOT(cursor)] != WORD(cursor) -> break }
        fi
    :: else -> break
    od;
#endif
#ifndef BUG_HOLE_KEPT
    at = cursor + 1;
    do
    :: at < limit ->
        if
        :: STEP(commit[SLOT(at)] == WORD(at)); STEP(commit[SLOT(at)] = WORD(at + 2))
        :: atomic { commit[SLOT(at)] != WORD(at) }
        fi;
        at++
    :: else -> break
    od;
#endif
    STEP(tail = cursor);
    do
    :: cursor == RECORDS -> break
    :: cursor < RECORDS ->
        if
        :: end = cursor + 1
        :: cursor + 2 <= RECORDS -> end = cursor + 2
        fi;
#ifndef BUG_NO_ROOM_CHECK
        if
        :: end - peer <= CAPACITY
        :: else -> STEP(end - head <= CAPACITY -> peer = head)
        fi;
#endif
#ifndef BUG_TAIL_LATE
        STEP(tail = end);
#endif
#ifdef BUG_COMMIT_FORWARD
        at = cursor;
#else
        at = cursor + 1; /* the first record, at which the reader stands, comes last */
#endif
        do
        :: at < end ->
#ifdef BUG_COMMIT_FIRST
            STEP(commit[SLOT(at)] = WORD(at));
#endif
            STEP(first[SLOT(at)] = life);
            STEP(second[SLOT(at)] = life);
            COMMIT(at);
            at++
        :: else -> break
        od;
#ifndef BUG_COMMIT_FORWARD
#ifdef BUG_COMMIT_FIRST
        STEP(commit[SLOT(cursor)] = WORD(cursor));
#endif
        STEP(first[SLOT(cursor)] = life);
        STEP(second[SLOT(cursor)] = life);
        PUBLISH(cursor);
#endif
        cursor = end;
#ifdef BUG_TAIL_LATE
        STEP(tail = end);
#endif
    od
}

active proctype reader() {
    byte cursor, released, one, two, deaths;
born:
    atomic { cursor = 0; released = 0; one = 0; two = 0; }
    STEP(cursor = head; released = head);
#ifndef BUG_NO_SKIP
    do
    :: cursor < journalled -> STEP(assert(commit[SLOT(cursor)] == WORD(cursor))); cursor++
    :: else -> break
    od;
#endif
    assert(cursor <= journalled);
    do
    :: cursor < RECORDS ->
        if
        :: atomic { commit[SLOT(cursor)] == WORD(cursor) -> one = 0; two = 0 }
            STEP(one = first[SLOT(cursor)]);
            STEP(two = second[SLOT(cursor)]);
#ifdef BUG_EARLY_RELEASE
            STEP(head = cursor + 1; released = cursor + 1);
#endif
            STEP(assert(cursor == journalled && one == two && one == truth[cursor]); journalled++);
            cursor++
        :: released < cursor -> STEP(head = cursor; released = cursor)
        fi
    :: cursor == RECORDS && released < cursor -> STEP(head = cursor; released = cursor)
    :: cursor == RECORDS && released == cursor -> break
    od;
    assert(journalled == RECORDS)
}
