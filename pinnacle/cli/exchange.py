"""`pinnacle exchange`: an exchange of our own that speaks a venue's protocol, to rehearse on."""

from pathlib import Path

import click

from pinnacle.cli.options import Number


@click.group()
def exchange() -> None:
    """An exchange of our own behind a venue's wire protocol, on this machine."""


@exchange.command()
@click.option("--venue", required=True, help="Whose protocol: kraken, ...")
@click.option(
    "--config",
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
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True)
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
    config: Path | None,
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
    from pinnacle.venues.registry import find

    try:
        kind = find(venue)
    except ValueError as error:
        raise UsageError(f"--venue: {error}") from None
    plan = [] if faults is None else read_plan(faults, kind.exchange_side().never)
    asyncio.run(
        serve_exchange(
            kind, config, cert_dir, ledger, seed, port, duration, plan, as_json, click.echo
        )
    )
