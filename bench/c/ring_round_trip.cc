/*
 * One record there and one back, both sides spinning on cores of their own. The project's ring runs between two
 * processes over a mapped file; the peers between two threads, as they are meant to; the bare line is one word
 * that two processes write in turns. All in one program, taken in turns.
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

static const size_t CAPACITY = 4096;
static const size_t BLOCK = 16;
static arguments args;

struct lines {
    alignas(128) volatile uint64_t word;
};

/* The counter steps by 10 ns on some machines: the typical round trip comes from blocks, the tail from single ones. */
static void sample(const char *name, std::vector<uint32_t> &samples) {
    size_t warm = samples.size() / 10, blocks = (samples.size() - warm) / BLOCK;
    std::vector<uint32_t> sums(blocks);
    for (size_t b = 0; b < blocks; b++)
        for (size_t i = 0; i < BLOCK; i++)
            sums[b] += samples[warm + b * BLOCK + i];
    qsort(sums.data(), blocks, sizeof sums[0], compare_u32);
    emit(name, ticks_to_ns(sums[blocks / 2]) / BLOCK);
    emit_quantiles(name, samples.data() + warm, samples.size() - warm);
}

static void bare(size_t n, std::vector<uint32_t> &samples) {
    auto *shared = static_cast<lines *>(pages(4096));
    pid_t child = fork();
    if (child == 0) {
        pin(args.core_b);
        for (uint64_t i = 1; i <= n; i++) {
            while (__atomic_load_n(&shared->word, __ATOMIC_ACQUIRE) != 2 * i - 1)
                ;
            __atomic_store_n(&shared->word, 2 * i, __ATOMIC_RELEASE);
        }
        _exit(0);
    }
    uint64_t last = ticks();
    for (uint64_t i = 1; i <= n; i++) {
        __atomic_store_n(&shared->word, 2 * i - 1, __ATOMIC_RELEASE);
        while (__atomic_load_n(&shared->word, __ATOMIC_ACQUIRE) != 2 * i)
            ;
        uint64_t now = ticks();
        samples[i - 1] = (uint32_t)(now - last);
        last = now;
    }
    waitpid(child, nullptr, 0);
    munmap(shared, 4096);
    sample("bare", samples);
}

static void wait_one(pmm_ring *ring, pmm_event *event) {
    while (pmm_ring_take(ring, event, 1) == 0)
        ;
}

static void echo(const std::string &there, const std::string &back, size_t n) {
    pin(args.core_b);
    pmm_ring in, out;
    need(pmm_ring_open_reader(&in, there.c_str()) == 0, "open reader");
    need(pmm_ring_open_writer(&out, back.c_str()) == 0, "open writer");
    pmm_event event;
    for (size_t i = 0; i < n; i++) {
        wait_one(&in, &event);
        pmm_ring_push_burst(&out, &event, 1);
        pmm_ring_release(&in);
    }
    _exit(0);
}

static void ours(size_t n, std::vector<uint32_t> &samples) {
    std::string there = std::string(args.scratch) + "/there", back = std::string(args.scratch) + "/back";
    need(pmm_ring_create(there.c_str(), CAPACITY, "there") == 0, "create");
    need(pmm_ring_create(back.c_str(), CAPACITY, "back") == 0, "create");
    pid_t child = fork();
    if (child == 0) echo(there, back, n);
    pmm_ring out, in;
    need(pmm_ring_open_writer(&out, there.c_str()) == 0, "open writer");
    need(pmm_ring_open_reader(&in, back.c_str()) == 0, "open reader");
    pmm_event event = {}, answer;
    uint64_t last = ticks();
    for (size_t i = 0; i < n; i++) {
        event.order_id = i;
        pmm_ring_push_burst(&out, &event, 1);
        pmm_ring_release(&in); /* of the answer before: while this record is under way */
        wait_one(&in, &answer);
        need(answer.order_id == i, "order of records");
        uint64_t now = ticks();
        samples[i] = (uint32_t)(now - last);
        last = now;
    }
    waitpid(child, nullptr, 0);
    pmm_ring_close(&out);
    pmm_ring_close(&in);
    unlink(there.c_str());
    unlink(back.c_str());
    sample("ours", samples);
}

template <class Queue> static void threads(const char *name, size_t n, std::vector<uint32_t> &samples) {
    Queue there, back;
    std::thread peer([&] {
        pin(args.core_b);
        pmm_event event;
        for (size_t i = 0; i < n; i++) {
            while (!there.pop(event))
                ;
            while (!back.push(event))
                ;
        }
    });
    pmm_event event = {}, answer;
    uint64_t last = ticks();
    for (size_t i = 0; i < n; i++) {
        event.order_id = i;
        while (!there.push(event))
            ;
        while (!back.pop(answer))
            ;
        uint64_t now = ticks();
        samples[i] = (uint32_t)(now - last);
        last = now;
    }
    peer.join();
    sample(name, samples);
}

struct boost_queue : boost::lockfree::spsc_queue<pmm_event, boost::lockfree::capacity<CAPACITY>> {};

struct moodycamel_queue {
    moodycamel::ReaderWriterQueue<pmm_event> queue{CAPACITY};
    bool push(const pmm_event &event) { return queue.try_enqueue(event); }
    bool pop(pmm_event &event) { return queue.try_dequeue(event); }
};

int main(int argc, char **argv) {
    args = begin(argc, argv);
    size_t n = amount(&args, 300000);
    std::vector<uint32_t> samples(n);
    for (int round = 0; round < args.rounds; round++) {
        bare(n, samples);
        ours(n, samples);
        threads<boost_queue>("boost", n, samples);
        threads<moodycamel_queue>("moodycamel", n, samples);
    }
    return 0;
}
