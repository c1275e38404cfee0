"""A checkout with nothing beside it is enough: what else a test would read is named and skipped."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# In pieces, so that this file does not find itself.
OUTSIDE = re.compile(r'/ "sha' + r'red"|\.\./sha' + "red")


def test_only_one_module_knows_what_stands_beside_the_checkout():
    users = [
        path.relative_to(ROOT / "tests").as_posix()
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if OUTSIDE.search(path.read_text(encoding="utf-8"))
    ]
    assert users == ["beside.py"]


def run_tests(folder, text):
    (folder / "test_some.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["-p", "tests.conftest", "--rootdir", str(folder), str(folder / "test_some.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if line.startswith("not run here")]


def test_one_line_at_the_end_says_what_did_not_run_and_why(tmp_path):
    text = "import pytest\nfrom tests.beside import BESIDE, needs\n"
    text += 'absent = needs(BESIDE / "absent")\n'
    text += "@absent\ndef test_a(): ...\n@absent\ndef test_b(): ...\n"
    text += "def test_c():\n    pytest.skip('needs root')\n"
    because = "needs root: test_some (1); no shared/absent beside the checkout: test_some (2)"
    assert run_tests(tmp_path, text) == [f"not run here: {because}"]


def test_a_whole_run_says_nothing(tmp_path):
    assert run_tests(tmp_path, "def test_a(): ...\n") == []
