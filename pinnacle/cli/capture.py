"""`pinnacle capture`: raw recordings of venues, judged or played back as a venue."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinnacle.cli.options import VENUE_KIND, Number
from pinnacle.core.errors import DataError

if TYPE_CHECKING:
    from pinnacle.capture.check import FileReport
    from pinnacle.capture.tape import Tape
    from pinnacle.venues.port import VenueKind

FILES = click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
VENUE = click.option(
    "--venue", type=VENUE_KIND, required=True, help="Whose format the files are in."
)


@click.group()
def capture() -> None:
    """Check raw captures of a venue, or serve them as if they were the venue."""


@capture.command()
@FILES
@VENUE
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(files: tuple[Path, ...], venue: "VenueKind[Any]", as_json: bool) -> None:
    """Rebuild the order book from each FILE and compare it with what the venue itself says.

    Exit code 1 if a file is damaged, an update is missing, the book crosses, or a top of book or
    a checksum differs.
    """
    import msgspec

    from pinnacle.capture.check import check_capture

    dialect = venue.dialect()
    reports = [check_capture(path, dialect).report for path in files]
    if as_json:
        click.echo(msgspec.json.encode({"files": reports}))
    else:
        _print_table(reports)
    bad = [report.file for report in reports if not report.good]
    if bad:
        raise DataError(f"not whole: {', '.join(bad)}")


def _print_table(reports: "list[FileReport]") -> None:
    columns = ["frames", "events", "gaps", "crossed", "trades", "levels", "top_compared"]
    columns += ["top_different", "seconds"]
    rows = [("symbol", *columns)]
    rows += [(r.symbol, *(str(getattr(r, name)) for name in columns)) for r in reports]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


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
    venue: "VenueKind[Any]",
    speed: float,
    port: int,
    loop: bool,
    cert_dir: Path | None,
    as_json: bool,
) -> None:
    """Serve each FILE, one symbol a file, as the venue itself would: WebSocket and REST over TLS.

    The tape starts when the first client has subscribed. Ends with the tape, or with Ctrl-C.
    """
    import asyncio
    import tempfile
    from contextlib import AbstractContextManager, nullcontext

    from pinnacle.capture.tape import Tape

    tape = Tape(files, venue.dialect())
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
