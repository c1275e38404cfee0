"""Sets of instruments, sources and owners, under sanitizers."""

import subprocess
from pathlib import Path

import pytest

from tests.c.mutants import without
from tests.c.sources import CSRC

HERE = Path(__file__).parent
WRONG = {
    "from within a word on": (
        "set.h",
        "        uint64_t word = set->words[i] & UINT64_MAX << from % 64;",
        "        uint64_t word = set->words[i];",
    ),
    "an id beyond": (
        "set.h",
        "    return id < PMM_INSTRUMENTS_MAX && (set->words[id / 64] >> id % 64 & 1);",
        "    return (int)(set->words[id / 64 % PMM_SET_WORDS] >> id % 64 & 1);",
    ),
    "a number beyond": (
        "source.h",
        "    if (!pmm_is_source(e->aux)) return;",
        "    if ((e->aux & 0xFF) > PMM_SOURCE_TRADERS) return;",
    ),
}


def outcome(folder, tree):
    binary = folder / "sets"
    flags = ["-O1", "-Wall", "-Wextra", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command = ["gcc", "-std=gnu11", *flags, f"-I{tree}", "-o", binary, HERE / "sets.c"]
    subprocess.run(command, check=True)
    return subprocess.run([binary], capture_output=True, text=True)


def test_a_set_and_the_peers_that_are_gone_are_what_was_put_into_them(tmp_path):
    result = outcome(tmp_path, CSRC)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", WRONG)
def test_the_check_sees_what_it_must(tmp_path, name):
    assert outcome(tmp_path, without(tmp_path, *WRONG[name])).returncode != 0
