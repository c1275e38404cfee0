"""The wheel is the whole program: built from the source archive, installed, run from elsewhere."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import pinnacle

ROOT = Path(__file__).resolve().parents[2]
#: Beside these a checkout holds its sources and nothing else.
MADE = {"build", "dist", "data", ".git", ".venv", ".pytest_cache", ".ruff_cache", ".hypothesis"}
MADE |= {".mypy_cache", ".cache", "out"}
SOURCES = [
    path
    for path in sorted(ROOT.iterdir())
    if path.name not in MADE and path.suffix not in {".egg-info", ".json"}
]
BUILT = shutil.ignore_patterns("__pycache__", "*.so", "_native.c", "*.o", "out", "*.egg-info")

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


def run(*command, cwd: Path, **variables: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | variables
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """The source archive, built in a copy of the checkout."""
    folder = tmp_path_factory.mktemp("checkout")
    for source in SOURCES:
        if source.is_dir():
            shutil.copytree(source, folder / source.name, ignore=BUILT)
        else:
            shutil.copy(source, folder)
    build = "from setuptools import build_meta as b; print(b.build_sdist('dist'))"
    name = run(sys.executable, "-c", build, cwd=folder).split()[-1]
    return folder / "dist" / name


@pytest.fixture(scope="module")
def wheel(archive: Path, tmp_path_factory) -> Path:
    """The wheel, built by pip from the archive alone."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-q"]
    run(*pip, archive, "-w", folder, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory) -> Path:
    """An environment with the wheel, and this environment's packages for its dependencies."""
    place = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(place, with_pip=False)
    python = place / "bin/python"
    run(sys.executable, "-m", "pip", f"--python={python}", "install", "-q", "--no-deps", wheel,
        cwd=place)  # fmt: skip
    (packages,) = place.glob("lib/python3*/site-packages")
    # Behind the environment's own packages, and without the checkout that is installed there.
    mine = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "dependencies.pth").write_text("\n".join(mine) + "\n", encoding="utf-8")
    return place


def test_the_source_archive_holds_what_a_build_and_a_test_need(archive):
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    wanted = {
        str(path.relative_to(ROOT))
        for source in SOURCES
        for path in (source.rglob("*") if source.is_dir() else [source])
        if path.is_file()
        and not {*MADE, "__pycache__"} & {*path.relative_to(ROOT).parts}
        and "_native" not in path.name
    }
    assert len(wanted) > 300
    assert wanted - names == set()
    assert not [name for name in names if name.endswith((".so", ".pyc"))]


def test_the_source_archive_passes_its_own_tests(archive, tmp_path):
    run("tar", "-xzf", archive, cwd=tmp_path)
    (folder,) = tmp_path.iterdir()
    run(sys.executable, "setup.py", "-q", "build_ext", "--inplace", cwd=folder)
    own = "import pinnacle.core._native as native; print(native.__file__)"
    assert Path(run(sys.executable, "-c", own, cwd=folder).strip()).is_relative_to(folder)
    some = ["tests/docs", "tests/bench", "tests/core/test_ring.py", "tests/test_tidy.py"]
    some += ["tests/test_alone.py", "tests/test_floors.py", "tests/c/test_fuzz_seeds.py"]
    assert " passed" in run(
        sys.executable, "-m", "pytest", "-v", "-m", "not long", *some, cwd=folder
    )
    assert "pinnacle" in run("make", "-n", "check", "bench", "test", cwd=folder)
    run(sys.executable, "-m", "ruff", "check", ".", cwd=folder)


def test_the_wheel_holds_every_module_and_every_file_of_the_page(wheel):
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    package = ROOT / "pinnacle"
    wanted = {
        str(path.relative_to(ROOT))
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith("_native")
    }
    assert wanted - names == set()
    assert any(re.fullmatch(r"pinnacle/core/_native.*\.so", name) for name in names)
    assert not [name for name in names if name.startswith(("tests/", "tools/", "csrc/"))]


def test_an_installed_wheel_runs_without_the_checkout(installed, tmp_path):
    program = installed / "bin/pinnacle"
    assert pinnacle.__version__ in run(program, "--version", cwd=tmp_path)
    for config in sorted((ROOT / "config").glob("*.toml")):
        shipped = installed / "share/pinnacle/config" / config.name
        assert "good" in run(program, "config", "check", shipped, cwd=tmp_path)
    native = "import pinnacle.core._native as n; print(n.__file__)"
    found = Path(run(installed / "bin/python", "-c", native, cwd=tmp_path).strip())
    assert found.is_relative_to(installed)
    assert (installed / "bin/pinnacle-replay").exists()
    assert (installed / "share/pinnacle/systemd/pinnacle@.target").exists()


def test_an_installed_wheel_runs_a_session(installed, tmp_path):
    config = installed / "share/pinnacle/config/demo.toml"
    text = config.read_text(encoding="utf-8").replace(
        "[session]\n", f'[session]\nruntime_dir = "{tmp_path}/run"\ndata_dir = "{tmp_path}/data"\n'
    )
    (tmp_path / "demo.toml").write_text(text, encoding="utf-8")
    command = [installed / "bin/pinnacle", "run", "demo.toml", "--duration", "3", "--port", "0"]
    assert "fills" in run(*command, "--name", "s", cwd=tmp_path)
    assert {path.name for path in (tmp_path / "data/s").iterdir()} >= {
        "strategy",
        "risk",
        "gateway",
    }
