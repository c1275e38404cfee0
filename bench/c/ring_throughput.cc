/*
 * 64-byte records through one queue as fast as they go: one writer, one reader, a core each. The project's ring
 * between two processes, in bursts of 1, 8, 32 and 128 on both sides; the peers between threads, record by
 * record, and boost in bursts of 32 too, since it has a call for that. The reader checks every sequence number.
 */
#include "measure.h"

#include <boost/lockfree/spsc_queue.hpp>
#include <readerwriterqueue.h>
#include <sys/wait.h>
#include <thread>
#include <vector>

extern "C" {
#include "base/error.h"
#include "shared/ring.h"
}

static const size_t CAPACITY = 65536; /* a session's default */
static const size_t BURST_MAX = 128;
static arguments args;

struct gate {
    volatile uint64_t first_ns; /* the writer's, at its first record */
    volatile uint64_t last_ns;  /* the reader's, at its last */
    volatile uint32_t open;
};

static void check(const pmm_event *events, size_t n, uint64_t &expected) {
    for (size_t i = 0; i < n; i++)
        need(events[i].order_id == expected++, "order of records");
}

static void read_ring(const std::string &path, gate *shared, size_t n, size_t burst) {
    pin(args.core_b);
    pmm_ring ring;
    need(pmm_ring_open_reader(&ring, path.c_str()) == 0, "open reader");
    std::vector<pmm_event> batch(BURST_MAX);
    __atomic_store_n(&shared->open, 1, __ATOMIC_RELEASE);
    uint64_t expected = 0;
    while (expected < n) {
        size_t got = (size_t)pmm_ring_take(&ring, batch.data(), burst);
        if (got == 0) continue;
        check(batch.data(), got, expected);
        pmm_ring_release(&ring);
    }
    shared->last_ns = clock_ns();
    _exit(0);
}

static void ours(const char *name, size_t n, size_t burst) {
    std::string path = std::string(args.scratch) + "/ring";
    need(pmm_ring_create(path.c_str(), CAPACITY, "ring") == 0, "create");
    auto *shared = static_cast<gate *>(pages(4096));
    pid_t child = fork();
    if (child == 0) read_ring(path, shared, n, burst);
    pmm_ring ring;
    need(pmm_ring_open_writer(&ring, path.c_str()) == 0, "open writer");
    std::vector<pmm_event> batch(burst);
    while (!__atomic_load_n(&shared->open, __ATOMIC_ACQUIRE))
        ;
    shared->first_ns = clock_ns();
    for (uint64_t i = 0; i < n;) {
        size_t want = n - i < burst ? n - i : burst;
        for (size_t k = 0; k < want; k++)
            batch[k].order_id = i + k;
        size_t done = 0;
        while (done < want)
            done += (size_t)pmm_ring_push_burst(&ring, batch.data() + done, want - done);
        i += want;
    }
    waitpid(child, nullptr, 0);
    emit(name, (double)n * 1e3 / (double)(shared->last_ns - shared->first_ns));
    pmm_ring_close(&ring);
    unlink(path.c_str());
    munmap(shared, 4096);
}

template <class Queue> static void threads(const char *name, size_t n, size_t burst) {
    Queue queue;
    uint64_t last_ns = 0;
    volatile uint32_t open = 0;
    std::thread reader([&] {
        pin(args.core_b);
        std::vector<pmm_event> batch(burst);
        uint64_t expected = 0;
        __atomic_store_n(&open, 1, __ATOMIC_RELEASE);
        while (expected < n)
            check(batch.data(), queue.take(batch.data(), burst), expected);
        last_ns = clock_ns();
    });
    std::vector<pmm_event> batch(burst);
    while (!__atomic_load_n(&open, __ATOMIC_ACQUIRE))
        ;
    uint64_t first_ns = clock_ns();
    for (uint64_t i = 0; i < n;) {
        size_t want = n - i < burst ? n - i : burst;
        for (size_t k = 0; k < want; k++)
            batch[k].order_id = i + k;
        size_t done = 0;
        while (done < want)
            done += queue.give(batch.data() + done, want - done);
        i += want;
    }
    reader.join();
    emit(name, (double)n * 1e3 / (double)(last_ns - first_ns));
}

struct boost_queue {
    boost::lockfree::spsc_queue<pmm_event, boost::lockfree::capacity<CAPACITY>> queue;
    size_t give(const pmm_event *events, size_t n) { return n == 1 ? queue.push(*events) : queue.push(events, n); }
    size_t take(pmm_event *events, size_t n) { return n == 1 ? queue.pop(*events) : queue.pop(events, n); }
};

struct moodycamel_queue {
    moodycamel::ReaderWriterQueue<pmm_event> queue{CAPACITY};
    size_t give(const pmm_event *events, size_t) { return queue.try_enqueue(*events); }
    size_t take(pmm_event *events, size_t) { return queue.try_dequeue(*events); }
};

int main(int argc, char **argv) {
    args = begin(argc, argv);
    size_t n = amount(&args, 6000000);
    for (int round = 0; round < args.rounds + 1; round++) {
        if (round == 0) n /= 8; /* warms up; its figures are printed as another name */
        const char *prefix = round ? "" : "warm.";
        auto name = [&](const char *what) { return std::string(prefix) + what; };
        ours(name("ours1").c_str(), n, 1);
        threads<boost_queue>(name("boost").c_str(), n, 1);
        ours(name("ours8").c_str(), n, 8);
        threads<moodycamel_queue>(name("moodycamel").c_str(), n, 1);
        ours(name("ours32").c_str(), n, 32);
        threads<boost_queue>(name("boost32").c_str(), n, 32);
        ours(name("ours128").c_str(), n, 128);
        if (round == 0) n *= 8;
    }
    return 0;
}
