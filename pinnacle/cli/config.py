"""`pinnacle config`: make a file, check one, show one in full, or what would run of it here."""

from pathlib import Path

import click

from pinnacle.cli.paper import PaperOptions, drafted, paper_options


@click.group()
def config() -> None:
    """Make, check or show a configuration file, or the plan of its session."""


@config.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Check FILE; exit 3 and name the key if anything is wrong. Warnings go to stderr."""
    from pinnacle.plan.checks import load_session, warnings

    loaded = load_session(file)
    for warning in warnings(loaded):
        click.echo(f"warning: {file}: {warning}", err=True)
    venues = ", ".join(venue.name for venue in loaded.venue_plans())
    labels = ", ".join(instrument.label for instrument in loaded.instrument_list())
    click.echo(f"{file}: good ({venues}: {labels})")


@config.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of TOML.")
def show(file: Path, as_json: bool) -> None:
    """Print FILE with every default filled in; keys that have none are named in comments."""
    import msgspec

    from pinnacle.plan.checks import load_session
    from pinnacle.plan.config import to_toml

    loaded = load_session(file)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(loaded), indent=2).decode())
    else:
        click.echo(to_toml(loaded, unset=True), nl=False)


@config.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of a table.")
def plan(file: Path, as_json: bool) -> None:
    """Print what `pinnacle run FILE` would start here, and start nothing.

    Each process with its instruments, its core and how it waits; the rings between them; and why no
    cores are dealt, if none are.
    """
    import json
    import shutil

    from pinnacle.plan.checks import load_session
    from pinnacle.plan.cores import this_machine
    from pinnacle.plan.overview import overview

    found = overview(load_session(file), this_machine())
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(found.lines(shutil.get_terminal_size().columns)))


@config.command()
@paper_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write it here, where nothing is yet; to standard output if not given.",
)
def init(
    wanted: PaperOptions,
    out: Path | None,
) -> None:
    """Write a configuration for --venues and --symbols, with what the venues say of them now.

    What `pinnacle run` with the same options runs.
    """
    from pinnacle.core.errors import UsageError

    if out is not None and out.exists():
        raise UsageError(f"{out}: is there already")
    text = drafted(wanted)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror or error}") from None
    click.echo(f"{out}: written; run it with `pinnacle run {out}`")
