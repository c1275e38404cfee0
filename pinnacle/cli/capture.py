"""`pinnacle capture`: raw recordings of venues, judged or played back as a venue."""

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinnacle.cli.options import DIALECT, FEED_SETTINGS, VENUE_KIND, Number, venue_section
from pinnacle.core.errors import DataError

if TYPE_CHECKING:
    from pinnacle.capture.check import FileReport
    from pinnacle.capture.record import Recorder
    from pinnacle.capture.tape import Tape
    from pinnacle.core.credentials import Credentials
    from pinnacle.venues.port import VenueKind
    from pinnacle.venues.served.dialect import Dialect

FILES = click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
VENUE = click.option(
    "--venue",
    type=DIALECT,
    help="Whose frames the files hold.  [default: whose they can only be]",
)


@click.group()
def capture() -> None:
    """Record a venue, check recordings, or serve them as the venue."""


@capture.command()
@FILES
@VENUE
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(files: tuple[Path, ...], venue: "Dialect | None", as_json: bool) -> None:
    """Rebuild each order book of each FILE and compare it with what the venue itself says.

    \b
    Recordings of
      binance            combined stream; REST snapshots among the frames
      bitstamp           diff_order_book or live_orders, live_trades; REST books
      coinbase           Advanced Trade: level2, market_trades, ticker
      coinbase_exchange  level2, matches, ticker; or full, and REST books of orders
      gemini             v2 market data: l2_updates, trade
      kraken             v2, and v1: book, trade, ticker

    \b
    Plain, gzip or zstd; a line is one of
      1723161253937085768 FRAME                    receive time in ns
      1618677817.0789: FRAME                       the same in s
      {"t":"recv","ts":1786309548.6,"data":FRAME}  FRAME as a string; `ns`, or `ts` in s;
                                                   `t` also http (with `url`), send, connect
      FRAME

    Of each symbol are counted: updates from before its book began (late), gaps, trades missing,
    updates and trades there twice, updates out of order, messages that cannot be (odd), crossings,
    and the venue's best prices (tops) and checksums that were those of the rebuilt book, of all.
    What is wrong is said with its file, first line and symbol on stderr.

    Exit code 1 if a file is damaged or of several venues, a symbol has no snapshot, or anything but
    late is not as it should be.
    """
    import msgspec

    from pinnacle.capture.check import check_capture

    checks, words, bad = [], [], []
    for path in files:
        try:
            checked = check_capture(path, venue)
        except DataError as error:
            words.append(_text(error))
            bad.append(_text(path))
            continue
        checks.append(checked)
        words += map(_text, checked.words)
        for report in checked.reports:
            report.file = _text(path)
        if not all(report.good for report in checked.reports):
            bad.append(_text(path))
    if as_json:
        reports = [report for checked in checks for report in checked.reports]
        click.echo(msgspec.json.encode({"files": reports, "words": words}))
    else:
        for checked in checks:
            _print_table(checked.reports)
    for line in words:
        click.echo(line, err=True)
    if bad:
        raise DataError(f"not whole: {', '.join(bad)}")


def _text(what: object) -> str:
    """As Unicode: a file's name may be of any bytes."""
    return os.fsencode(str(what)).decode(errors="backslashreplace")


#: Of a file's table: the heads of the columns, and whose counts they are.
_COLUMNS = {
    "symbol": "symbol",
    "frames": "frames",
    "levels": "levels",
    "trades": "trades",
    "late": "joined_late",
    "gaps": "gaps",
    "missing": "trades_missing",
    "twice": "duplicated",
    "unordered": "unordered",
    "odd": "odd",
    "crossed": "crossed",
}


def _print_table(reports: "list[FileReport]") -> None:
    click.echo(f"{reports[0].file}: {reports[0].venue}")
    rows = [(*_COLUMNS, "tops", "checksums")]
    for report in reports:
        sums, compared = report.checksums, report.top_compared
        tops = f"{compared - report.top_different}/{compared}"
        cells = [str(getattr(report, name)) for name in _COLUMNS.values()]
        rows.append((*cells, tops, f"{sums.good}/{sums.good + sums.bad}"))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        click.echo(" ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


@capture.command()
@FILES
@VENUE
@click.option(
    "--speed",
    type=Number(min=0),
    default=1.0,
    show_default=True,
    help="Times the speed of the recording; 0: as fast as the clients read.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port on 127.0.0.1, for WebSocket and HTTPS alike; 0: any free one.",
)
@click.option("--loop", is_flag=True, help="Begin anew at the end, with the next subscriber.")
@click.option(
    "--cert-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where ca.pem, which clients must trust, is written.  [default: a temporary directory]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the addresses as one line of JSON.")
def serve(
    files: tuple[Path, ...],
    venue: "Dialect | None",
    speed: float,
    port: int,
    loop: bool,
    cert_dir: Path | None,
    as_json: bool,
) -> None:
    """Serve FILEs, with all of their symbols, as the venue itself would: WebSocket and REST over
    TLS.

    The tape starts when the first client has subscribed. Ends with the tape, or with Ctrl-C.
    """
    import asyncio
    import tempfile
    from contextlib import AbstractContextManager, nullcontext

    from pinnacle.capture.instruments import guess_dialect
    from pinnacle.capture.tape import Tape

    tape = Tape(files, venue or guess_dialect(files[0]))
    directory: AbstractContextManager[str | Path]
    if cert_dir is None:
        directory = tempfile.TemporaryDirectory(prefix="pinnacle-capture-")
    else:
        directory = nullcontext(cert_dir)
    with directory as where:
        asyncio.run(_serve(tape, Path(where), speed, port, loop, as_json))


async def _serve(
    tape: "Tape", cert_dir: Path, speed: float, port: int, loop: bool, as_json: bool
) -> None:
    import asyncio
    import signal

    import msgspec

    from pinnacle.capture.server import CaptureServer
    from pinnacle.core.errors import UsageError
    from pinnacle.venues.transport.certificates import make_certificates

    ca_file, context = make_certificates(cert_dir)
    server = CaptureServer(tape, context, port, speed)
    try:
        await server.open()
    except OSError as error:
        raise UsageError(f"port {port}: {error.strerror}") from None
    for path in tape.timeless:
        click.echo(f"{path}: has no receive times: --speed is nothing to it", err=True)
    where = server.addresses | {"ca_file": str(ca_file), "symbols": list(tape.instruments)}
    if as_json:
        click.echo(msgspec.json.encode(where))
    else:
        for name, value in where.items():
            click.echo(f"{name:10}{' '.join(value) if isinstance(value, list) else value}")
    playing = asyncio.ensure_future(server.play(loop))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    try:
        await playing
    except asyncio.CancelledError:
        click.echo("stopped", err=True)
    finally:
        await server.close()


@capture.command()
@click.option("--venue", type=VENUE_KIND, required=True, help="Whose market.")
@click.option(
    "--symbols",
    required=True,
    metavar="SYMBOL,...",
    help="What is recorded, as the venue calls it, or as in BTC-USD.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file, which must not be there yet; packed if its name ends in .zst.",
)
@click.option("--duration", type=Number(min=1), help="Seconds; without it until Ctrl-C.")
@click.option(
    "--rotate-mb",
    type=Number(min=0.01),
    help="Go on in another file when one is so long; each can be read alone.",
)
@FEED_SETTINGS
@click.option(
    "--vault",
    type=click.Path(path_type=Path),
    help="With the key, where the venue asks for one; instead of ~/.config/pinnacle/vault.",
)
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    help="Has the vault's master password; mode 0600.",
)
def record(
    venue: "VenueKind[Any]",
    symbols: str,
    out: Path,
    duration: float | None,
    rotate_mb: float | None,
    settings: tuple[str, ...],
    vault: Path | None,
    password_file: Path | None,
) -> None:
    """Write what a venue sends of SYMBOLS, and the books that are fetched beside it.

    What was written is there whatever ends this: a packed file is whole but for its last second.
    A book that the venue gives only to who has a key is asked for with that of the vault, whose
    master password is typed, in --password-file, or systemd's credential pinnacle-vault.

    `pinnacle capture check` and `serve` read it. Exit code 1 if a symbol has no whole book in it.
    """
    import asyncio

    from pinnacle.capture.record import Recorder

    names = [name for name in symbols.split(",") if name]
    config = venue_section(venue, settings)
    for name in names:
        fault = venue.symbol_fault(name)
        if fault is not None:
            raise click.BadParameter(f"{name!r} {fault}", param_hint="--symbols")
    if not names or len(set(names)) < len(names):
        raise click.BadParameter("one or more, each once", param_hint="--symbols")
    rotate = None if rotate_mb is None else int(rotate_mb * 1e6)
    credentials = _credentials(venue, config, vault, password_file)
    recorder = Recorder(venue, config, names, out, rotate, credentials=credentials)
    asyncio.run(_record(recorder, duration))
    for path in recorder.files:
        click.echo(f"{path}: {path.stat().st_size} bytes")
    click.echo(f"{recorder.frames} frames")
    if missing := recorder.missing():
        why = recorder.market.last_error or "nothing came"
        raise DataError(f"no whole book of {', '.join(missing)} in it: {why}")


def _credentials(
    venue: "VenueKind[Any]", config: Any, vault: Path | None, password_file: Path | None
) -> "Credentials | None":
    """The key that this market is asked for with; the vault stays shut where it needs none."""
    name = venue.market_key(config)
    if name is None:
        return None
    from pinnacle.vault.place import default_path
    from pinnacle.vault.secrecy import keep_to_itself
    from pinnacle.vault.unlock import ask_key
    from pinnacle.vault.vault import Vault

    keep_to_itself()
    path = vault or default_path()
    return Vault.open(path, ask_key(path, password_file)).of_venue(name, venue.name)


async def _record(recorder: "Recorder", duration: float | None) -> None:
    import asyncio
    import signal

    running = asyncio.ensure_future(recorder.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    if duration is not None:
        loop.call_later(duration, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
