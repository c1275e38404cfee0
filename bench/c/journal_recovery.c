/*
 * Scanning and verifying a whole journal, beside reading the same mapped bytes: every 64-bit word added up.
 *
 * more: a folder for the journal, its records in millions of 64 bytes
 */
#include "measure.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "journal/journal.h"

#define PER_FILE (1u << 20)

static uint64_t read_plain(const char *folder, size_t files) {
    uint64_t sum = 0;
    for (size_t f = 0; f < files; f++) {
        char path[700];
        snprintf(path, sizeof path, "%s/%06zu.pmj", folder, f);
        int fd = open(path, O_RDONLY);
        struct stat info;
        need(fd >= 0 && fstat(fd, &info) == 0, path);
        const uint64_t *words = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
        need(words != MAP_FAILED, "mmap");
        uint64_t a = 0, b = 0, c = 0, d = 0;
        for (size_t i = 0; i < (size_t)info.st_size / 8; i += 4)
            a += words[i], b += words[i + 1], c += words[i + 2], d += words[i + 3];
        sum += a + b + c + d;
        munmap((void *)words, (size_t)info.st_size);
        close(fd);
    }
    return sum;
}

int main(int argc, char **argv) {
    struct arguments args = begin(argc, argv);
    char folder[600], command[700];
    snprintf(folder, sizeof folder, "%s/recovery", args.more[0]);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    need(system(command) == 0, "rm");
    size_t count = (size_t)atoi(args.more[1]) * PER_FILE, done = 0;
    static struct pmm_event records[4096];
    struct pmm_journal journal;
    need(pmm_journal_open(&journal, folder, "bench", PMM_SOURCE_FEED, PER_FILE, PMM_SYNC_NONE, 0) == 0, "open");
    for (; done < count; done += 4096) {
        for (size_t i = 0; i < 4096; i++)
            records[i] = (struct pmm_event){.recv_ns = (int64_t)(done + i), .price = (int64_t)(done ^ i), .kind = 1};
        need(pmm_journal_append(&journal, records, 4096) == 4096, "append");
    }
    pmm_journal_close(&journal);
    size_t files = count / PER_FILE;
    uint64_t sum = read_plain(folder, files);
    for (int round = 0; round < args.rounds; round++) {
        uint64_t t0 = ticks();
        sum += read_plain(folder, files);
        emit("plain", (double)count * 64 / ticks_to_ns(ticks() - t0));
        struct pmm_journal_report report;
        t0 = ticks();
        need(pmm_journal_scan(folder, &report) == 0, "scan");
        emit("scan", (double)count * 64 / ticks_to_ns(ticks() - t0));
        need(report.records == count && !report.corrupt, "every record verified");
    }
    fprintf(stderr, "%lu\n", (unsigned long)sum);
    need(system(command) == 0, "rm");
    return 0;
}
