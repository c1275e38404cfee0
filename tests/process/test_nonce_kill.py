"""A process that gives nonces may be killed at any moment: the next one gives none again."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pinnacle.venues.orders.mark import Mark
from pinnacle.venues.orders.nonces import SPARE

ROOT = Path(__file__).resolve().parents[2]


def started(path, ahead_us=0, behind_s=0.0, dies_at=None):
    command = [sys.executable, "-m", "tests.process.nonce_giver"]
    command += [str(path), str(ahead_us), str(behind_s)]
    return subprocess.Popen(
        command if dies_at is None else [*command, str(dies_at)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )


def killed(process, wait_s=0.0, read=b""):
    """The nonces that it gave until it was killed, so long after its first; None: by itself.

    `read`: what was read of it before.
    """
    given = read or process.stdout.read(1)
    if wait_s is not None:
        time.sleep(wait_s)
        process.kill()
    rest, told = process.communicate(timeout=30)
    assert process.returncode == -9 and told == b""
    lines = (given + rest).split(b"\n")
    return [int(line) for line in lines[:-1]]


@pytest.mark.parametrize("ahead_us", [0, 60_000_000])
def test_no_nonce_is_given_twice_or_smaller_across_kills_with_the_clock_set_back(
    tmp_path, ahead_us
):
    chance = random.Random(ahead_us)
    given = []
    for behind_s in (0, 0.5, 100):
        process = started(tmp_path / "key.nonces", ahead_us, behind_s)
        new = killed(process, chance.uniform(0, 0.03))
        assert len(new) > 0 and new == sorted(set(new))
        assert not given or new[0] > given[-1]
        given = new
    with Mark(tmp_path / "key.nonces") as kept:
        assert kept.value > given[-1]


@pytest.mark.long
def test_nor_across_many_kills_each_at_another_moment_while_every_thousandth_is_written(tmp_path):
    chance = random.Random(7)
    last, many = 0, 0
    for kill in range(150):
        process = started(tmp_path / "key.nonces", 0, kill)
        new = killed(process, chance.expovariate(100))
        assert new[0] > last and new == sorted(set(new))
        last, many = new[-1], many + len(new)
    assert many > 150 * SPARE // 10
    assert [file.name for file in tmp_path.iterdir()] == ["key.nonces"]


def test_a_kill_before_any_call_while_the_file_is_made_and_written_first_repeats_none(tmp_path):
    given = []
    for step in range(1, 18):
        path = tmp_path / f"{step}.nonces"
        new = killed(started(path, dies_at=step), wait_s=None)
        given.append(len(new))
        assert (len(new) > 0) <= path.exists()
        if path.exists():
            with Mark(path) as kept:
                assert kept.value > max(new, default=-1)
    assert given[0] == 0 and given[-1] > 0  # the steps were all of the way


def test_a_second_process_of_one_key_is_refused_by_name_and_follows_when_the_first_is_dead(
    tmp_path,
):
    path = tmp_path / "key.nonces"
    first = started(path)
    read = first.stdout.read(1)
    second = started(path)
    assert second.stdout.read() == b""
    told = second.communicate(timeout=30)[1].decode()
    assert told == f"{path}: another process uses this key: a key has one sender of orders\n"
    given = killed(first, read=read)
    assert killed(started(path))[0] > given[-1]
