/* secrecy.c: what the kernel shows of this process's memory. */
#include "base/secrecy.h"

#include <errno.h>
#include <sys/prctl.h>

#include "base/error.h"

int pmm_process_dumpable(void) {
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    return dumpable < 0 ? PMM_ERR_SYSTEM : dumpable;
}

int pmm_process_undumpable(void) {
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return PMM_ERR_SYSTEM;
    int dumpable = pmm_process_dumpable();
    if (dumpable > 0) errno = EPERM;
    return dumpable == 0 ? PMM_OK : PMM_ERR_SYSTEM;
}
