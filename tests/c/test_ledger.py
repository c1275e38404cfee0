"""Risk's ledger at the ends of the numbers, under sanitizers, against integers without an end."""

import random
import subprocess
from pathlib import Path

import pytest

from pinnacle.core.schema import Flag, Kind, Side
from tests.c.sources import CSRC, sources
from tests.ledger_oracle import LAST, Ledger
from tests.records import batch, event

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("event", "risk", "risk_check", "risk_ledger", "risk_orders")
ENDS = [0, 1, 2, 3, 7, 10**8, 2**31, 2**32 + 1, 2**40, 2**53 + 1, 2**60, 2**62 - 1, LAST - 1, LAST]
FEES = [-(10**8), -2000, 0, 4000, 10**8]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    made = tmp_path_factory.mktemp("ledger") / "ledger"
    command = ["gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror"]
    command += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I", CSRC]
    command += [ROOT / "tests" / "c" / "ledger.c", *sources(*SOURCES)]
    subprocess.run([*command, "-o", made], check=True)
    return made


def hold_against_the_oracle(program, maker_fee, taker_fee, steps):
    """Each step: (side, price, quantity, maker), or (mark,)."""
    oracle, rows, expected = Ledger(maker_fee, taker_fee), [], []
    for step in steps:
        if len(step) == 1:
            oracle.twice_mark = 2 * step[0]
            rows.append(event(Kind.TOP, price=step[0], quantity=1, order_id=step[0], aux=1))
        else:
            side, price, quantity, maker = step
            oracle.fill(*step)
            flags = Flag.MAKER if maker else 0
            rows.append(event(Kind.FILL, side=side, price=price, quantity=quantity, flags=flags))
        expected.append(list(oracle.shown().values()))
    done = subprocess.run(
        [program, str(maker_fee), str(taker_fee)], input=batch(*rows).tobytes(), capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    told = [list(map(int, line.split())) for line in done.stdout.decode().splitlines()]
    names = list(oracle.shown())
    order = ["cash", "cost", "realised", "unrealised", "fees", "turnover", "beyond"]
    order += ["position", "bought", "sold", "bid_fills", "ask_fills", "refused_reports"]
    assert names == order
    for i, (got, want) in enumerate(zip(told, expected, strict=True)):
        assert dict(zip(names, got, strict=True)) == dict(zip(names, want, strict=True)), steps[
            : i + 1
        ]
    return oracle


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_filled_the_ledger_is_exact_or_at_the_end_of_its_own_sign(program, seed):
    draw = random.Random(seed)
    for _ in range(6):
        steps = []
        for _ in range(150):
            if draw.random() < 0.2:
                steps.append((draw.choice(ENDS[1:]),))
                continue
            price, quantity = draw.choice(ENDS), draw.choice(ENDS)
            if draw.random() < 0.5:
                price, quantity = draw.randint(1, 10**12), draw.randint(1, 10**9)
            if draw.random() < 0.05:
                price = -price
            side = draw.choice([Side.BID, Side.BID, Side.ASK, Side.ASK, Side.NONE])
            steps.append((side, price, quantity, draw.random() < 0.5))
        hold_against_the_oracle(program, draw.choice(FEES), draw.choice(FEES), steps)


def test_one_bitcoin_in_rupiah_costs_what_it_costs(program):
    # BTCIDRT: 1.5e9 at a tick of 0.01 and a lot of 1e-8; one is 1.5e19 ticks x lots, beyond 63 bits
    tick, one, each = 150_000_000_000, 10**8, 10**6
    steps = [(tick,)] + [(Side.BID, tick, each, True)] * (one // each)
    steps += [(tick + 1_000_000,)] + [(Side.ASK, tick + 1_000_000, each, False)] * (one // each)
    oracle = hold_against_the_oracle(program, -1000, 10_000, steps)
    assert oracle.realised == 1_000_000 * one, "10,000 rupiah a bitcoin, exact in 63 bits"
    assert oracle.shown()["turnover"] == LAST and oracle.shown()["beyond"] == 32
    assert oracle.position == oracle.cost == 0


def test_ten_thousand_bitcoin_turn_over_what_they_turn_over(program):
    # 71,000 at a tick of 0.01 and a lot of 1e-8: turnover passed 63 bits after 9,223 of them
    steps = [(Side.BID, 7_100_000, 10**11, False), (Side.ASK, 7_100_000, 10**11, False)] * 10
    assert hold_against_the_oracle(program, 0, 0, steps).turnover == 7_100_000 * 10**11 * 20
