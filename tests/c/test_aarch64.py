"""The C library on ARM64: compiled without a warning, and its programs under emulation.

Emulated threads are threads of this machine, whose memory is ordered more strongly than ARM's:
for the orders see test_memory_orders.py.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent
PACKAGES = "gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
EM_AARCH64 = 183
COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64"
#: What tools/cffi_build.py compiles with on such a machine, and no warning.
FLAGS = ["-std=gnu11", "-O2", "-ffp-contract=off", "-march=armv8-a+crc", "-pthread"]
FLAGS += ["-Wall", "-Wextra", "-Wshadow", "-Werror", f"-I{CSRC}"]

pytestmark = pytest.mark.long


def tool(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not installed: apt-get install {PACKAGES}"
    return found


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """All of csrc/ as an archive of ARM64 code."""
    folder = tmp_path_factory.mktemp("aarch64")
    files = sources("*")
    assert len(files) > 20
    subprocess.run([tool(COMPILER), *FLAGS, "-c", *files], cwd=folder, check=True)
    archive = folder / "libpinnacle.a"
    objects = sorted(folder.glob("*.o"))
    subprocess.run(["aarch64-linux-gnu-ar", "rc", archive, *objects], check=True)
    return archive


@pytest.fixture
def scratch():
    """A directory in memory where there is one: a journal's syncs cost nothing there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as path:
        yield path


@pytest.mark.parametrize(
    "program",
    [
        "crc32c_agreement",
        "ring_threads",
        "segment_edges",
        "journal_san",
        "ladder_model",
        "book_model",
        "l3book_model",
        "match",
        "decisions",
    ],
)
def test_a_program_that_is_right_here_is_right_on_arm64(library, tmp_path, scratch, program):
    binary = tmp_path / program
    source = HERE / f"{program}.c"
    subprocess.run([tool(COMPILER), *FLAGS, "-o", binary, source, library, "-lm"], check=True)
    machine = int.from_bytes(binary.read_bytes()[18:20], "little")
    assert machine == EM_AARCH64
    emulated = [tool(EMULATOR), "-L", "/usr/aarch64-linux-gnu", binary, scratch]
    done = subprocess.run(emulated, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_matching_engine_gives_the_same_counts_on_both_machines(library, tmp_path):
    source, outputs = HERE / "match.c", []
    native = [flag for flag in FLAGS if not flag.startswith("-march")]
    subprocess.run(
        ["gcc", *native, "-o", tmp_path / "here", source, *sources("*"), "-lm"], check=True
    )
    arm = tmp_path / "arm"
    subprocess.run([tool(COMPILER), *FLAGS, "-o", arm, source, library, "-lm"], check=True)
    for command in ([tmp_path / "here"], [tool(EMULATOR), "-L", "/usr/aarch64-linux-gnu", arm]):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        outputs.append(done.stdout + done.stderr)
    assert re.search(r"\d{3} records", outputs[0])
    assert outputs[0] == outputs[1]
