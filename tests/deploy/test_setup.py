"""tools/setup.sh says what is wrong in one line and touches nothing that is not its own."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def setup(place: Path, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        ["sh", "tools/setup.sh", str(place)],
        cwd=ROOT,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stderr


def interpreter(place: Path, text: str) -> str:
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return str(place)


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path):
    kept = tmp_path / "mine" / "kept"
    kept.parent.mkdir()
    kept.write_text("mine")
    code, errors = setup(kept.parent)
    assert (code, kept.read_text()) == (1, "mine")
    assert errors == f"setup: {kept.parent} is there and is no virtual environment\n"


def test_an_old_python_is_refused_by_name(tmp_path):
    old = interpreter(tmp_path / "python3.9", 'case "$2" in *print*) echo 3.9;; *) exit 1;; esac')
    code, errors = setup(tmp_path / "venv", PYTHON3=old)
    assert code == 1
    assert errors.startswith(f"setup: {old} is 3.9: 3.11 or later is needed")
    assert not (tmp_path / "venv").exists()


def test_ci_and_setup_are_executable_as_they_are_called():
    assert os.access(ROOT / ".ci/run", os.X_OK)
    for script in (ROOT / "tools").glob("*.sh"):
        assert subprocess.run(["sh", "-n", str(script)]).returncode == 0
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci/run")]).returncode == 0
