"""A process that holds secrets leaves no core, whatever kills it, and nobody reads its memory."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE_PATTERN = Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8").strip()
ELSEWHERE = CORE_PATTERN.startswith("|") or "/" in CORE_PATTERN
#: Waits, undumpable if it is told to be.
HOLDS = """
#include <stdio.h>
#include "base/secrecy.h"
int main(int count, char **words) {
    if (count > 1 && pmm_process_undumpable() < 0) return 1;
    printf("%d\\n", pmm_process_dumpable());
    fflush(stdout);
    return getchar() == EOF ? 0 : words != 0;
}
"""
FAILS = """
import resource, sys
from pinnacle.core.errors import PinnacleError
from pinnacle.vault import secrecy
class Refusing:
    def pmm_process_undumpable(self): return -2
    def pmm_process_dumpable(self): return 1
secrecy.lib = Refusing()
try:
    secrecy.keep_to_itself()
except PinnacleError as error:
    print(error, secrecy.keeps_to_itself())
"""


def holder(quiet, folder):
    """A process with a canary in its memory, that waits; with `quiet` it keeps it to itself."""
    program = (
        "import sys\n"
        "from pinnacle.vault.secrecy import keep_to_itself, keeps_to_itself\n"
        f"{'keep_to_itself()' if quiet else ''}\n"
        "canary = 'canary-' + 'of-the-memory' * 2\n"
        "print(keeps_to_itself(), flush=True)\n"
        "sys.stdin.read()\n"
    )

    def with_cores():
        unlimited = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (unlimited, unlimited))

    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=with_cores,
    )
    assert process.stdout.readline() == (b"True\n" if quiet else b"False\n")
    return process


def end(process):
    process.kill()
    process.communicate()


def cores(folder):
    return [path for path in folder.iterdir() if path.name.startswith("core")]


@pytest.mark.skipif(
    CORE_PATTERN.startswith("|") or "/" in CORE_PATTERN, reason="cores go elsewhere"
)
@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_CORE)[1] == 0, reason="no core may be written here"
)
def test_a_process_that_is_aborted_leaves_a_core_only_if_it_does_not_keep_to_itself(tmp_path):
    for quiet in (True, False):
        folder = tmp_path / str(quiet)
        folder.mkdir()
        process = holder(quiet, folder)
        process.send_signal(signal.SIGABRT)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGABRT
        left = cores(folder)
        assert [b"canary-of-the-memory" in core.read_bytes() for core in left] == (
            [] if quiet else [True]
        )


def test_its_limit_is_none_and_its_files_in_proc_are_roots(tmp_path):
    process = holder(True, tmp_path)
    try:
        limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="utf-8")
        assert "Max core file size        0                    0 " in limits
        assert Path(f"/proc/{process.pid}/environ").stat().st_uid == 0
    finally:
        end(process)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes itself another user")
@pytest.mark.skipif(
    not shutil.which("setpriv") or not shutil.which("gcc"), reason="no setpriv, gcc"
)
def test_another_process_of_the_same_user_cannot_read_its_memory():
    """As a user who is not root: root may."""
    user = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--inh-caps=-all"]
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        holds = Path(name, "holds")
        Path(f"{holds}.c").write_text(HOLDS, encoding="utf-8")
        sources = [f"{holds}.c", str(ROOT / "csrc/base/secrecy.c")]
        subprocess.run(["gcc", f"-I{ROOT / 'csrc'}", "-o", holds, *sources], check=True)
        for quiet in (True, False):
            process = subprocess.Popen(
                [*user, holds, *["quiet"][:quiet]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert process.stdout.readline() == (b"0\n" if quiet else b"1\n")
            look = [*user, "head", "-c1", f"/proc/{process.pid}/maps"]
            looked = subprocess.run(look, capture_output=True)
            end(process)
            assert (looked.returncode != 0) is quiet


def test_a_kernel_that_refuses_is_told_of():
    done = subprocess.run(
        [sys.executable, "-c", FAILS], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.startswith("this process could be dumped, with the secrets in it: ")
    assert done.stdout.endswith(" False\n")
