/*
 * Runs a fuzz target over files and over mutations of them, the same ones each time.
 * usage: TARGET MUTATIONS FILE...
 */
#include "fuzz.h"

#define BYTES_MAX 4096

static uint64_t state = 88172645463325252ull;

static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* In a block of its exact size, so that a byte read behind it is found. */
static void run(const uint8_t *data, size_t size) {
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static size_t mutate(uint8_t *data, size_t size) {
    static const uint8_t TELLING[] = {0, 1, 0x7F, 0x80, 0xFF, '"', '{', '[', '-', '.', '9', 'e'};
    for (uint64_t n = 1 + next_random() % 6; n > 0 && size > 0; n--) {
        size_t at = next_random() % size, length = 1 + next_random() % (size - at);
        switch (next_random() % 5) {
        case 0: data[at] ^= (uint8_t)(1u << next_random() % 8); break;
        case 1: data[at] = TELLING[next_random() % sizeof TELLING]; break;
        case 2: data[at] = (uint8_t)next_random(); break;
        case 3: /* cut a piece out */
            memmove(data + at, data + at + length, size - at - length);
            size -= length;
            break;
        default: /* double a piece */
            length = length > BYTES_MAX - size ? BYTES_MAX - size : length;
            memmove(data + at + length, data + at, size - at);
            size += length;
        }
    }
    return size;
}

int main(int argc, char **argv) {
    static uint8_t seed[BYTES_MAX], data[BYTES_MAX];
    if (argc < 3) return 2;
    for (int i = 2; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) return 2;
        size_t size = fread(seed, 1, sizeof seed, file);
        fclose(file);
        run(seed, size);
        for (int n = atoi(argv[1]); n > 0; n--) {
            memcpy(data, seed, size);
            run(data, mutate(data, size));
        }
    }
    printf("%d files\n", argc - 2);
    return 0;
}
