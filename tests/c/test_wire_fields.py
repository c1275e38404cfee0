"""The walk that all venues' scanners share, under ASan and UBSan, with a venue that is none."""

import subprocess
from pathlib import Path

from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent


def test_the_walk_gives_exact_numbers_and_their_text_whatever_the_order_of_fields(tmp_path):
    program = tmp_path / "wire_fields"
    command = ["gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-I", CSRC]
    command += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", program]
    command += [HERE / "wire_fields.c", *sources("decimal", "fields", "instant", "json")]
    subprocess.run(command, check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
