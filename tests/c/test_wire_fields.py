"""The walk that all venues' scanners share, under ASan and UBSan, with a venue that is none."""

import subprocess
from pathlib import Path

import pytest

from tests.c.built import built
from tests.c.sources import sources

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["wire_fields", "wire_depth"])
def test_the_walk_gives_what_a_text_says_whatever_the_order_and_depth_of_fields(tmp_path, name):
    files = [HERE / f"{name}.c", *sources("decimal", "fields", "instant", "json", "parts")]
    program = built(tmp_path / name, files)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
