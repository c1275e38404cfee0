"""`pinnacle run`: a whole session under one supervisor, with a live view and a report."""

import signal
import sys
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pinnacle.cli.options import SESSION_NAME, Number
from pinnacle.cli.paper import PaperOptions, drafted_file, paper_options

if TYPE_CHECKING:
    from pinnacle.core.paths import SessionPaths


@click.command()
@click.argument("config", type=click.Path(path_type=Path), required=False)
@paper_options
@click.option("--duration", type=Number(min=1), help="Seconds to run; without it until Ctrl-C.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    help="Write a JSON report here at the end; -: to standard output.",
)
@click.option(
    "--name",
    type=SESSION_NAME,
    help="Session name; the configured one and the time if not given.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the status page; 0: any free.")
@click.option("--live", is_flag=True, help="Orders may be real: needed where the mode is live.")
@click.option("--yes", is_flag=True, help="Do not ask before orders become real.")
@click.option("--keep", is_flag=True, help="Keep the shared memory segments after the end.")
def run(
    config: Path | None,
    wanted: PaperOptions,
    duration: float | None,
    report: Path | None,
    name: str | None,
    port: int | None,
    live: bool,
    yes: bool,
    keep: bool,
) -> int:
    """Run the session that CONFIG describes, all its processes, until --duration or Ctrl-C.

    Without a CONFIG: that of `pinnacle config init` for --venues and --symbols.

    Ctrl-C ends it in order: quotes are cancelled, journals flushed, the report written.
    """
    # Until the session listens for it itself: a KeyboardInterrupt in an import can be lost.
    at_once = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if at_once:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pinnacle.cli.report import tell_report
    from pinnacle.cli.terminal import forgiving_stdout
    from pinnacle.core.errors import UsageError
    from pinnacle.core.output import check_output, is_standard_output
    from pinnacle.session.run import run_session

    def at_end(paths: "SessionPaths") -> None:
        if at_once:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        tell_report(paths, report)

    if config is not None and wanted.anything:
        raise UsageError(f"{config} says what is traded: no --venues, --symbols, ... beside it")
    if config is None and not wanted.anything:
        raise UsageError("give a CONFIG (config/demo.toml is one), or --venues and --symbols")
    if live and config is None:
        raise UsageError("--live wants a CONFIG (config/live-kraken.toml is one): docs/live.md")
    apart: AbstractContextManager[object] = nullcontext()
    if report is not None:
        check_output(report)
        if is_standard_output(report):
            apart = redirect_stdout(sys.stderr)  # the report is all that stands there
    described = nullcontext(config) if config is not None else drafted_file(wanted)
    with forgiving_stdout(), apart, described as path:
        return run_session(path, duration, name, port, keep, at_end, live=live, agreed=yes)
