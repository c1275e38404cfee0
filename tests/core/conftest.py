"""Shared by the tests of what the system refuses."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    """A library to preload under which syncs fail and disks are full: see journal_shim.c."""
    path = tmp_path_factory.mktemp("build") / "journal_shim.so"
    source = HERE / "journal_shim.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", path, source, "-ldl"], check=True)
    return str(path)
