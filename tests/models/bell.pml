/*
 * bell.pml: csrc/shared/bell.c: writers that commit and ring, a reader that parks. No wake-up is lost.
 *
 * Spin's memory is sequentially consistent, x86's is not: a store waits in its processor's buffer while later
 * loads go ahead. So each process has its buffer here, first in first out, which the memory
 * empties when it likes. A full fence waits for the own buffer to be empty; so do a locked addition
 * and the futex calls, which take a lock in the kernel. Time-outs are left out: a wake-up that is lost
 * is a reader that sleeps for ever, an end that Spin reports as invalid.
 *
 * Two writers with a ring each; a reader that is killed once, asleep too, and started again.
 * Planted faults, one at a time:
 *   BUG_NO_WRITER_FENCE   between the commit word and the load of parked
 *   BUG_NO_READER_FENCE   between parked and the last look
 *   BUG_NO_LAST_LOOK      the reader sleeps on what it saw before it was parked
 *   BUG_LATE_SEEN         `rings` is read after the last look instead of before it
 * A writer that dies between commit and ring is beyond the promise:
 *   WRITER_DIES           leaves the reader asleep beside a record
 *   WRITER_DIES, TIMEOUT  which is why every wait has a time-out: with it, all is taken
 */
#define WRITERS 2
#define RECORDS 2 /* of each writer */
#define DEATHS 1  /* of the reader */

byte committed[WRITERS];  /* records of each ring, as the memory has them */
byte unwritten[WRITERS];  /* commit words in each writer's buffer */
bool parked;
chan parking = [2] of { bool }; /* the reader's buffer: only stores of parked go through it */
byte rings;
bool asleep;
byte taken[WRITERS];

active proctype memory() {
    bool value;
endless:
    do
    :: atomic { unwritten[0] > 0 -> unwritten[0]--; committed[0]++ }
    :: atomic { unwritten[1] > 0 -> unwritten[1]--; committed[1]++ }
    :: atomic { parking?value -> parked = value; value = 0 }
    od
}

active [WRITERS] proctype writer() {
    byte me, n;
    me = _pid - 1;
    do
    :: n < RECORDS ->
        atomic { n++; unwritten[me]++ };
#ifdef WRITER_DIES
        if
        :: me == 0 && n == RECORDS -> break
        :: else
        fi;
#endif
#ifndef BUG_NO_WRITER_FENCE
        unwritten[me] == 0;
#endif
        if
        :: parked ->
            atomic { unwritten[me] == 0 -> rings++ };
            asleep = false
        :: !parked
        fi
    :: n == RECORDS -> break
    od
}

#define READY (taken[0] < committed[0] || taken[1] < committed[1])
#define DONE (taken[0] + taken[1] == WRITERS * RECORDS)
#define DEATH deaths < DEATHS -> deaths++; goto born

active proctype reader() {
    byte seen, deaths;
    bool ready;
born:
    atomic { empty(parking) -> asleep = false; ready = false; seen = 0 };
    parking!false;
    do
    :: DONE -> break
    :: atomic { taken[0] < committed[0] -> taken[0]++ }
    :: atomic { taken[1] < committed[1] -> taken[1]++ }
    :: !READY && !DONE ->
park:
#ifndef BUG_LATE_SEEN
        atomic { seen = rings };
#endif
        atomic { if :: parking!true :: DEATH fi };
#ifndef BUG_NO_READER_FENCE
        empty(parking);
#endif
#ifdef BUG_NO_LAST_LOOK
        ready = false;
#else
        ready = READY;
#endif
#ifdef BUG_LATE_SEEN
        seen = rings;
#endif
        if
        :: ready
        :: !ready ->
            atomic { empty(parking) -> if :: rings == seen -> asleep = true :: else fi };
            atomic {
                if
                :: !asleep
#ifdef TIMEOUT
                :: timeout -> asleep = false
#endif
                :: DEATH
                fi
            };
            if :: DONE :: READY :: !READY && !DONE -> goto park fi
        fi;
        parking!false
    od
}
