/* journal_file.c: one file: its name, header, making, mapping, and a view for readers. */
#include "journal/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/layout.h"
#include "base/pages.h"

#define ALLOCATE_TRIES_MAX 64
/* The cache keeps what is written at once in one piece, and locks it whole while it goes to the disk. */
#define FILL_SLICE_BYTES (UINT64_C(64) << 10)

static_assert(sizeof(struct pmm_journal_header) == 96, "pmm_journal_header has no padding");
PMM_OFFSET(pmm_journal_header, magic, 0);
PMM_OFFSET(pmm_journal_header, version, 8);
PMM_OFFSET(pmm_journal_header, record_bytes, 12);
PMM_OFFSET(pmm_journal_header, identity, 16);
PMM_OFFSET(pmm_journal_header, file_index, 24);
PMM_OFFSET(pmm_journal_header, first_record, 32);
PMM_OFFSET(pmm_journal_header, capacity, 40);
PMM_OFFSET(pmm_journal_header, created_ns, 48);
PMM_OFFSET(pmm_journal_header, source, 56);
PMM_OFFSET(pmm_journal_header, reserved, 58);
PMM_OFFSET(pmm_journal_header, crc, 60);
PMM_OFFSET(pmm_journal_header, name, 64);

void pmm_journal_file_name(char name[PMM_JOURNAL_FILE_NAME_BYTES], uint64_t file_index) {
    snprintf(name, PMM_JOURNAL_FILE_NAME_BYTES, "%0*" PRIu64 PMM_JOURNAL_SUFFIX, PMM_JOURNAL_DIGITS_MIN, file_index);
}

/* Of the header's whole page but the word that it goes into. */
static uint32_t page_crc(const uint8_t *page) {
    const size_t before = offsetof(struct pmm_journal_header, crc), after = before + sizeof(uint32_t);
    return pmm_crc32c(pmm_crc32c(0, page, before), page + after, PMM_JOURNAL_HEADER_BYTES - after);
}

/* Magic and version come before the CRC: a later version may keep it in another place. */
static int header_check(const struct pmm_journal_header *header, const uint8_t *page) {
    if (header->magic != PMM_JOURNAL_MAGIC) return PMM_ERR_FOREIGN;
    if (header->version != PMM_JOURNAL_VERSION) return PMM_ERR_VERSION;
    if (header->crc != page_crc(page)) return PMM_ERR_CORRUPT;
    if (header->record_bytes != PMM_EVENT_BYTES) return PMM_ERR_CORRUPT;
    if (header->capacity < PMM_JOURNAL_RECORDS_MIN || header->capacity > PMM_JOURNAL_RECORDS_MAX) {
        return PMM_ERR_CORRUPT;
    }
    return PMM_OK;
}

static int allocate(int fd, uint64_t bytes) {
    /* A signal may interrupt a large allocation, and what is done stays done. */
    for (int i = 0; i < ALLOCATE_TRIES_MAX; i++) {
        errno = posix_fallocate(fd, 0, (off_t)bytes);
        if (errno == 0) return PMM_OK;
        if (errno != EINTR) break;
    }
    return PMM_ERR_SYSTEM;
}

int pmm_journal_file_map(int fd, uint64_t bytes, uint8_t **mapping) {
    int code = allocate(fd, bytes);
    if (code) return code;
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return PMM_ERR_SYSTEM;
    *mapping = at;
    return PMM_OK;
}

/* All of it, at an offset. A signal may cut a write short. */
static int write_at(int fd, const uint8_t *bytes, uint64_t n, uint64_t offset) {
    while (n > 0) {
        ssize_t done = pwrite(fd, bytes, n, (off_t)offset);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return PMM_ERR_SYSTEM;
        bytes += done;
        n -= (uint64_t)done;
        offset += (uint64_t)done;
    }
    return PMM_OK;
}

static int write_header(int fd, struct pmm_journal_header *header) {
    uint8_t page[PMM_JOURNAL_HEADER_BYTES] = {0};
    memcpy(page, header, sizeof *header);
    header->crc = page_crc(page);
    memcpy(page, header, sizeof *header);
    return write_at(fd, page, sizeof page, 0);
}

/*
 * Puts the file's pages into the cache, a slice at a time. Faulted in through the mapping instead, they
 * would be read ahead of, megabytes of zeroes at once that no scheduler interrupts, and cost twice as much.
 */
static int fill_cache(const struct pmm_journal_file *file) {
    static const uint8_t zeroes[FILL_SLICE_BYTES];
    for (uint64_t at = PMM_JOURNAL_HEADER_BYTES; at < file->bytes; at += FILL_SLICE_BYTES) {
        uint64_t left = file->bytes - at;
        if (write_at(file->fd, zeroes, left < FILL_SLICE_BYTES ? left : FILL_SLICE_BYTES, at)) return PMM_ERR_SYSTEM;
    }
    return PMM_OK;
}

/* No room is no failure of what is there; a sync that fails for want of it is one. */
static int no_room(void) { return errno == ENOSPC || errno == EDQUOT ? PMM_ERR_FULL : PMM_ERR_SYSTEM; }

static int make(int directory_fd, struct pmm_journal_header *header, struct pmm_journal_file *file) {
    char name[PMM_JOURNAL_FILE_NAME_BYTES];
    pmm_journal_file_name(name, header->file_index);
    /* Truncated: an allocation that was interrupted must not leave its bytes to this file. */
    file->fd = openat(directory_fd, PMM_JOURNAL_TEMPORARY, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                      PMM_JOURNAL_FILE_MODE);
    /* Whatever the umask: the group reads. */
    if (file->fd < 0 || fchmod(file->fd, PMM_JOURNAL_FILE_MODE) ||
        pmm_journal_file_map(file->fd, file->bytes, &file->mapping))
        return no_room();
    /* Everything must be true of it before it may have its name. */
    if (write_header(file->fd, header) || fsync(file->fd)) return PMM_ERR_SYSTEM;
    if (renameat(directory_fd, PMM_JOURNAL_TEMPORARY, directory_fd, name)) return no_room();
    return fsync(directory_fd) || fill_cache(file) ? PMM_ERR_SYSTEM : PMM_OK;
}

int pmm_journal_file_make(int directory_fd, struct pmm_journal_header *header, struct pmm_journal_file *file) {
    *file = (struct pmm_journal_file){
        .bytes = pmm_journal_file_bytes(header->capacity),
        .first_record = header->first_record,
        .capacity = header->capacity,
    };
    int code = make(directory_fd, header, file);
    if (!code) return PMM_OK;
    int reason = errno;
    if (file->mapping) munmap(file->mapping, file->bytes);
    unlinkat(directory_fd, PMM_JOURNAL_TEMPORARY, 0); /* gives a full disk its blocks back */
    if (file->fd >= 0) close(file->fd);
    errno = reason;
    return code;
}

int pmm_journal_prefault(struct pmm_journal_file *file, uint64_t at_most) {
    uint64_t left = file->bytes - file->prefaulted;
    uint64_t slice = left < at_most ? left : at_most;
    uint8_t *at = file->mapping + file->prefaulted;
    if (slice == 0) return PMM_OK;
    int code = pmm_pages_fetch(at, slice, 1);
    if (code == PMM_OK) file->prefaulted += slice;
    return code == PMM_ERR_AGAIN ? PMM_OK : code;
}

/* Points the view into its mapping, as far as the file goes and its capacity allows. */
static void view_arrange(struct pmm_journal_view *view) {
    const uint8_t *base = view->mapping;
    memcpy(&view->header, base, sizeof view->header);
    view->header_code = header_check(&view->header, base);
    uint64_t room = view->mapped - PMM_JOURNAL_HEADER_BYTES;
    if (view->header_code == PMM_OK && room > view->header.capacity * PMM_EVENT_BYTES) {
        room = view->header.capacity * PMM_EVENT_BYTES;
        view->excess = view->bytes - pmm_journal_file_bytes(view->header.capacity);
    } else if (view->excess) {
        room = 0; /* nobody knows what it is: it must not take a reader hours to find out */
    }
    view->whole = room / PMM_EVENT_BYTES;
    view->rest_bytes = room % PMM_EVENT_BYTES;
    view->records = (const struct pmm_event *)(base + PMM_JOURNAL_HEADER_BYTES);
    view->rest = (const uint8_t *)(view->records + view->whole);
}

int pmm_journal_view_open(int directory_fd, uint64_t file_index, struct pmm_journal_view *view) {
    char name[PMM_JOURNAL_FILE_NAME_BYTES];
    struct stat status;
    memset(view, 0, sizeof *view);
    view->header_code = PMM_ERR_CORRUPT;
    pmm_journal_file_name(name, file_index);
    /* O_NONBLOCK: a FIFO under a file's name must be refused, not waited for. */
    int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return errno == ENOENT ? PMM_ERR_NOT_FOUND : PMM_ERR_SYSTEM;
    int code = fstat(fd, &status) ? PMM_ERR_SYSTEM : PMM_OK;
    if (code == PMM_OK && !S_ISREG(status.st_mode)) {
        close(fd);
        return PMM_ERR_FOREIGN;
    }
    view->bytes = code ? 0 : (uint64_t)status.st_size;
    const uint64_t most = pmm_journal_file_bytes(PMM_JOURNAL_RECORDS_MAX);
    view->mapped = view->bytes < most ? view->bytes : most;
    view->excess = view->bytes - view->mapped;
    if (view->bytes >= PMM_JOURNAL_HEADER_BYTES) {
        view->mapping = mmap(NULL, view->mapped, PROT_READ, MAP_SHARED, fd, 0);
        if (view->mapping == MAP_FAILED) {
            view->mapping = NULL;
            code = PMM_ERR_SYSTEM;
        }
    }
    int reason = errno;
    close(fd);
    if (view->mapping) view_arrange(view);
    errno = reason;
    return code;
}

void pmm_journal_view_close(struct pmm_journal_view *view) {
    if (view->mapping) munmap(view->mapping, view->mapped);
    view->mapping = NULL;
}
