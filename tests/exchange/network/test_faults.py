"""What is done when: drawn from a seed, or read from a file."""

import itertools
import json
import os

import pytest

from pinnacle.core.errors import UsageError
from pinnacle.exchange.network.faults import FAULTS, Planned, check_names, drawn, time_needed
from pinnacle.exchange.network.running import read_plan

WARM_UP_S = 6.0
SOME = ["ban", "disconnect", "rest_lag"]


def test_a_seed_draws_the_same_and_another_one_something_else():
    first = drawn(list(FAULTS), 600.0, 7, WARM_UP_S)
    assert drawn(list(FAULTS), 600.0, 7, WARM_UP_S) == first
    assert drawn(list(FAULTS), 600.0, 8, WARM_UP_S) != first


@pytest.mark.parametrize("seed", range(10))
def test_each_is_drawn_once_before_any_is_drawn_again(seed):
    names = [planned.name for planned in drawn(SOME, 300.0, seed, WARM_UP_S)]
    rounds = [names[at : at + 3] for at in range(0, len(names), 3)]
    assert len(rounds) > 2 and len({tuple(turn) for turn in rounds}) > 1
    assert all(sorted(turn) == sorted(SOME) for turn in rounds[:-1])
    assert len(set(rounds[-1])) == len(rounds[-1])


@pytest.mark.parametrize("seed", range(10))
def test_one_is_over_before_the_next_and_the_last_before_the_end(seed):
    plan = drawn(list(FAULTS), 400.0, seed, WARM_UP_S)
    assert plan[0].begin_s >= WARM_UP_S + 1
    for one, other in itertools.pairwise(plan):
        assert 1.0 <= other.begin_s - one.end_s <= 3.0
    assert all(p.end_s - p.begin_s == pytest.approx(FAULTS[p.name].lasts_s) for p in plan)
    assert plan[-1].end_s <= 400.0 - 8.0


@pytest.mark.parametrize("seed", range(20))
def test_the_time_that_is_needed_is_enough_for_each(seed):
    for names in (["ban"], SOME, list(FAULTS)):
        plan = drawn(names, time_needed(names, WARM_UP_S), seed, WARM_UP_S)
        assert {planned.name for planned in plan} == set(names)


def test_in_no_time_nothing_is_drawn():
    assert drawn(SOME, 5.0, 1, WARM_UP_S) == []


def test_one_that_there_is_not_is_named_with_those_that_there_are():
    check_names(list(FAULTS))
    with pytest.raises(UsageError, match=r"^no fault 'rain'; there are: ack_lost_after_accept, .*"):
        check_names(["ban", "rain"])


# A file


def written(tmp_path, content):
    path = tmp_path / "faults.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def row(**changes):
    return {"name": "ban", "begin_s": 1.5, "end_s": 2} | changes


def test_a_plan_is_read_as_it_was_written(tmp_path):
    plan = read_plan(written(tmp_path, [row(), row(name="disconnect", begin_s=0, end_s=0.5)]))
    assert plan == [Planned("ban", 1.5, 2.0), Planned("disconnect", 0.0, 0.5)]
    assert read_plan(written(tmp_path, [])) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, r"not a plan of faults: Expected `array`, got `object`"),
        ([row(), row(begin_s="soon")], r"Expected `float`, got `str` - at `\$\[1\].begin_s`"),
        ([{"name": "ban", "begin_s": 1}], r"missing required field `end_s` - at `\$\[0\]`"),
        ([row(lasts=3)], r"unknown field `lasts` - at `\$\[0\]`"),
        ([row(begin_s=-1)], r">= 0.* - at `\$\[0\].begin_s`"),
        ([row(end_s=1.5)], r"end_s: 1.5 is not behind begin_s, 1.5 - at `\$\[0\]`"),
        (b'[\n{"name": "ban",\n begin_s: 1}]', r"line 3: not a plan of faults: JSON is malformed"),
        (b'[\n{"name": "ban",\n', r"line 3: not a plan of faults: Input data was truncated"),
        (b"", r"line 1: not a plan of faults: Input data was truncated"),
        (b'[{"name": "\xff"}]', r"line 1: not a plan of faults: .*utf-8"),
        (b"[" * 100_000, r"not a plan of faults: Expected `object`, got `array` - at `\$\[0\]`"),
    ],
)
def test_a_file_that_is_no_plan_is_told_by_its_line_or_key(tmp_path, content, words):
    path = written(tmp_path, content)
    with pytest.raises(UsageError, match=rf"^{path}: .*{words}") as error:
        read_plan(path)
    assert "\n" not in str(error.value)


def test_a_fault_of_a_file_that_there_is_not_is_told_with_the_file(tmp_path):
    path = written(tmp_path, [row(), row(name="rain")])
    with pytest.raises(UsageError, match=rf"^{path}: no fault 'rain'; there are: "):
        read_plan(path)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(UsageError, match=f"^{tmp_path}/none: No such file or directory$"):
        read_plan(tmp_path / "none")
    with pytest.raises(UsageError, match=f"^{tmp_path}: Is a directory$"):
        read_plan(tmp_path)
    if os.geteuid():
        path = written(tmp_path, [])
        path.chmod(0)
        with pytest.raises(UsageError, match=f"^{path}: Permission denied$"):
            read_plan(path)
