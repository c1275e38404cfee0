"""The paper venue under a long random flow, under sanitizers."""

import subprocess
from pathlib import Path

from tests.c.built import built
from tests.c.sources import sources

HERE = Path(__file__).parent
SOURCES = ("paper*", "book*", "ladder*", "snapshot", "segment", "locks", "pages", "crc32c", "clock")


def test_a_long_random_flow_breaks_no_invariant_and_touches_no_foreign_memory(tmp_path):
    files = [HERE / "paper_flow.c", *sources(*SOURCES)]
    program = built(tmp_path / "paper_flow", files)
    result = subprocess.run([program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
