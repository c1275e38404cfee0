"""The mutation run: what it plants, what it remembers, and that a planted fault is found."""

from pathlib import Path

import pytest

from tools.mutants.__main__ import EQUIVALENT, chosen, targets
from tools.mutants.ledger import Ledger, StaleError, equivalents
from tools.mutants.source import mutants_of
from tools.mutants.workshop import BrokenBaseError, Verdict, Workshop

ROOT = Path(__file__).resolve().parents[2]
C = """int limit(int a, int b) {
    if (a > 3 && b) return 0;
    a += b;
    return a;
}
"""
PYTHON = '''class Thing:
    """2 is no number here."""

    def limit(self, a: int, b: int = 7) -> int:
        """Nor 3 here."""
        if a and not b:
            return 0
        log.info("said %d", 1)
        return a

    def nothing(self):
        return None
'''


def planted(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return {(m.line, m.after) for m in mutants_of(folder, name)}


def test_every_small_fault_is_planted_in_c(tmp_path):
    assert planted(tmp_path, "x.c", C) == {
        (2, "if (a >= 3 && b) return 0;"),
        (2, "if (a > 4 && b) return 0;"),
        (2, "if (a > 2 && b) return 0;"),
        (2, "if (a > 3 || b) return 0;"),
        (2, "if (a > 3 && b) return 1;"),
        (2, "if (a > 3 && b) ;"),
        (3, "a -= b;"),
        (3, ";"),
    }


def test_every_small_fault_is_planted_in_python_and_none_in_what_is_said(tmp_path):
    assert planted(tmp_path, "x.py", PYTHON) == {
        (6, "if a or not b:"),
        (7, "return 1"),
        (7, "pass"),
        (9, "pass"),
    }


def test_a_mutant_changes_its_own_place_and_nothing_else(tmp_path):
    (tmp_path / "x.c").write_text(C, encoding="utf-8")
    for mutant in mutants_of(tmp_path, "x.c"):
        changed = mutant.apply(C.encode()).decode()
        assert changed.replace(mutant.text, "", 1) != C
        lines = [
            (a, b) for a, b in zip(C.splitlines(), changed.splitlines(), strict=True) if a != b
        ]
        assert [(a.strip(), b.strip()) for a, b in lines] == [(mutant.before, mutant.after)]


def test_two_of_the_same_line_are_told_apart(tmp_path):
    (tmp_path / "x.c").write_text(
        "int f(int a) {\n    a++;\n    a++;\n    return a;\n}\n", encoding="utf-8"
    )
    keys = [mutant.key for mutant in mutants_of(tmp_path, "x.c")]
    assert len(set(keys)) == len(keys) == 2


def entry(mutant, **changes):
    fields = {name: getattr(mutant, name) for name in ("file", "function", "before", "after")}
    return "[[mutant]]\n" + "".join(
        f"{name} = {value!r}\n" for name, value in (fields | {"reason": "same"} | changes).items()
    )


def test_the_reviewed_list_grows_stale_loudly(tmp_path):
    (tmp_path / "x.c").write_text(C, encoding="utf-8")
    every, listed = mutants_of(tmp_path, "x.c"), tmp_path / "list.toml"
    listed.write_text(entry(every[0]) + entry(every[1]), encoding="utf-8")
    assert set(equivalents(listed, every)) == {every[0].key, every[1].key}
    for wrong in [{"before": "gone"}, {"function": "other"}, {"reason": " "}, {"occurrence": 2}]:
        listed.write_text(entry(every[0], **wrong), encoding="utf-8")
        with pytest.raises(StaleError, match=r"list\.toml: no such mutant"):
            equivalents(listed, every)
    listed.write_text(entry(every[0]) * 2, encoding="utf-8")
    with pytest.raises(StaleError):
        equivalents(listed, every)


def test_the_list_of_today_fits_the_source_and_every_target_is_there():
    table = targets()
    every = [mutant for file in table for mutant in mutants_of(ROOT, file)]
    equivalents(EQUIVALENT, every)
    assert len(every) > 2000 and len({mutant.key for mutant in every}) == len(every)
    asked = {test.partition("::")[0] for _, tests in table.values() for test in tests}
    assert all((ROOT / path).exists() for path in asked)
    assert chosen(["ring"], table) == ["csrc/ring.c"] and len(chosen([], table)) == len(table)
    with pytest.raises(SystemExit, match=r"no rings; there are: .* ring "):
        chosen(["rings"], table)


def test_a_verdict_is_kept_while_the_source_is_the_same(tmp_path):
    (tmp_path / "x.c").write_text(C, encoding="utf-8")
    (tmp_path / "test_x.py").write_text("", encoding="utf-8")
    first, second, *_ = mutants_of(tmp_path, "x.c")
    path, tests = tmp_path / "verdicts.json", ("test_x.py",)
    Ledger(path, tmp_path).put(first, tests, Verdict.KILLED)
    Ledger(path, tmp_path).put(second, tests, Verdict.SURVIVED)
    known = Ledger(path, tmp_path)
    assert known.get(first, tests) == Verdict.KILLED
    assert known.get(second, tests) == Verdict.SURVIVED
    (tmp_path / "test_x.py").write_text("# another test", encoding="utf-8")
    known = Ledger(path, tmp_path)
    assert (known.get(first, tests), known.get(second, tests)) == (Verdict.KILLED, None)
    (tmp_path / "x.c").write_text(C + "\n", encoding="utf-8")
    assert Ledger(path, tmp_path).get(first, tests) is None


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_fault_that_a_test_sees_is_killed_and_one_that_none_sees_survives(tmp_path):
    workshop = Workshop(ROOT, tmp_path / "copy", 60)
    of_ring = mutants_of(ROOT, "csrc/ring.c")
    seen = next(m for m in of_ring if m.function == "publish" and m.text == ";")
    assert workshop.judge(seen, ("tests/core/test_ring.py",)) == Verdict.KILLED
    assert workshop.judge(seen, ("tests/core/test_crc32c.py",)) == Verdict.SURVIVED
    assert (workshop.place / "csrc/ring.c").read_bytes() == (ROOT / "csrc/ring.c").read_bytes()
    workshop.base("tests/core/test_ring.py")
    workshop._seconds_max = 0.1
    with pytest.raises(BrokenBaseError, match=r"not done within the budget of 0\.1 s"):
        workshop.base("tests/core/test_bell.py")
