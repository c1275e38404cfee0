"""The orders of the shared memory plane, searched through by Spin; each model can fail."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
INSTALL = "apt-get install spin"
STATES_MAX = 2_000_000
# A process that never ends has an end that is never reached.
UNREACHED_BY_DESIGN = re.compile(r"proctype memory\n.*-end-.*\n\t\(1 of ")


class Search(NamedTuple):
    errors: int
    states: int
    output: str


def search(tmp_path: Path, model: str, *defines: str) -> Search:
    """Compile a model with the given faults planted and visit every state that it has."""
    spin = shutil.which("spin")
    assert spin, f"the models need Spin, which is not installed: {INSTALL}"
    flags = [f"-D{name}" for name in defines]
    made = subprocess.run(
        [spin, "-a", *flags, HERE / f"{model}.pml"], cwd=tmp_path, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout + made.stderr
    level = "-O0" if defines else "-O1"
    compiler = ["gcc", level, "-w", "-DSAFETY", "-DMEMLIM=1024"]
    subprocess.run([*compiler, "-o", "pan", "pan.c"], cwd=tmp_path, check=True)
    done = subprocess.run(["./pan", "-m100000"], cwd=tmp_path, capture_output=True, text=True)
    output = done.stdout
    assert "max search depth too small" not in output
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"(\d+) states, stored", output)
    assert errors and states, output + done.stderr
    return Search(int(errors[1]), int(states[1]), output)


@pytest.mark.parametrize(
    ("model", "defines"),
    [("ring", ()), ("seqlock", ()), ("bell", ()), ("bell", ("WRITER_DIES", "TIMEOUT"))],
)
def test_no_order_of_steps_and_deaths_breaks_a_promise(tmp_path, model, defines):
    found = search(tmp_path, model, *defines)
    assert found.errors == 0, found.output
    assert 1000 < found.states < STATES_MAX
    # A line that no order reaches would prove nothing.
    unreached = re.findall(r"unreached in (.*(?:\n\t.*)+)", found.output)
    assert len(unreached) >= 2
    for part in unreached:
        assert "(0 of " in part or UNREACHED_BY_DESIGN.match(part), part


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        (path.stem, fault)
        for path in sorted(HERE.glob("*.pml"))
        for fault in re.findall(r"^ \* +(BUG_\w+) ", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    + [("bell", "WRITER_DIES")],
)
def test_a_planted_fault_is_found(tmp_path, model, fault):
    assert f"def {fault}\n" in (HERE / f"{model}.pml").read_text(encoding="utf-8")
    assert search(tmp_path, model, fault).errors == 1
