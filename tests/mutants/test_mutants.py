"""The mutation run: what it plants, what it remembers, and that a planted fault is found."""

from contextlib import closing
from pathlib import Path

import pytest

from tools.mutants import __main__ as run_of
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
H = """static inline int good(int a) {
    if (a) return 1;
    return 0;
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


def test_nothing_is_planted_in_what_only_brings_memory_near(tmp_path):
    assert planted(tmp_path, "x.c", C.replace("limit", "pmm_ring_warm_reader")) == set()


def test_a_header_is_c_and_a_yes_is_made_a_no_alone(tmp_path):
    assert planted(tmp_path, "x.h", H) == {
        (2, "if (!(a)) return 1;"),
        (2, "if (a) return 0;"),
        (2, "if (a) ;"),
        (3, "return 1;"),
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
    for path, _, test in {test.partition("::") for _, tests in table.values() for test in tests}:
        assert (ROOT / path).exists(), path
        named = f"def {test.partition('[')[0]}("
        assert not test or named in (ROOT / path).read_text(encoding="utf-8"), test
    assert chosen(["ring"], table) == ["csrc/shared/ring.c"] and len(chosen([], table)) == len(
        table
    )
    with pytest.raises(SystemExit, match=r"no rings; there are: .* ring "):
        chosen(["rings"], table)


def test_a_verdict_is_kept_while_what_it_depends_on_is_the_same(tmp_path):
    for name, text in {"csrc/x.c": C, "csrc/x.h": H, "csrc/y.c": "", "tests/helper.py": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    killed, survived, *_ = mutants_of(tmp_path, "csrc/x.c")
    of_header = mutants_of(tmp_path, "csrc/x.h")[0]
    path = tmp_path / "verdicts.json"
    given = {killed: Verdict.KILLED, survived: Verdict.SURVIVED, of_header: Verdict.SAME}
    for mutant, verdict in given.items():
        Ledger(path, tmp_path).put(mutant, verdict)

    def known():
        ledger = Ledger(path, tmp_path)
        return [ledger.get(mutant) for mutant in given]

    assert known() == list(given.values())
    (tmp_path / "tests/helper.py").write_text("# a sharper oracle", encoding="utf-8")
    assert known() == [Verdict.KILLED, None, Verdict.SAME]
    (tmp_path / "csrc/y.c").write_text('#include "x.h"\n', encoding="utf-8")
    assert known() == [Verdict.KILLED, None, None]
    (tmp_path / "csrc/x.c").write_text(C + "\n", encoding="utf-8")
    assert known() == [None, None, None]


class Bench:
    """A workshop that finds every mutant, until one breaks it."""

    def __init__(self, _root, place, _budget):
        self.place, self.judged = place, 0
        benches.append(self)

    def judge(self, mutant, _tests):
        if mutant.function == "broken":
            raise BrokenBaseError("it fails without a mutant")
        self.judged += 1
        return Verdict.KILLED

    def close(self):
        self.closed = True


benches: list[Bench] = []


@pytest.mark.parametrize("jobs", [1, 3])
def test_each_mutant_is_judged_once_however_many_judge(tmp_path, monkeypatch, capsys, jobs):
    monkeypatch.setattr(run_of, "ROOT", tmp_path)
    monkeypatch.setattr(run_of, "Workshop", Bench)
    benches.clear()
    (tmp_path / "tests").mkdir()
    (tmp_path / "x.c").write_text(C, encoding="utf-8")
    every = mutants_of(tmp_path, "x.c")
    table = {"x.c": ("x", ("tests",))}
    assert run_of.run(every, table, {}, 60, 1, jobs) == 0
    assert sum(bench.judged for bench in benches) == len(every)
    assert len({bench.place for bench in benches}) == len(benches) == jobs
    assert all(bench.closed for bench in benches)
    assert f"{len(every)} killed" in capsys.readouterr().out
    assert run_of.run(every, table, {}, 60, 1, jobs) == 0
    assert sum(bench.judged for bench in benches) == len(every), "they are known"


def test_the_first_that_cannot_go_on_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(run_of, "ROOT", tmp_path)
    monkeypatch.setattr(run_of, "Workshop", Bench)
    benches.clear()
    (tmp_path / "tests").mkdir()
    (tmp_path / "x.c").write_text(C.replace("limit", "broken"), encoding="utf-8")
    with pytest.raises(BrokenBaseError):
        run_of.run(mutants_of(tmp_path, "x.c"), {"x.c": ("x", ("tests",))}, {}, 60, 1, 1)
    assert benches[0].judged == 0


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_fault_that_a_test_sees_is_killed_and_one_that_none_sees_survives(tmp_path):
    with closing(Workshop(ROOT, tmp_path / "copy", 60)) as workshop:
        see_mutants_judged(workshop)


def see_mutants_judged(workshop):
    of_ring = mutants_of(ROOT, "csrc/shared/ring.c")
    seen = next(m for m in of_ring if m.function == "publish" and m.text == ";")
    assert workshop.judge(seen, ("tests/core/test_ring.py",)) == Verdict.KILLED
    assert workshop.judge(seen, ("tests/core/test_crc32c.py",)) == Verdict.SURVIVED
    assert (workshop.place / "csrc/shared/ring.c").read_bytes() == (
        ROOT / "csrc/shared/ring.c"
    ).read_bytes()
    of_money = mutants_of(ROOT, "csrc/base/money.h")
    wide = next(m for m in of_money if m.function == "pmm_lots_add" and m.text == "!=")
    assert workshop.judge(wide, ("tests/risk/test_ledger.py",)) == Verdict.KILLED
    assert workshop.judge(wide, ("tests/core/test_crc32c.py",)) == Verdict.SURVIVED
    workshop.base("tests/core/test_ring.py")
    workshop._seconds_max = 0.1
    with pytest.raises(BrokenBaseError, match=r"not done within the budget of 0\.1 s"):
        workshop.base("tests/core/test_bell.py")
