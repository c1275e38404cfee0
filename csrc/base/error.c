/* error.c: the words of each code. */
#include "base/error.h"

#include <stddef.h>

static const char *const TEXT[] = {
    "ok",
    "bad argument",
    "system call failed",
    "nothing there yet",
    "not ready yet",
    "not a Pinnacle file",
    "written by another format version",
    "written with another layout",
    "left over from another boot or a dead writer",
    "shorter than its header says",
    "owned by another live process",
    "damaged before later valid data",
    "full",
    "not found",
    "exists already",
    "number out of range",
    "text does not parse",
    "sequence gap",
    "book is crossed",
    "book is invalid until resynced",
};

const char *pmm_strerror(int code) {
    size_t index = (size_t)(code > 0 ? 0 : -code);
    return index < sizeof TEXT / sizeof TEXT[0] ? TEXT[index] : "unknown code";
}
