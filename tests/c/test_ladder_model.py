"""The ladder against a plain array, under sanitizers."""

import subprocess
from pathlib import Path

HERE = Path(__file__).parent
CSRC = HERE.parent.parent / "csrc"


def test_a_ladder_agrees_with_a_plain_array_and_touches_no_foreign_memory(tmp_path):
    program = tmp_path / "ladder_model"
    subprocess.run(
        ["gcc", "-std=gnu11", "-O1", "-g", "-fsanitize=address,undefined"]
        + ["-fno-sanitize-recover=all", f"-I{CSRC}", "-o", str(program)]
        + [str(HERE / "ladder_model.c"), str(CSRC / "ladder.c")],
        check=True,
    )
    result = subprocess.run([program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
