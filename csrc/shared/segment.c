/* segment.c: files in memory that say what they are, who owns them and whether the owner lives. */
#include "shared/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomics.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/layout.h"
#include "base/locks.h"
#include "base/pages.h"

#define PMM_SEGMENT_LAYOUT(ROW) \
    ROW(pmm_segment_header, magic, 0, 8) \
    ROW(pmm_segment_header, version, 8, 4) \
    ROW(pmm_segment_header, kind, 12, 4) \
    ROW(pmm_segment_header, fingerprint, 16, 8) \
    ROW(pmm_segment_header, bytes, 24, 8) \
    ROW(pmm_segment_header, created_ns, 32, 8) \
    ROW(pmm_segment_header, boot_id, 40, 8) \
    ROW(pmm_segment_header, epoch, 48, 4) \
    ROW(pmm_segment_header, owner_pid, 52, 4) \
    ROW(pmm_segment_header, owner_start, 56, 8) \
    ROW(pmm_segment_header, heartbeat_ns, 64, 8) \
    ROW(pmm_segment_header, reserved1, 72, 56) \
    ROW(pmm_segment_header, name, 128, 64) \
    ROW(pmm_segment_header, ready, 192, 4) \
    ROW(pmm_segment_header, reserved2, 196, 60)

PMM_SEGMENT_LAYOUT(PMM_ROW_ASSERT)
static_assert(sizeof(struct pmm_segment_header) == PMM_SEGMENT_HEADER_BYTES, "the payload begins at 256");

static const uint64_t MAGIC = 0x00314745534D4D50; /* "PMMSEG1" and a NUL, little endian */

#define OWNER_BYTE      0
#define PATH_BYTES      4096
#define FILE_MODE       0640
#define FETCH_TRIES_MAX 16

/* /proc/PID/stat: the process's state is the first field behind its name. */
#define STAT_STATE 3
#define STAT_START 22

static int close_keeping_errno(int fd, int code) {
    int saved = errno;
    close(fd);
    errno = saved;
    return code;
}

/* Reads a small file of /proc whole, as text. */
static int read_text(const char *path, char *text, size_t bytes) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return PMM_ERR_SYSTEM;
    ssize_t n = read(fd, text, bytes - 1);
    text[n > 0 ? n : 0] = 0;
    return close_keeping_errno(fd, n > 0 ? PMM_OK : PMM_ERR_SYSTEM);
}

/* The first 8 bytes of the kernel's boot id, a UUID in hexadecimal with dashes. */
static int read_boot_id(uint64_t *boot_id) {
    char text[64];
    int code = read_text("/proc/sys/kernel/random/boot_id", text, sizeof text);
    if (code < 0) return code;
    uint64_t id = 0;
    int digits = 0;
    for (const char *p = text; *p && digits < 2 * (int)sizeof id; p++) {
        const char digit[2] = {*p, 0};
        if (*p == '-') continue;
        id = id << 4 | strtoul(digit, NULL, 16);
        digits++;
    }
    *boot_id = id;
    return PMM_OK;
}

/* Start time of a process in clock ticks since boot, 0 if it cannot be read. */
static uint64_t start_of(uint32_t pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    if (read_text(path, text, sizeof text) < 0) return 0;
    char *p = strrchr(text, ')'); /* the command's name may hold anything, parentheses too */
    if (!p || p[1] != ' ') return 0;
    p += 2;
    for (int field = STAT_STATE; field < STAT_START && p; field++) {
        p = strchr(p, ' ');
        p = p ? p + 1 : NULL;
    }
    return p ? strtoull(p, NULL, 10) : 0;
}

/* Fills the header of a file that nobody else can see yet. */
static int write_header(int fd, struct pmm_segment_header initial) {
    int code = read_boot_id(&initial.boot_id);
    if (code < 0) return code;
    struct pmm_segment_header *header = mmap(NULL, PMM_SEGMENT_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (header == MAP_FAILED) return PMM_ERR_SYSTEM;
    *header = initial;
    pmm_store_release_u32(&header->ready, 1);
    munmap(header, PMM_SEGMENT_HEADER_BYTES);
    return PMM_OK;
}

/* posix_fallocate and not ftruncate: what is mapped later must not find the filesystem full. */
static int fill_file(int fd, const struct pmm_segment_header *header, const void *initial, size_t initial_bytes) {
    int failed = posix_fallocate(fd, 0, (off_t)header->bytes);
    if (failed) {
        errno = failed; /* it returns the number and leaves errno alone */
        return PMM_ERR_SYSTEM;
    }
    if (fchmod(fd, FILE_MODE) < 0) /* whatever the umask: the monitor's group reads */
        return PMM_ERR_SYSTEM;
    ssize_t n = initial_bytes ? pwrite(fd, initial, initial_bytes, PMM_SEGMENT_HEADER_BYTES) : 0;
    if (n != (ssize_t)initial_bytes) return PMM_ERR_SYSTEM;
    return write_header(fd, *header);
}

static int make_file(const char *path, const char *making, const struct pmm_segment_header *header, const void *initial,
                     size_t initial_bytes) {
    int fd = open(making, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0) return PMM_ERR_SYSTEM;
    int code = close_keeping_errno(fd, fill_file(fd, header, initial, initial_bytes));
    /* link, not rename: it refuses to replace what is there. */
    if (code == PMM_OK && link(making, path) < 0) code = errno == EEXIST ? PMM_ERR_EXISTS : PMM_ERR_SYSTEM;
    int saved = errno;
    unlink(making);
    errno = saved;
    return code;
}

int pmm_segment_create_with(const char *path, uint32_t kind, uint64_t fingerprint, size_t payload_bytes,
                            const char *name, const void *initial, size_t initial_bytes) {
    char making[PATH_BYTES];
    if (!path || !name || !kind || !fingerprint || payload_bytes > (SIZE_MAX >> 2) || initial_bytes > payload_bytes ||
        strlen(name) >= PMM_SEGMENT_NAME_BYTES)
        return PMM_ERR_ARGUMENT;
    int length = snprintf(making, sizeof making, "%s.%d-%llx.making", path, (int)getpid(),
                          (unsigned long long)pmm_clock_monotonic_ns());
    if (length >= (int)sizeof making) return PMM_ERR_ARGUMENT;

    struct pmm_segment_header header = {
        .magic = MAGIC,
        .version = PMM_SEGMENT_VERSION,
        .kind = kind,
        .fingerprint = fingerprint,
        .bytes = PMM_SEGMENT_HEADER_BYTES + payload_bytes,
        .created_ns = (uint64_t)pmm_clock_wall_ns(),
    };
    memcpy(header.name, name, strlen(name));
    return make_file(path, making, &header, initial, initial_bytes);
}

int pmm_segment_create(const char *path, uint32_t kind, uint64_t fingerprint, size_t payload_bytes, const char *name) {
    return pmm_segment_create_with(path, kind, fingerprint, payload_bytes, name, NULL, 0);
}

/* What is wrong with a mapped header, in the order in which a reader wants to hear of it. */
static int check_header(const struct pmm_segment_header *header, size_t file_bytes, uint32_t kind,
                        uint64_t fingerprint) {
    uint32_t ready = pmm_load_acquire_u32(&header->ready);
    if (!ready && header->magic == 0) return PMM_ERR_NOT_READY;
    if (header->magic != MAGIC) return PMM_ERR_FOREIGN;
    if (header->version != PMM_SEGMENT_VERSION) return PMM_ERR_VERSION;
    if (!ready) return PMM_ERR_NOT_READY;
    if ((kind && header->kind != kind) || (fingerprint && header->fingerprint != fingerprint)) return PMM_ERR_LAYOUT;
    if (file_bytes < header->bytes) return PMM_ERR_TRUNCATED;
    if (file_bytes > header->bytes || header->bytes < PMM_SEGMENT_HEADER_BYTES) return PMM_ERR_LAYOUT;
    uint64_t boot_id;
    int code = read_boot_id(&boot_id);
    if (code < 0) return code;
    return header->boot_id == boot_id ? PMM_OK : PMM_ERR_STALE;
}

/* pid 0 while the fields change: a peer that looks now sees nobody, never a mixture. */
static void claim(struct pmm_segment_header *header) {
    uint32_t pid = (uint32_t)getpid();
    pmm_store_release_u32(&header->owner_pid, 0);
    pmm_store_relaxed_u64(&header->owner_start, start_of(pid));
    pmm_store_relaxed_u64(&header->heartbeat_ns, (uint64_t)pmm_clock_monotonic_ns());
    pmm_store_release_u32(&header->owner_pid, pid);
    pmm_store_release_u32(&header->epoch, pmm_load_relaxed_u32(&header->epoch) + 1);
}

/* Too short to hold a header: say whose it is if that much can be read. */
static int check_short(int fd, size_t file_bytes) {
    uint64_t magic = 0;
    if (file_bytes == 0) return PMM_ERR_NOT_READY;
    ssize_t n = pread(fd, &magic, sizeof magic, 0);
    if (n < 0) return PMM_ERR_SYSTEM;
    return memcmp(&magic, &MAGIC, (size_t)n) == 0 ? PMM_ERR_TRUNCATED : PMM_ERR_FOREIGN;
}

/*
 * An open of its own for locks: a lock lasts as long as its open does, and the mapping's would last
 * in the child of a fork.
 */
static int open_apart(struct pmm_segment *segment) {
    char self[32];
    snprintf(self, sizeof self, "/proc/self/fd/%d", segment->fd);
    int fd = open(self, O_RDWR | O_CLOEXEC);
    if (fd < 0) return PMM_ERR_SYSTEM;
    close(segment->fd);
    segment->fd = fd;
    return PMM_OK;
}

/* A page that cannot be had now is fetched when it is needed. */
static void fetch(void *memory, size_t bytes, int writable) {
    for (int i = 0; i < FETCH_TRIES_MAX; i++)
        if (pmm_pages_fetch(memory, bytes, writable) != PMM_ERR_AGAIN) return;
}

static int map_file(struct pmm_segment *segment, uint32_t kind, uint64_t fingerprint) {
    struct stat st;
    if (fstat(segment->fd, &st) < 0) return PMM_ERR_SYSTEM;
    if (!S_ISREG(st.st_mode)) return PMM_ERR_FOREIGN;
    size_t bytes = (size_t)st.st_size;
    if (bytes < PMM_SEGMENT_HEADER_BYTES) return check_short(segment->fd, bytes);

    int protection = segment->mode == PMM_OPEN_READ ? PROT_READ : PROT_READ | PROT_WRITE;
    void *memory = mmap(NULL, bytes, protection, MAP_SHARED, segment->fd, 0);
    if (memory == MAP_FAILED) return PMM_ERR_SYSTEM;
    int code = check_header(memory, bytes, kind, fingerprint);
    /* The lock comes after the checks: a file that is refused is never locked or changed. */
    if (code == PMM_OK && segment->mode != PMM_OPEN_READ) code = open_apart(segment);
    if (code == PMM_OK && segment->mode == PMM_OPEN_OWN) code = pmm_lock_take(segment->fd, OWNER_BYTE);
    if (code < 0) {
        int saved = errno;
        munmap(memory, bytes);
        errno = saved;
        return code;
    }
    fetch(memory, bytes, segment->mode != PMM_OPEN_READ);
    segment->header = memory;
    segment->payload = (uint8_t *)memory + PMM_SEGMENT_HEADER_BYTES;
    segment->bytes = bytes;
    return PMM_OK;
}

int pmm_segment_open(struct pmm_segment *segment, const char *path, uint32_t kind, uint64_t fingerprint, int mode) {
    if (!segment || !path || mode < PMM_OPEN_READ || mode > PMM_OPEN_OWN) return PMM_ERR_ARGUMENT;
    memset(segment, 0, sizeof *segment);
    /* O_NONBLOCK: a FIFO under our name must be refused, not waited for. */
    int access_mode = mode == PMM_OPEN_READ ? O_RDONLY : O_RDWR;
    int fd = open(path, access_mode | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return errno == ENOENT ? PMM_ERR_NOT_READY : PMM_ERR_SYSTEM;
    segment->fd = fd;
    segment->mode = mode;
    int code = map_file(segment, kind, fingerprint);
    if (code < 0) {
        pmm_lock_close(segment->fd);
        memset(segment, 0, sizeof *segment);
        return code;
    }
    if (mode == PMM_OPEN_OWN) claim(segment->header);
    return PMM_OK;
}

void pmm_segment_close(struct pmm_segment *segment) {
    if (!segment || !segment->header) return;
    struct pmm_segment_header *header = segment->header;
    /* A fork's copy of the handle must not release what its parent still owns. */
    if (segment->mode == PMM_OPEN_OWN && pmm_load_relaxed_u32(&header->owner_pid) == (uint32_t)getpid())
        pmm_store_release_u32(&header->owner_pid, 0);
    munmap(header, segment->bytes);
    pmm_lock_close(segment->fd);
    memset(segment, 0, sizeof *segment);
}

int pmm_segment_claim(struct pmm_segment *segment, int64_t byte) {
    if (!segment || !segment->header || segment->mode == PMM_OPEN_READ || byte <= 0) return PMM_ERR_ARGUMENT;
    return pmm_lock_take(segment->fd, byte);
}

void pmm_segment_beat(struct pmm_segment *segment) {
    pmm_store_relaxed_u64(&segment->header->heartbeat_ns, (uint64_t)pmm_clock_monotonic_ns());
}

int pmm_memory_lock(const void *start, size_t bytes) { return mlock(start, bytes) < 0 ? PMM_ERR_SYSTEM : PMM_OK; }

int pmm_segment_owner_alive(const struct pmm_segment *segment, uint64_t age_ns_max) {
    if (!segment || !segment->header) return 0;
    const struct pmm_segment_header *header = segment->header;
    if (pmm_load_acquire_u32(&header->owner_pid) == 0) return 0;
    /* This very handle's lock does not show to itself. */
    if (segment->mode != PMM_OPEN_OWN && !pmm_lock_held(segment->fd, OWNER_BYTE)) return 0;
    int64_t age_ns = pmm_clock_monotonic_ns() - (int64_t)pmm_load_relaxed_u64(&header->heartbeat_ns);
    return age_ns_max == 0 || age_ns <= 0 || (uint64_t)age_ns <= age_ns_max;
}

int pmm_segment_owned(const char *path) {
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return errno == ENOENT || errno == ELOOP ? 0 : PMM_ERR_SYSTEM;
    return close_keeping_errno(fd, pmm_lock_held(fd, OWNER_BYTE));
}

uint64_t pmm_fingerprint(const char *layout_text) {
    size_t bytes = strlen(layout_text);
    uint32_t low = pmm_crc32c(0, layout_text, bytes);
    /* The length takes part, and 0 means "any" to pmm_segment_open, so it is never made. */
    uint64_t print = (uint64_t)pmm_crc32c(low, &bytes, sizeof bytes) << 32 | low;
    return print ? print : 1;
}
