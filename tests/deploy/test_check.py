"""`make check` finds what it is there to find: one fault is planted at a time."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENV = Path(sys.executable).parents[1]
FAULTS = {
    "spaces": ("int  pmm_planted;\n", "clang-format"),
    "sign": ("unsigned char pmm_planted(long a);\n"
             "unsigned char pmm_planted(long a) { return a; }\n", "-Werror=conversion"),
    "null": ("int pmm_planted(int a);\n"
             "int pmm_planted(int a) {\n    int *p = a > 3 ? &a : (int *)0;\n    return *p;\n}\n",
             "-Werror=analyzer"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_c_sources_are_held(tmp_path, fault):
    for folder in ("csrc", "tools", "fuzz", "bench", "tests"):
        (tmp_path / folder).mkdir()
    for name in ("check_c.sh",):
        shutil.copy(ROOT / "tools" / name, tmp_path / "tools")
    shutil.copy(ROOT / ".clang-format", tmp_path)
    (tmp_path / "csrc/base").mkdir()
    for name in ("error.c", "error.h"):
        shutil.copy(ROOT / "csrc/base" / name, tmp_path / "csrc/base")
    text, words = FAULTS.get(fault, ("", ""))
    with (tmp_path / "csrc/base/error.c").open("a", encoding="utf-8") as file:
        file.write(text)
    command = ["sh", "tools/check_c.sh", str(VENV)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode != 0) == (fault is not None), done.stderr
    assert words in done.stderr
