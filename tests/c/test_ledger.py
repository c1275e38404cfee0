"""Risk's ledger at the ends of the numbers, under sanitizers, against integers without an end."""

import random
import subprocess
from pathlib import Path

import pytest

from pinnacle.core.schema import Flag, Kind, Side
from tests.c.built import built
from tests.c.sources import sources
from tests.ledger_oracle import LAST, Dust, Ledger
from tests.records import batch, event

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("event", "risk", "risk_check", "risk_ledger", "risk_orders")
ENDS = [0, 1, 2, 3, 7, 10**8, 2**31, 2**32 + 1, 2**40, 2**53 + 1, 2**60, 2**62 - 1, LAST - 1, LAST]
BUST, FEE = "bust", "fee"
FEES = [-(10**8), -2000, 0, 4000, 10**8]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    files = [ROOT / "tests" / "c" / "ledger.c", *sources(*SOURCES)]
    return built(tmp_path_factory.mktemp("ledger") / "ledger", files)


#: Mantissa and decimals of a tick and of a lot; the product of some no 128 bits hold.
STEPS = [(1, 2), (5, 1), (1, 8), (1, 18), (10**18, 0), (2**62 - 1, 0), (3, 17)]


def hold_against_the_oracle(program, maker_fee, taker_fee, steps, tick=(1, 0), lot=(1, 0)):
    """Each step: (side, price, quantity, maker, told), with BUST in front where it is none;
    (mark,); (FEE, currency, amount, decimals).
    """
    product = (tick[0] * lot[0], tick[1] + lot[1])
    oracle = Ledger(maker_fee, taker_fee, base=Dust(*lot), quote=Dust(*product))
    rows, expected = [], []
    for step in steps:
        rows.append(as_record(step))
        if len(step) == 1:
            oracle.twice_mark = 2 * step[0]
        elif step[0] == FEE:
            oracle.fee(*step[1:])
        elif step[0] == BUST:
            oracle.bust(*step[1:])
        else:
            oracle.fill(*step)
        expected.append(list(oracle.shown().values()))
    terms = [program, *map(str, (maker_fee, taker_fee, *tick, *lot))]
    done = subprocess.run(terms, input=batch(*rows).tobytes(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    told = [list(map(int, line.split())) for line in done.stdout.decode().splitlines()]
    names = list(oracle.shown())
    order = ["cash", "cost", "realised", "unrealised", "fees", "turnover", "beyond"]
    order += ["position", "bought", "sold", "bid_fills", "ask_fills", "refused_reports"]
    order += ["base_dust_e18", "quote_dust_e18"]
    assert names == order
    for i, (got, want) in enumerate(zip(told, expected, strict=True)):
        assert dict(zip(names, got, strict=True)) == dict(zip(names, want, strict=True)), steps[
            : i + 1
        ]
    return oracle


def as_record(step):
    if len(step) == 1:
        return event(Kind.TOP, price=step[0], quantity=1, order_id=step[0], aux=1)
    if step[0] == FEE:
        return event(Kind.FEE, side=step[1], quantity=step[2], price=step[3])
    kind = Kind.FILL_BUSTED if step[0] == BUST else Kind.FILL
    side, price, quantity, maker, told = step[-5:]
    flags = (Flag.MAKER if maker else 0) | (Flag.FEE_TOLD if told else 0)
    return event(kind, side=side, price=price, quantity=quantity, flags=flags)


def any_step(draw, before):
    chance = draw.random()
    if chance < 0.15:
        return (draw.choice(ENDS[1:]),)
    if chance < 0.35:
        amount = draw.choice([*ENDS, draw.randint(1, 10**9)]) * draw.choice((1, 1, -1))
        return (FEE, draw.choice([1, 1, 2, 2, 3, 4, 0]), amount, draw.choice([0, 2, 8, 18, 18, 19]))
    fills = [step for step in before if len(step) == 5]
    if chance < 0.5 and fills:
        return (BUST, *draw.choice(fills))
    price, quantity = draw.choice(ENDS), draw.choice(ENDS)
    if draw.random() < 0.5:
        price, quantity = draw.randint(1, 10**12), draw.randint(1, 10**9)
    if draw.random() < 0.05:
        price = -price
    side = draw.choice([Side.BID, Side.BID, Side.ASK, Side.ASK, Side.NONE])
    fill = (side, price, quantity, draw.random() < 0.5, draw.random() < 0.3)
    return (BUST, *fill) if draw.random() < 0.05 else fill


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_filled_the_ledger_is_exact_or_at_the_end_of_its_own_sign(program, seed):
    draw = random.Random(seed)
    for _ in range(8):
        steps = []
        for _ in range(150):
            steps.append(any_step(draw, steps))
        terms = draw.choice(FEES), draw.choice(FEES)
        steps_of = draw.choice(STEPS), draw.choice(STEPS)
        hold_against_the_oracle(program, *terms, steps, *steps_of)


def test_fees_and_ends_of_fills_without_end_are_refused_before_anything_wraps(program):
    fill, end = (
        (Side.BID, LAST, LAST // 4, False, False),
        (BUST, Side.ASK, LAST, LAST // 4, False, True),
    )
    ends = [fill, end] * 40
    fees = [(FEE, 2, LAST, 0), (FEE, 2, -LAST, 0), (FEE, 1, LAST, 0), (FEE, 1, -LAST - 1, 0)] * 40
    oracle = hold_against_the_oracle(program, 10**8, 10**8, [*ends, *fees], (1, 9), (1, 9))
    assert oracle.refused_reports > 60


def test_one_bitcoin_in_rupiah_costs_what_it_costs(program):
    # BTCIDRT: 1.5e9 at a tick of 0.01 and a lot of 1e-8; one is 1.5e19 ticks x lots, beyond 63 bits
    tick, one, each = 150_000_000_000, 10**8, 10**6
    steps = [(tick,)] + [(Side.BID, tick, each, True, False)] * (one // each)
    steps += [(tick + 1_000_000,)] + [(Side.ASK, tick + 1_000_000, each, False, False)] * (
        one // each
    )
    oracle = hold_against_the_oracle(program, -1000, 10_000, steps)
    assert oracle.realised == 1_000_000 * one, "10,000 rupiah a bitcoin, exact in 63 bits"
    assert oracle.shown()["turnover"] == LAST and oracle.shown()["beyond"] == 32
    assert oracle.position == oracle.cost == 0


def test_ten_thousand_bitcoin_turn_over_what_they_turn_over(program):
    # 71,000 at a tick of 0.01 and a lot of 1e-8: turnover passed 63 bits after 9,223 of them
    steps = [(side, 7_100_000, 10**11, False, False) for side in (Side.BID, Side.ASK)] * 10
    assert hold_against_the_oracle(program, 0, 0, steps).turnover == 7_100_000 * 10**11 * 20
