"""The benchmark harness: one cheap figure from the source to the files that it leaves."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.harness.row import Target, missing, row
from bench.harness.session import APART, spread, spread_words

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"name", "value", "unit", "better", "runs", "note"}
KEYS |= {"peer", "peer_value", "ratio", "target", "met"}
MACHINE = {"cpu", "cores", "kernel", "compiler", "python", "pinning", "date"}


def run_bench(out, *figures):
    command = [sys.executable, "-m", "bench", "--quick", "--out", str(out), *figures]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.long
def test_a_quick_run_of_one_figure_leaves_results_and_a_picture(tmp_path):
    done = run_bench(tmp_path, "risk")
    assert done.returncode == 0, done.stderr
    assert "pre-trade risk, approved" in done.stdout
    result = json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))
    assert set(result["machine"]) == MACHINE
    approved = next(r for r in result["rows"] if r["name"] == "pre-trade risk, approved")
    assert set(approved) >= KEYS
    assert len(approved["runs"]) == 3
    assert approved["value"] == sorted(approved["runs"])[1] > 0
    assert isinstance(approved["met"], bool)
    assert ElementTree.parse(tmp_path / "latest.svg").getroot().tag.endswith("svg")


def test_a_figure_that_nobody_knows_is_refused_with_those_there_are(tmp_path):
    done = run_bench(tmp_path, "no_such_figure")
    assert done.returncode == 2
    assert "no_such_figure" in done.stderr
    assert "ring_round_trip" in done.stderr


@pytest.mark.parametrize(
    ("better", "form", "bound", "value", "peer", "met"),
    [
        ("less", "value", 60, 59, 1, True),
        ("less", "value", 60, 61, 1, False),
        ("less", "ratio", 1.4, 130, 100, True),
        ("less", "ratio", 1.4, 150, 100, False),
        ("less", "times", 6, 10, 70, True),
        ("less", "times", 6, 10, 50, False),
        ("more", "ratio", 2, 250, 100, True),
        ("more", "ratio", 2, 150, 100, False),
        ("more", "value", 200, 190, 1, False),
        ("more", "times", 2, 250, 100, True),
    ],
)
def test_a_row_is_judged_by_the_form_of_its_target(better, form, bound, value, peer, met):
    made = row(
        "x",
        "ns",
        [value, value * 3, value / 3],
        better=better,
        peer="other",
        peer_runs=[peer],
        target=Target(form, bound),
    )
    assert made.value == value
    assert made.met is met


def test_what_was_not_measured_has_a_reason_and_no_verdict():
    made = missing("x", "ns", "needs two cores")
    assert made.met is None
    assert made.value is None
    assert "needs two cores" in made.note


@pytest.mark.parametrize("cores", range(1, 9))
def test_each_process_has_a_core_of_its_own_as_far_as_they_go_and_the_note_says_which(cores):
    place = spread([2 * core for core in range(cores)])
    alone = [role for role in place if list(place.values()).count(place[role]) == 1]
    assert alone == list(APART[: cores - 1 if cores < len(APART) else len(APART)])
    words = spread_words(place)
    assert words.startswith(f"{min(cores, len(APART))} cores for {len(APART)} processes")
    assert ("yield" in words) == (cores < len(APART))
    assert all(role in words for role in APART)
