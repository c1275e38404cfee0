"""tools/setup.sh says what is wrong in one line and touches nothing that is not its own."""

import importlib.machinery
import os
import re
import shutil
import subprocess
import sys
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
    place.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    place.chmod(0o755)
    return str(place)


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path):
    kept = tmp_path / "mine" / "kept"
    kept.parent.mkdir()
    kept.write_text("mine", encoding="utf-8")
    code, errors = setup(kept.parent)
    assert (code, kept.read_text(encoding="utf-8")) == (1, "mine")
    assert errors == f"setup: {kept.parent} is there and is no virtual environment\n"


def test_an_old_python_is_refused_by_name(tmp_path):
    old = interpreter(tmp_path / "python3.9", 'case "$2" in *print*) echo 3.9;; *) exit 1;; esac')
    code, errors = setup(tmp_path / "venv", PYTHON3=old)
    assert code == 1
    assert errors.startswith(f"setup: {old} is 3.9: 3.11 or later is needed")
    assert not (tmp_path / "venv").exists()


def test_an_environment_of_another_version_than_was_asked_for_is_made_anew(tmp_path):
    place = tmp_path / "venv"
    (place / "bin").mkdir(parents=True)
    (place / "pyvenv.cfg").write_text("version = 3.11\n", encoding="utf-8")
    interpreter(place / "bin/python", 'case "$2" in *pip*) exit 0;; *) echo 3.11;; esac')
    asked = 'case "$*" in *print*version*) echo 3.99;; *sysconfig*) echo "$INCLUDE";;'
    asked += " *--clear*) exit 1;; esac"
    python = interpreter(tmp_path / "python3.99", asked)
    (tmp_path / "Python.h").touch()
    code, errors = setup(place, PYTHON3=python, INCLUDE=str(tmp_path))
    assert (code, errors) == (1, f"setup: {python} -m venv {place} failed\n")


def planned(**variables: str) -> str:
    """What `make build` would do in this checkout, which is built."""
    command = ["make", "-n", "build", *(f"{name}={value}" for name, value in variables.items())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_other_flags_are_another_build():
    """The stamp of a build has its flags in its name, and there is one stamp at a time."""
    stamps = {
        re.search(r"touch (\S+)", planned(LTO=lto, NATIVE=native, VENV="/nowhere"))[1]
        for lto in ("", "1")
        for native in ("", "1")
    }
    assert len(stamps) == 4
    assert "rm -f /nowhere/.built*\n" in planned(VENV="/nowhere")


def test_the_library_that_is_loaded_is_the_one_that_was_built_last(tmp_path):
    """A library of a name that Python prefers would stay in the way of every later build."""
    checkout = tmp_path / "a checkout"
    (checkout / "pinnacle/core").mkdir(parents=True)
    shutil.copytree(ROOT / "tools", checkout / "tools")
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    stale = [checkout / "pinnacle/core" / f"_native{end}" for end in (suffix, ".c", ".o")]
    for path in stale:
        path.touch()
    venv = checkout / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").touch()
    interpreter(venv / "bin/python", "exit 0")
    alone = {name: value for name, value in os.environ.items() if name != "PYTHON3"}
    subprocess.run(["sh", "tools/setup.sh", "venv"], cwd=checkout, check=True, env=alone)
    assert not any(path.exists() for path in stale)
    done = subprocess.run([sys.executable, "tools/cffi_build.py"], cwd=ROOT, capture_output=True)
    assert done.returncode == 1 and b"make build" in done.stderr


def test_an_unknown_fuzz_target_is_refused_with_those_there_are():
    command = ["sh", "tools/fuzz.sh", "1", "journals"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    told = re.fullmatch(r"fuzz: no target 'journals'; there are: (.+)\n", done.stderr)
    assert set(told[1].split()) == {path.name for path in (ROOT / "fuzz/seeds").iterdir()}


def test_ci_and_setup_are_executable_as_they_are_called():
    assert os.access(ROOT / ".ci/run", os.X_OK)
    for script in (ROOT / "tools").glob("*.sh"):
        assert subprocess.run(["sh", "-n", str(script)]).returncode == 0
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci/run")]).returncode == 0
