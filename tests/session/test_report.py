"""The report of a session's folder: what it counts, what it says of an end that nobody wrote."""

import errno
import json
import re
import shutil

import msgspec
import numpy as np
import pytest

from pinnacle.core.errors import ConfigError, DataError, ShortageError
from pinnacle.core.instruments import write_list
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import scan
from pinnacle.core.schema import Flag, Kind, Reason, Side, Source
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import read_session, to_toml
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.run_marks import start_records
from pinnacle.session.create import create_session, remove_session
from pinnacle.session.ending import Ending, Latency, read_ending, write_ending
from pinnacle.session.report import build_report, report_text, summary
from tests.records import batch, event
from tests.sessions import demo_config

S = 1_000_000_000
ENDING = Ending(
    tick_to_order=Latency(count=3, p50=20_060, p99=300_000, p999=400_000),
    processes={"risk": {"restarts": 1, "rss_mb": 60.5}},
    lost_records=7,
)


def top(at_s, bid, ask):
    return event(
        Kind.TOP, recv_ns=int(at_s * S), price=bid, quantity=1, order_id=ask, aux=1, source=4
    )


def new(at_s, order_id, side, price, quantity=1000):
    fields = {"side": side, "price": price, "quantity": quantity, "order_id": order_id}
    return event(Kind.NEW, recv_ns=int(at_s * S), flags=Flag.DECISION, source=Source.RISK, **fields)


def came(kind, at_s, order_id, side=Side.BID, price=0, quantity=0, **more):
    fields = {"side": side, "price": price, "quantity": quantity, "order_id": order_id} | more
    return event(kind, recv_ns=int(at_s * S), source=Source.GATEWAY, **fields)


def whole_day():
    """Two orders of BTC-USD that rest together from 5 to 10 s: bought at 9990, sold at 10010."""
    return [
        event(Kind.START, recv_ns=1 * S, order_id=1, source=Source.RISK),
        top(1, 9_995, 10_005),
        new(4, 11, Side.BID, 9_990),
        new(4, 12, Side.ASK, 10_010),
        came(Kind.ACK, 4, 11),
        came(Kind.ACK, 5, 12, Side.ASK),
        came(Kind.FILL, 8, 11, Side.BID, 9_990, 400, flags=Flag.MAKER),
        came(Kind.FILL, 10, 11, Side.BID, 9_990, 600, flags=Flag.MAKER),
        came(Kind.FILL, 11, 12, Side.ASK, 10_010, 1000, flags=Flag.MAKER),
        came(Kind.REJECTED, 12, 13, flags=Flag.DECISION, reason=Reason.PRICE_COLLAR),
        event(Kind.TIMER, recv_ns=13 * S, source=Source.RISK),
    ]


@pytest.fixture
def session(tmp_path):
    """A function: a session's folder whose risk process journalled these records."""

    def made(records):
        config_path, paths = demo_config(tmp_path, "made")
        config = load_session(config_path)
        paths.data.mkdir(parents=True)
        paths.config.write_text(to_toml(config), encoding="utf-8")
        write_list(paths.instrument_list, config.instrument_list())
        with Journal.open(paths.journal("risk"), "made", Source.RISK, 4096, Sync.NONE) as journal:
            journal.append_array(np.ascontiguousarray(batch(*records)))
        return paths

    return made


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        (
            "config.toml",
            'position_max = "',
            'position_max = "1000',
            "not what .*/risk was written with; restore it",
        ),
        ("instruments.json", '"taker_fee_e8": ', '"taker_fee_e8": 7', "its instruments are not"),
    ],
)
def test_a_folder_whose_parameters_were_changed_afterwards_gives_no_report(
    session, file, before, after, words
):
    paths = session(whole_day())
    shutil.rmtree(paths.journal("risk"))
    config = load_session(paths.config)
    origin = origin_of(config.risk, config.instrument_list())
    start = start_records(Source.RISK, 1, S, 0, origin, [])
    with Journal.open(paths.journal("risk"), "made", Source.RISK, 4096, Sync.NONE) as journal:
        journal.append_array(np.concatenate([start, *whole_day()[1:]]))
    assert build_report(paths)["runs"] == 1
    path = paths.data / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(DataError, match=words):
        build_report(paths)


@pytest.fixture
def of_a_class(tmp_path):
    """Of a session with a strategy of the user's own, whose module is gone."""
    config_path, paths = demo_config(
        tmp_path, "made", "two-venues.toml", change=lambda text: text.replace("my_mm:", "gone_mm:")
    )
    config = read_session(config_path)
    paths.data.mkdir(parents=True)
    paths.config.write_text(to_toml(config), encoding="utf-8")
    write_list(paths.instrument_list, config.instrument_list())
    with Journal.open(paths.journal("risk"), "made", Source.RISK, 4096, Sync.NONE) as journal:
        journal.append_array(np.ascontiguousarray(batch(*whole_day())))
    return paths


def test_what_risk_counted_is_told_without_the_authors_code(of_a_class):
    assert build_report(of_a_class)["instruments"]["alpha:BTC-USD"]["orders"]["filled"] == 2


def test_a_configuration_that_cannot_be_is_named_by_its_file(of_a_class):
    text = of_a_class.config.read_text(encoding="utf-8")
    limits = re.search(r'^\[risk\.limits\."alpha:ETH-USD"\]\n(.+\n)+', text, re.M)
    of_a_class.config.write_text(text.replace(limits[0], ""), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.toml: risk\.limits.*alpha:ETH-USD.*missing"):
        build_report(of_a_class)


def test_orders_fills_and_refusals_are_counted(session):
    row = build_report(session(whole_day()))["instruments"]["BTC-USD"]
    assert row["orders"] == {
        "sent": 2,
        "acknowledged": 2,
        "filled": 2,
        "cancelled": 0,
        "rejected": {"PRICE_COLLAR": 1},
    }
    assert row["fills"] == {"bid": 2, "ask": 1}


def test_the_pnl_is_what_risk_counted_and_its_total_takes_the_fees_off(session):
    paths = session(whole_day())
    row = build_report(paths)["instruments"]["BTC-USD"]
    money = load_session(paths.config).instrument_list()[0].money_text
    assert row["pnl"]["realised"] == money(20 * 1000)
    assert row["spread_captured"] == money(10 * 400 + 10 * 600 + 10 * 1000)
    total, realised, unrealised, fees = (
        float(row["pnl"][name]) for name in ("total", "realised", "unrealised", "fees")
    )
    assert fees != 0
    assert total == pytest.approx(realised + unrealised - fees)


def test_both_sides_count_while_both_rest_and_after_the_warm_up(session):
    report = build_report(session(whole_day()))
    # Running from 1 to 13 s, asked for from 3 s on; both rest from 5 to 10 s.
    assert report["duration_s"] == 12
    assert report["instruments"]["BTC-USD"]["two_sided"] == 0.5


def test_a_pause_between_two_runs_is_no_time_of_the_session(session):
    later = [
        event(Kind.START, recv_ns=1000 * S, order_id=2, source=Source.RISK),
        event(Kind.TIMER, recv_ns=1004 * S, source=Source.RISK),
    ]
    report = build_report(session(whole_day() + later))
    assert report["duration_s"] == 16
    assert report["runs"] == 2


def test_a_session_without_an_orderly_end_is_reported_and_says_what_is_not_known(session):
    report = build_report(session(whole_day()))
    assert report["tick_to_order_us"] is None
    assert report["processes"] is None
    assert report["lost_records"] is None
    assert report["ended"] == "early"
    assert "not recorded: the session had no orderly end" in summary(report)


def test_a_session_that_runs_is_not_reported_as_one_that_had_no_end(session):
    paths = session(whole_day())
    with Journal.open(paths.journal("risk"), "made", Source.RISK, 4096, Sync.NONE):
        report = build_report(paths)
    assert report["ended"] == "not yet"
    assert "not recorded: the session is not over" in summary(report)


def test_a_session_whose_risk_process_wrote_its_end_ended_in_order(session):
    report = build_report(session([*whole_day(), event(Kind.END, recv_ns=14 * S, order_id=1)]))
    assert report["ended"] == "in order"


def test_a_session_without_an_order_tells_no_latency(session):
    paths = session(whole_day())
    none = Latency(count=0, p50=0, p99=0, p999=0)
    write_ending(paths, msgspec.structs.replace(ENDING, tick_to_order=none))
    assert "not recorded: no order followed a tick" in summary(build_report(paths))


def test_a_session_that_goes_on_forgets_what_its_last_run_kept_at_its_end(tmp_path):
    config_path, paths = demo_config(tmp_path, "made")
    config = load_session(config_path)
    create_session(config, paths)
    remove_session(paths)
    write_ending(paths, ENDING)
    create_session(config, paths)
    assert read_ending(paths) is None


def test_what_the_session_wrote_at_its_end_is_in_the_report(session):
    paths = session(whole_day())
    write_ending(paths, ENDING)
    report = json.loads(report_text(build_report(paths)))
    assert report["tick_to_order_us"] == {"count": 3, "p50": 20.1, "p99": 300.0, "p999": 400.0}
    assert report["processes"]["risk"] == {"restarts": 1, "rss_mb": 60.5}
    assert report["lost_records"] == 7


def test_an_ending_that_is_none_is_named(session):
    paths = session(whole_day())
    (paths.data / "ending.json").write_text('{"lost": 1}', encoding="utf-8")
    with pytest.raises(DataError, match=r"ending\.json.*tick_to_order.*move it away"):
        read_ending(paths)
    half = '{"tick_to_order": {"count": 3}, "processes": {}, "lost_records": 0}'
    (paths.data / "ending.json").write_text(half, encoding="utf-8")
    with pytest.raises(DataError, match=r"ending\.json.*p50"):
        read_ending(paths)


@pytest.mark.parametrize("name", ["count", "p50", "p99", "p999", "lost_records"])
def test_an_ending_of_less_than_nothing_is_named(session, name):
    paths = session(whole_day())
    write_ending(paths, ENDING)
    path = paths.data / "ending.json"
    text, n = re.subn(f'"{name}":', f'"{name}":-1', path.read_text(encoding="utf-8"))
    assert n == 1
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"ending\.json.*>= 0.*{name}"):
        read_ending(paths)


def test_an_ending_that_is_no_file_is_to_be_moved_away(session):
    paths = session(whole_day())
    (paths.data / "ending.json").mkdir()
    with pytest.raises(DataError, match=r"ending\.json: is no plain file; move it away to report"):
        build_report(paths)


def test_a_folder_without_a_risk_journal_is_named(tmp_path):
    config_path, paths = demo_config(tmp_path, "made")
    paths.data.mkdir(parents=True)
    paths.config.write_text(config_path.read_text(encoding="utf-8"), encoding="utf-8")
    write_list(paths.instrument_list, load_session(config_path).instrument_list())
    with pytest.raises(DataError, match="risk: missing"):
        build_report(paths)


def test_the_summary_gives_rebates_a_plus_and_fees_a_minus(session):
    report = build_report(session(whole_day()))
    pnl = report["instruments"]["BTC-USD"]["pnl"]
    pnl.update(total="1.20", realised="0.50", unrealised="-0.10", fees="-0.80")
    assert "P&L +1.20 = +0.50 realised -0.10 on the open position +0.80 rebates" in summary(report)
    pnl.update(total="-0.40", fees="0.80")
    assert "P&L -0.40 = +0.50 realised -0.10 on the open position -0.80 fees" in summary(report)
    pnl.update(total="0.40", fees="0.00")
    assert "P&L +0.40 = +0.50 realised -0.10 on the open position +0.00 fees" in summary(report)


def test_a_process_without_a_journal_is_named(session):
    report = build_report(session(whole_day()))
    assert report["missing"] == ["exchange", "feed", "strategy", "gateway"]
    assert "\n  feed: no journal: what it recorded is missing\n" in summary(report)
    assert "risk: no journal" not in summary(report)
    assert report["market"] == {"events": None, "events_per_s": None}
    assert "an unknown number of market records" in summary(report)


def test_a_journal_that_is_cut_short_or_damaged_is_named_with_what_is_good(session):
    paths = session(whole_day())
    file = paths.journal("risk") / "000000.pmj"
    whole = file.read_bytes()
    file.write_bytes(whole[: 4096 + 64 * 5 + 7])
    report = build_report(paths)
    (row,) = report["journals"]
    assert row["records"] == 5
    assert row["damage"] == "cut short at record 5"
    assert f"{row['path']}: {row['damage']}: 5 records are told" in summary(report)
    file.write_bytes(whole)
    assert build_report(paths)["journals"][0]["damage"] is None
    feed = paths.journal("feed")
    feed.mkdir()
    (feed / "000000.pmj").write_bytes(whole[: 4096 + 200] + b"x" + whole[4096 + 201 :])
    for role in ("gateway", "strategy"):
        paths.journal(role).mkdir()
    (paths.journal("gateway") / "000000.pmj").write_bytes(bytes(8192))
    damage = {row["path"]: row["damage"] for row in build_report(paths)["journals"]}
    assert damage[str(feed)].startswith("damaged at 000000.pmj, record 3")
    assert damage[str(paths.journal("risk"))] is None
    assert damage[str(paths.journal("strategy"))].startswith("unreadable: ")
    assert damage[str(paths.journal("gateway"))].startswith("unreadable: ")


def test_an_end_that_is_cut_in_either_way_is_named_once_nobody_writes_it(session):
    paths = session(whole_day())
    file = paths.journal("risk") / "000000.pmj"
    whole = file.read_bytes()
    last = 4096 + 64 * (len(whole_day()) - 1)

    def damage():
        return build_report(paths)["journals"][0]["damage"]

    file.write_bytes(whole[: last + 7] + b"x" + whole[last + 8 :])
    assert scan(file.parent).torn_bytes and not scan(file.parent).missing_bytes
    assert damage() == "cut short at record 10"
    file.write_bytes(whole[:last])
    assert scan(file.parent).missing_bytes and not scan(file.parent).torn_bytes
    assert damage() == "cut short at record 10"
    file.write_bytes(whole)
    with Journal.open(paths.journal("risk"), "made", Source.RISK, 4096, Sync.NONE):
        with file.open("r+b") as half:
            half.seek(last + 64)
            half.write(b"half a record")
        assert scan(file.parent).torn_bytes
        assert damage() is None


def test_a_session_that_was_killed_before_it_recorded_anything_is_reported(session):
    paths = session(whole_day())
    shutil.copytree(paths.journal("risk"), paths.journal("feed"))
    shutil.rmtree(paths.journal("risk"))
    with Journal.open(paths.journal("risk"), "made", Source.RISK, 4096, Sync.NONE):
        pass
    report = build_report(paths)
    assert (report["ended"], report["runs"], report["duration_s"]) == ("early", 0, 0)
    assert report["market"]["events"] == len(whole_day())


def test_what_the_machine_is_out_of_is_no_damage_of_a_journal(session, monkeypatch):
    def no_more(directory):
        raise ShortageError(errno.EMFILE, f"{directory}: Too many open files")

    paths = session(whole_day())
    monkeypatch.setattr("pinnacle.session.report.scan", no_more)
    with pytest.raises(ShortageError):
        build_report(paths)


def test_of_a_damaged_risk_journal_what_stands_before_the_damage_is_told(session):
    paths = session(whole_day())
    file = paths.journal("risk") / "000000.pmj"
    whole = file.read_bytes()
    at = 4096 + 64 * 8  # between the fills
    file.write_bytes(whole[:at] + b"x" + whole[at + 1 :])
    report = build_report(paths)
    assert report["journals"][0]["damage"].startswith("damaged at 000000.pmj, record 8")
    assert report["instruments"]["BTC-USD"]["fills"] == {"bid": 2, "ask": 0}


def test_progress_adds_up_to_every_record(session):
    seen = []
    build_report(session(whole_day()), seen.append)
    assert sum(seen) == len(whole_day())
