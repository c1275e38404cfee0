"""The walk that all venues' scanners share, under ASan and UBSan, with a venue that is none."""

import subprocess
from pathlib import Path

import pytest

from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["wire_fields", "wire_depth"])
def test_the_walk_gives_what_a_text_says_whatever_the_order_and_depth_of_fields(tmp_path, name):
    program = tmp_path / name
    command = ["gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-I", CSRC]
    command += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", program]
    command += [HERE / f"{name}.c", *sources("decimal", "fields", "instant", "json", "parts")]
    subprocess.run(command, check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
