"""`pinnacle exchange`: an exchange of our own that speaks a venue's protocol, to rehearse on."""

from pathlib import Path

import click

from pinnacle.cli.options import Number


@click.group()
def exchange() -> None:
    """An exchange of our own behind a venue's wire protocol, on this machine."""


@exchange.command()
@click.option(
    "--venue",
    required=True,
    help="Whose protocol: binance, bitstamp, coinbase, gemini or kraken.",
)
@click.option(
    "--config",
    required=True,
    type=click.Path(path_type=Path),
    help="A session's configuration: its instruments, [exchange.traders] and [house] are taken.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0, the default: any free.")
@click.option(
    "--cert-dir",
    type=click.Path(path_type=Path),
    default=Path("data/certificates"),
    show_default=True,
    help="Where ca.pem is written, and the key to sign with: VENUE-key.json, for "
    "`pinnacle vault set VENUE --from`.",
)
@click.option("--ledger", type=click.Path(path_type=Path), help="Write all that happens here.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    help="Of the traders, and of what faults happen to.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    help='What is done to clients when: JSON, [{"name": ..., "begin_s": ..., "end_s": ...}, ...]; '
    "`pinnacle rehearse --list-faults` says which there are.",
)
@click.option("--json", "as_json", is_flag=True, help="Where it is as one JSON object.")
@click.option("--duration", type=Number(min=1), help="Seconds; without it until Ctrl-C.")
def serve(
    venue: str,
    config: Path,
    port: int,
    cert_dir: Path,
    ledger: Path | None,
    seed: int,
    faults: Path | None,
    as_json: bool,
    duration: float | None,
) -> None:
    """Serve market data, requests, orders and private streams of one account, over TLS."""
    import asyncio

    from pinnacle.core.errors import UsageError
    from pinnacle.exchange.network.running import read_plan, serve_exchange
    from pinnacle.venues.registry import find_traded

    try:
        kind = find_traded(venue)
    except ValueError as error:
        raise UsageError(f"--venue: {error}") from None
    plan = [] if faults is None else read_plan(faults, kind.exchange_side().never)
    asyncio.run(
        serve_exchange(
            kind, config, cert_dir, ledger, seed, port, duration, plan, as_json, click.echo
        )
    )


@exchange.command()
@click.argument("name", required=False)
@click.option(
    "--for",
    "lasts_s",
    type=Number(min=0.1, max=86_400),
    help="Seconds; as long as such a fault lasts, if not given.",
)
@click.option("--at", metavar="URL", help="https://127.0.0.1:PORT, where the exchange is served.")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    default=Path("data/certificates/ca.pem"),
    show_default=True,
    help="The exchange's ca.pem; beside it stands the token that lets its user alone do this.",
)
@click.option(
    "--list", "is_list", is_flag=True, help="What can be done; with --at also what is being done."
)
@click.option("--json", "as_json", is_flag=True, help="What was done, or the list, as JSON.")
def fault(
    name: str | None,
    lasts_s: float | None,
    at: str | None,
    ca_file: Path,
    is_list: bool,
    as_json: bool,
) -> None:
    """Begin the fault NAME of a running exchange now, and say what was done.

    `pinnacle exchange serve` prints the address. A fault that goes on already lasts from now on for
    --for. Exit 0 if it has begun, 2 if there is no such fault or the command cannot be carried out,
    3 if the certificate or the token cannot be read, 5 if no exchange answers.
    """
    from pinnacle.core.errors import UsageError

    if is_list == (name is not None):
        raise UsageError("NAME of a fault, or --list: one of them is wanted")
    if name is None:
        _list_faults(at, ca_file, as_json)
    elif at is None:
        raise UsageError("--at: https://127.0.0.1:PORT of the exchange is wanted")
    else:
        _begin_fault(at, ca_file, name, lasts_s, as_json)


def _begin_fault(at: str, ca_file: Path, name: str, lasts_s: float | None, as_json: bool) -> None:
    import msgspec

    from pinnacle.exchange.network.commanding import begin_fault

    begun = begin_fault(at, ca_file, name, lasts_s)
    if as_json:
        click.echo(msgspec.json.encode(begun))
        return
    again = "goes on" if begun.went_on else "has begun"
    click.echo(f"{begun.name} {again}, for {begun.lasts_s:g} s: {begun.words}")
    click.echo(
        f"  {begun.sockets} sockets were open and {begun.open_orders} orders rested; "
        f"{begun.events} things happened to orders at once"
    )


def _list_faults(at: str | None, ca_file: Path, as_json: bool) -> None:
    import msgspec

    from pinnacle.exchange.network.commanding import fault_states
    from pinnacle.exchange.network.faults import FAULTS

    if at is None:
        rows = [{"name": name} | fault._asdict() for name, fault in FAULTS.items()]
        lines = [f"{name:24} {fault.words}" for name, fault in FAULTS.items()]
    else:
        states = fault_states(at, ca_file)
        rows = [msgspec.to_builtins(state) for state in states]
        lines = [f"{s.name:24} {s.count:5} times{_left(s.left_s)}" for s in states]
    click.echo(msgspec.json.encode(rows) if as_json else "\n".join(lines))


def _left(left_s: float | None) -> str:
    return "" if left_s is None else f", {left_s:.1f} s left"
