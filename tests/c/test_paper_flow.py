"""The paper venue under a long random flow, under sanitizers."""

import subprocess
from pathlib import Path

from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent
SOURCES = ("paper*", "book*", "ladder*", "snapshot", "segment", "locks", "pages", "crc32c", "clock")


def test_a_long_random_flow_breaks_no_invariant_and_touches_no_foreign_memory(tmp_path):
    program = tmp_path / "paper_flow"
    flags = ["-std=gnu11", "-O1", "-g", "-fsanitize=address,undefined"]
    flags += ["-fno-sanitize-recover=all", f"-I{CSRC}", "-o", str(program)]
    subprocess.run(["gcc", *flags, HERE / "paper_flow.c", *sources(*SOURCES)], check=True)
    result = subprocess.run([program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
