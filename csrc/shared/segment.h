/*
 * segment.h: a mapped file that processes share, and who may write it.
 *
 * What it is. Every shared structure (ring, book, counters, process state, kill switch, instrument table, notices,
 * positions, quotes) is one file that starts with this header. A session makes all its files before
 * any process starts; the process that writes one claims it.
 *
 * Who writes. pmm_segment_create writes everything up to `name`, then `ready`, last and
 * with release. After that only the owner writes epoch, owner_pid, owner_start and
 * heartbeat_ns. One owner at a time: a write lock on byte 0 of the file (locks.h), held for as
 * long as the descriptor is open. The lock alone says whether the owner lives: it ends with its
 * process, and a peer in another pid namespace sees it too. The pid is for people.
 *
 * Refusals. A file of another program is FOREIGN; of another format VERSION; of another
 * kind or struct layout LAYOUT; of an earlier boot of the machine STALE; shorter than its
 * header says TRUNCATED; not there, or there and not finished, NOT_READY: try again.
 *
 * Caveats. Files belong on tmpfs: after a reboot they are refused, not repaired.
 * Truncating a mapped file kills its readers with SIGBUS; nobody but the session's
 * maker may create or remove them.
 *
 *   offset bytes field          written by, when
 *   0      8     magic          maker: "PMMSEG1\0" little endian
 *   8      4     version        maker: PMM_SEGMENT_VERSION
 *   12     4     kind           maker: enum pmm_segment_kind
 *   16     8     fingerprint    maker: CRC of the layout of what follows, from its module
 *   24     8     bytes          maker: the whole file's size
 *   32     8     created_ns     maker: wall clock; names this incarnation of the file
 *   40     8     boot_id        maker: 8 bytes of the kernel's boot id
 *   48     4     epoch          owner: +1 at each claim; peers that see it move resync
 *   52     4     owner_pid      owner: at claim; 0 after an orderly release
 *   56     8     owner_start    owner: process start time in clock ticks: with the pid, which process it was
 *   64     8     heartbeat_ns   owner: monotonic, every turn of its loop
 *   72     56    reserved, zero
 *   128    64    name           maker: what it is, for people
 *   192    4     ready          maker: 1, stored last with release
 *   196    60    reserved, zero
 *   256          the structure itself
 */
#ifndef PMM_SEGMENT_H
#define PMM_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#define PMM_SEGMENT_VERSION      1
#define PMM_SEGMENT_HEADER_BYTES 256
#define PMM_SEGMENT_NAME_BYTES   64

enum pmm_segment_kind {
    PMM_SEGMENT_RING = 1,
    PMM_SEGMENT_BOOK = 2,
    PMM_SEGMENT_COUNTERS = 3,
    PMM_SEGMENT_PROCESS = 4,
    PMM_SEGMENT_CONTROL = 5,
    PMM_SEGMENT_INSTRUMENTS = 6,
    PMM_SEGMENT_NOTICES = 9,
    PMM_SEGMENT_POSITIONS = 10,
    PMM_SEGMENT_QUOTES = 11
};

enum pmm_segment_mode {
    PMM_OPEN_READ = 0,  /* PROT_READ: monitors, tools */
    PMM_OPEN_SHARED = 1,/* PROT_WRITE without ownership: a ring's reader, who writes its own words only */
    PMM_OPEN_OWN = 2    /* PROT_WRITE and the lock: the one writer */
};

struct pmm_segment_header {
    uint64_t magic;
    uint32_t version;
    uint32_t kind;
    uint64_t fingerprint;
    uint64_t bytes;
    uint64_t created_ns;
    uint64_t boot_id;
    uint32_t epoch;
    uint32_t owner_pid;
    uint64_t owner_start;
    uint64_t heartbeat_ns;
    uint64_t reserved1[7];
    char name[PMM_SEGMENT_NAME_BYTES];
    uint32_t ready;
    uint32_t reserved2[15];
};

/* A process's handle on one segment; not shared. Zeroed when closed. */
struct pmm_segment {
    struct pmm_segment_header *header;
    void *payload; /* header + 256 */
    size_t bytes;
    int fd;
    int mode;
};

/*
 * Makes path with payload_bytes of zeroes behind the header and ready set.
 * Written under a temporary name and linked into place, so nobody sees half of it; blocks
 * are allocated (posix_fallocate), so a full filesystem is SYSTEM with ENOSPC here
 * and never a SIGBUS later. Permission bits 0640. 0, EXISTS if path is there already, SYSTEM, or ARGUMENT: a path or
 * name that is too long or absent, no payload, or one that no file holds.
 */
int pmm_segment_create(const char *path, uint32_t kind, uint64_t fingerprint, size_t payload_bytes, const char *name);

/* The same with the payload's first bytes given, so that a peer never sees a structure without its sizes. */
int pmm_segment_create_with(const char *path, uint32_t kind, uint64_t fingerprint, size_t payload_bytes,
                            const char *name, const void *initial, size_t initial_bytes);

/*
 * Maps path and checks it. kind 0 and fingerprint 0 accept any (tools that only list).
 * With PMM_OPEN_OWN: takes the lock (OWNED if another holds it), bumps the epoch, records
 * pid, start time and a first heartbeat. Opens with O_NOFOLLOW | O_CLOEXEC. The pages are there when it
 * returns: a first touch costs a fault, and would come in the middle of a turn.
 * Returns 0, NOT_READY, FOREIGN, VERSION, LAYOUT, STALE, TRUNCATED, OWNED, SYSTEM, or ARGUMENT for a mode that there is
 * not.
 */
int pmm_segment_open(struct pmm_segment *segment, const char *path, uint32_t kind, uint64_t fingerprint, int mode);

/* Unmaps and, for an owner, clears owner_pid and drops the lock. Safe to call twice. */
void pmm_segment_close(struct pmm_segment *segment);

/*
 * Claims a second role in a file that is open for writing, such as a ring's one reader: a
 * lock on byte (> 0), held until close. 0, OWNED if another open of the file has it, or SYSTEM.
 */
int pmm_segment_claim(struct pmm_segment *segment, int64_t byte);

/* Owner only: stores the monotonic clock. One store; call it every turn. */
void pmm_segment_beat(struct pmm_segment *segment);

/* Pins mapped memory (mlock). SYSTEM if that is not permitted, with errno. */
int pmm_memory_lock(const void *start, size_t bytes);

/*
 * 1 if the owner is there: its lock is held and the heartbeat is at most age_ns_max old (0: any
 * age). 0 if not. Never an error: an unclaimed segment is 0. One system call.
 */
int pmm_segment_owner_alive(const struct pmm_segment *segment, uint64_t age_ns_max);

/*
 * 1 if a process owns the segment at path, of whatever layout it is; 0 if none does or there is no
 * such file; SYSTEM if it cannot be asked.
 */
int pmm_segment_owned(const char *path);

/* CRC32C folded to 64 bits of a layout's text ("name:offset:size;..."): a fingerprint. */
uint64_t pmm_fingerprint(const char *layout_text);

#endif
