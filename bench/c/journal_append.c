/*
 * Appending 64-byte records: the project's journal (CRC, prefaulted), on a disk and on tmpfs; LMDB and SQLite, on
 * the disk, with their quick settings in transactions of 1,000; what one record costs that is on the disk
 * when the call returns, beside a bare fdatasync; and the append that changes to the next file, at a rate.
 *
 * more: a folder on the disk, 1 to run the peers
 */
#include "measure.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/crc32c_inline.h"
#include "journal/journal.h"
#ifdef WITH_LMDB
#include <lmdb.h>
#endif
#ifdef WITH_SQLITE
#include <sqlite3.h>
#endif

#define RECORDS       1000000
#define TRANSACTION   1000
#define DURABLE       200
#define CHANGES       3
#define CHANGES_FILE  (1u << 18)
#define CHANGES_BATCH 32
#define CHANGES_RATE  400000

static struct arguments args;
static uint32_t samples[RECORDS];
static struct pmm_event records[TRANSACTION];

static void remove_folder(const char *path) {
    char command[1200];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    need(system(command) == 0, "rm");
}

static void open_journal(struct pmm_journal *journal, const char *path, int sync) {
    remove_folder(path);
    int code = pmm_journal_open(journal, path, "bench", PMM_SOURCE_FEED, 1u << 20, sync, 0);
    need(code == 0, "pmm_journal_open");
}

/* What a keeper does beside the writer, done until there is nothing left to do. */
static void prepare_all(struct pmm_journal *journal) {
    int more;
    while ((more = pmm_journal_prepare(journal, pmm_clock_monotonic_ns())) > 0)
        continue;
    need(more == 0, "prepare");
}

static void ours(const char *place, const char *folder, size_t n) {
    char path[600], name[64];
    snprintf(path, sizeof path, "%s/journal", folder);
    struct pmm_journal journal;
    for (int each = 0; each < 2; each++) {
        open_journal(&journal, path, PMM_SYNC_NONE);
        prepare_all(&journal);
        uint32_t least = ticks_floor();
        uint64_t t0 = ticks();
        if (each)
            for (size_t i = 0; i < n; i++) {
                uint64_t t = ticks();
                pmm_journal_append(&journal, &records[i & 511], 1);
                samples[i] = above(ticks() - t, least);
            }
        else
            for (size_t i = 0; i < n; i++) {
                records[i & 511].order_id = i;
                pmm_journal_append(&journal, &records[i & 511], 1);
            }
        uint64_t taken = ticks() - t0;
        need(journal.count == n, "count");
        snprintf(name, sizeof name, "%s.single", place);
        if (each)
            emit_quantiles(name, samples, n);
        else
            emit(name, ticks_to_ns(taken) / (double)n);
        pmm_journal_close(&journal);
    }
    open_journal(&journal, path, PMM_SYNC_NONE);
    prepare_all(&journal);
    uint64_t t0 = ticks();
    for (size_t i = 0; i + 32 <= n; i += 32)
        pmm_journal_append(&journal, records + i % 960, 32);
    snprintf(name, sizeof name, "%s.batch32", place);
    emit(name, ticks_to_ns(ticks() - t0) / (double)(n / 32 * 32));
    pmm_journal_close(&journal);
    remove_folder(path);
}

/*
 * What no journal of mapped files with checked records can be quicker than: a record's checksum, and the record with it
 * into a mapped file whose pages are there. The sum's eight steps wait for each other.
 */
static void bare(const char *place, const char *folder, size_t n) {
    char path[600], name[64];
    snprintf(path, sizeof path, "%s/bare", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    need(fd >= 0 && posix_fallocate(fd, 0, (off_t)(n * 64)) == 0, "bare file");
    unlink(path);
    struct pmm_event *file = mmap(NULL, n * 64, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    need(file != MAP_FAILED, "bare map");
    for (int each = 0; each < 2; each++) {
        uint32_t least = ticks_floor();
        memset(file, 1, n * 64); /* the first write to a page that was only read is not the record's cost */
        uint64_t t0 = ticks();
        for (size_t i = 0; i < n; i++) {
            uint64_t t = each ? ticks() : 0;
            struct pmm_event *e = &records[i & 511];
            e->order_id = i;
            e->commit = pmm_crc32c_inline((uint32_t)i, e, offsetof(struct pmm_event, commit));
            file[i] = *e;
            if (each) samples[i] = above(ticks() - t, least);
        }
        snprintf(name, sizeof name, "%s.bare", place);
        if (each)
            emit_quantiles(name, samples, n);
        else
            emit(name, ticks_to_ns(ticks() - t0) / (double)n);
    }
    munmap(file, n * 64);
    close(fd);
}

static void durable(const char *folder, size_t n) {
    char path[600];
    snprintf(path, sizeof path, "%s/bare", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    need(fd >= 0 && posix_fallocate(fd, 0, (off_t)(n * 64 + 4096)) == 0 && fsync(fd) == 0, "bare file");
    unlink(path);
    snprintf(path, sizeof path, "%s/journal", folder);
    struct pmm_journal journal;
    open_journal(&journal, path, PMM_SYNC_BATCH);
    prepare_all(&journal);
    pmm_journal_append(&journal, &records[0], 1); /* writes the prefaulted pages out */
    uint32_t *bare = samples, *mine = samples + n;
    for (size_t i = 0; i < n; i++) {
        uint64_t t0 = ticks();
        need(pwrite(fd, &records[0], 64, (off_t)(i * 64)) == 64 && fdatasync(fd) == 0, "bare append");
        bare[i] = (uint32_t)(ticks() - t0);
        t0 = ticks();
        need(pmm_journal_append(&journal, &records[0], 1) == 1, "durable append");
        mine[i] = (uint32_t)(ticks() - t0);
    }
    close(fd);
    emit_quantiles("durable.bare", bare, n);
    emit_quantiles("durable.ours", mine, n);
    pmm_journal_close(&journal);
    remove_folder(path);
}

/* A writer with a keeper on the other core, as the processes have it, over the ends of so many files. */
static void change_of_file(const char *folder, size_t files) {
    char path[600];
    snprintf(path, sizeof path, "%s/journal", folder);
    remove_folder(path);
    struct pmm_journal journal;
    need(pmm_journal_open(&journal, path, "bench", PMM_SOURCE_FEED, CHANGES_FILE, PMM_SYNC_NONE, 0) == 0, "open");
    pin(args.core_b);
    need(pmm_journal_keep(&journal) == 0, "pmm_journal_keep");
    pin(args.core_a);
    const size_t n = (files * CHANGES_FILE + CHANGES_FILE / 2) / CHANGES_BATCH;
    uint32_t worst = 0;
    uint64_t start = clock_ns();
    for (size_t i = 0; i < n; i++) {
        while (clock_ns() - start < i * CHANGES_BATCH * 1000000000u / CHANGES_RATE)
            continue;
        uint64_t file = journal.file_index, t = ticks();
        need(pmm_journal_append(&journal, records, CHANGES_BATCH) == CHANGES_BATCH, "append");
        samples[i] = (uint32_t)(ticks() - t);
        if (journal.file_index != file && samples[i] > worst) worst = samples[i];
    }
    need(journal.file_index == files, "files");
    pmm_journal_close(&journal);
    remove_folder(path);
    emit("change.worst", ticks_to_ns(worst));
    emit_quantiles("change.append", samples, n);
    emit("change.append.max", ticks_to_ns(samples[n - 1]));
}

#ifdef WITH_LMDB
static void lmdb(const char *folder, size_t n) {
    char path[600];
    snprintf(path, sizeof path, "%s/lmdb", folder);
    remove_folder(path);
    need(mkdir(path, 0700) == 0, "mkdir");
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    need(mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, (size_t)1 << 30) == 0 &&
             mdb_env_open(env, path, MDB_NOSYNC | MDB_WRITEMAP, 0600) == 0,
         "lmdb");
    need(mdb_txn_begin(env, NULL, 0, &txn) == 0 && mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &dbi) == 0 &&
             mdb_txn_commit(txn) == 0,
         "lmdb");
    uint64_t t0 = ticks();
    for (size_t i = 0; i < n;) {
        need(mdb_txn_begin(env, NULL, 0, &txn) == 0, "lmdb begin");
        for (size_t k = 0; k < TRANSACTION; k++, i++) {
            MDB_val key = {sizeof i, &i}, value = {sizeof records[k], &records[k]};
            need(mdb_put(txn, dbi, &key, &value, MDB_APPEND) == 0, "lmdb put");
        }
        need(mdb_txn_commit(txn) == 0, "lmdb commit");
    }
    emit("lmdb", ticks_to_ns(ticks() - t0) / (double)n);
    mdb_env_close(env);
    remove_folder(path);
}
#endif

#ifdef WITH_SQLITE
static void sqlite(const char *folder, size_t n) {
    char path[600];
    snprintf(path, sizeof path, "%s/sqlite", folder);
    remove_folder(path);
    need(mkdir(path, 0700) == 0, "mkdir");
    strcat(path, "/db");
    sqlite3 *db;
    sqlite3_stmt *insert;
    need(sqlite3_open(path, &db) == 0, "sqlite");
    const char *setup = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                        "CREATE TABLE journal(i INTEGER PRIMARY KEY, record BLOB)";
    need(sqlite3_exec(db, setup, NULL, NULL, NULL) == 0, "sqlite setup");
    need(sqlite3_prepare_v2(db, "INSERT INTO journal VALUES(?, ?)", -1, &insert, NULL) == 0, "sqlite prepare");
    uint64_t t0 = ticks();
    for (size_t i = 0; i < n;) {
        sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
        for (size_t k = 0; k < TRANSACTION; k++, i++) {
            sqlite3_bind_int64(insert, 1, (sqlite3_int64)i);
            sqlite3_bind_blob(insert, 2, &records[k], sizeof records[k], SQLITE_STATIC);
            need(sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == 0, "sqlite insert");
        }
        need(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == 0, "sqlite commit");
    }
    emit("sqlite", ticks_to_ns(ticks() - t0) / (double)n);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    snprintf(path, sizeof path, "%s/sqlite", folder);
    remove_folder(path);
}
#endif

int main(int argc, char **argv) {
    args = begin(argc, argv);
    const char *disk = args.more[0];
    size_t n = counting(&args) ? 10000 : amount(&args, RECORDS);
    for (size_t i = 0; i < TRANSACTION; i++)
        records[i] = (struct pmm_event){.recv_ns = (int64_t)i, .price = 60000, .quantity = 5, .kind = PMM_KIND_DEPTH};
    memset(samples, 1, sizeof samples);
    if (counting(&args)) {
        ours("tmpfs", args.scratch, n);
        emit("units.pmm_journal_append", 3.0 * (double)n);
        return 0;
    }
    for (int round = 0; round < args.rounds; round++) {
        ours("disk", disk, n);
        bare("disk", disk, n);
        ours("tmpfs", args.scratch, n);
        bare("tmpfs", args.scratch, n);
        durable(disk, amount(&args, DURABLE));
        change_of_file(disk, args.scale > 1 ? 1 : CHANGES);
#ifdef WITH_LMDB
        lmdb(disk, n / 4 / TRANSACTION * TRANSACTION);
#endif
#ifdef WITH_SQLITE
        sqlite(disk, n / 10 / TRANSACTION * TRANSACTION);
#endif
    }
    return 0;
}
