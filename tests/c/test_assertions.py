"""An invariant that is broken ends the program and says which one it was."""

import subprocess
from pathlib import Path
from signal import SIGABRT

import pytest

from tests.c.sources import CSRC, sources
from tools.cffi_build import compile_arguments

HERE = Path(__file__).parent
PROGRAM = HERE / "broken_assertion.c"
SANITIZED = ["-std=gnu11", "-O1", "-g", "-fsanitize=address,undefined"]


def ended(tmp_path: Path, flags: list[str], what: str) -> subprocess.CompletedProcess:
    binary = tmp_path / "program"
    files = [PROGRAM, *sources("order_pool", "ladder", "ladder_far")]
    command = ["gcc", *flags, "-Werror", f"-I{CSRC}", f"-I{HERE}", "-o", binary, *files]
    subprocess.run(command, check=True)
    return subprocess.run([binary, what], capture_output=True, text=True)


@pytest.mark.parametrize("flags", [compile_arguments(), SANITIZED], ids=["default", "sanitized"])
@pytest.mark.parametrize(("what", "code"), [("nothing", 0), ("set-up", -SIGABRT)])
def test_a_set_up_that_breaks_an_invariant_ends_every_build(tmp_path, flags, what, code):
    done = ended(tmp_path, flags, what)
    assert done.returncode == code
    said = [line for line in done.stderr.splitlines() if "this must hold" in line]
    assert len(said) == (code != 0)
    assert all(
        f"{CSRC}/book/order_pool.c:" in line and "head == pmm_lines" in line for line in said
    )


@pytest.mark.parametrize(
    "flags",
    [SANITIZED, [*compile_arguments(), "-DPMM_ASSERT_EVERYWHERE"]],
    ids=["sanitized", "everywhere"],
)
def test_what_is_asserted_per_record_ends_a_build_for_tests(tmp_path, flags):
    done = ended(tmp_path, flags, "run")
    assert done.returncode == -SIGABRT
    assert "order->leaves > 0" in done.stderr
