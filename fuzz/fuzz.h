/*
 * fuzz.h: what the fuzz targets share.
 *
 * Each target is one LLVMFuzzerTestOneInput, driven by libFuzzer (`make fuzz`) or by standalone.c
 * over the kept seeds (tests/c/test_fuzz_seeds.py). A target that needs files makes them in the folder that
 * the environment names (FUZZ_FOLDER). It may be in /dev/shm; whoever set it removes it.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise that does not hold: the fuzzer keeps the input that led here. */
#define HOLD(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

struct input {
    const uint8_t *data;
    size_t left;
};

/* The next bytes of the input, little endian; zeroes where it has ended. */
static inline uint64_t take(struct input *input, size_t bytes) {
    uint64_t value = 0;
    size_t n = bytes < input->left ? bytes : input->left;
    memcpy(&value, input->data, n);
    input->data += n;
    input->left -= n;
    return value;
}

/* Patches an image as the input says: places (2 bytes), lengths (1 to 8), bytes. */
static inline void edit(struct input *input, uint8_t *image, size_t bytes) {
    while (input->left > 0 && bytes > 8) {
        size_t at = take(input, 2) % (bytes - 8), n = 1 + take(input, 1) % 8;
        uint64_t value = take(input, n);
        memcpy(image + at, &value, n);
    }
}

static inline const char *in_folder(const char *name) {
    static char path[1024];
    const char *folder = getenv("FUZZ_FOLDER");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", name);
    return path;
}

static inline void write_file(const char *path, const void *bytes, size_t n) {
    FILE *file = fopen(path, "wb");
    HOLD(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

#endif
