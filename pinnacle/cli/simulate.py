"""`pinnacle simulate`: a day of the simulated market, as a journal."""

import datetime
from pathlib import Path
from typing import Any

import click

from pinnacle.cli.options import Number
from pinnacle.core.errors import ConfigError, UsageError

_HOURS_MAX = 24 * 366


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML with [[instruments]] and [exchange], such as a session's configuration.",
)
@click.option("--venue", help="Whose market, where the file has several venues.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Another seed than the file's.")
@click.option("--hours", type=Number(min=0), default=24.0, show_default=True, help="Virtual time.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder to write to; data/simulated-SEED-TIME if not given.",
)
@click.option("--symbol", default="BTC-USDT", show_default=True, help="Without a file: its name.")
@click.option("--price", default="60000", show_default=True, help="Without a file: first price.")
@click.option("--tick", default="0.01", show_default=True, help="Without a file: tick size.")
@click.option("--lot", default="0.00001", show_default=True, help="Without a file: lot size.")
@click.option("--json", "as_json", is_flag=True, help="The measures as one JSON object.")
def simulate(
    config: Path | None,
    venue: str | None,
    seed: int | None,
    hours: float,
    out: Path | None,
    symbol: str,
    price: str,
    tick: str,
    lot: str,
    as_json: bool,
) -> None:
    """Run the simulated market alone, in virtual time, and say what it was like.

    Writes OUT/exchange (a journal of what the venue publishes) and OUT/instruments.json. The
    same seed gives the same day, record for record.
    """
    import msgspec

    from pinnacle.cli.progress import progress_bar
    from pinnacle.core.instruments import from_config
    from pinnacle.core.schema import Venue
    from pinnacle.exchange import simulate as simulation

    seconds = round(hours * 3600) if 0 < hours <= _HOURS_MAX else 0
    if seconds < 1:
        raise UsageError(f"--hours {hours}: must be at least a second and at most a year")
    market = (
        simulation.read_market(config, venue)
        if config is not None
        else simulation.single_market(symbol, price, tick, lot)
    )
    exchange = market.exchange
    if seed is not None:
        exchange = msgspec.structs.replace(exchange, seed=seed)
    if out is None:
        stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S")
        out = Path("data") / f"simulated-{exchange.seed}-{stamp}"
    try:
        instruments = from_config(market.instruments, {venue or "simulated": Venue.SIMULATED})
        with progress_bar("simulating", seconds) as progress:
            report = simulation.simulate(exchange, instruments, seconds, out, progress)
    except ConfigError as error:
        raise ConfigError(f"{config or 'command line'}: {error}") from None
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        _print(report)


def _print(report: Any) -> None:
    click.echo(
        f"{report.directory}: {report.records} records, {report.seconds} s, seed {report.seed}"
    )
    for found in report.instruments:
        spread, size = found.spread_ticks, found.trade_size
        click.echo(
            f"{found.symbol}: two-sided {found.two_sided:.2%}, crossed {found.crossed}, "
            f"{found.open_orders} open orders at the end"
        )
        click.echo(
            f"  spread, ticks   mean {found.spread_ticks_mean:.2f}  "
            + "  ".join(f"{name} {value:g}" for name, value in spread.items())
        )
        click.echo(
            f"  trade size      mean {size['mean']:.5g}  "
            + "  ".join(f"{name} {value:.5g}" for name, value in size.items() if name != "mean")
            + f"  ({found.trades} trades)"
        )
        click.echo("  depth, a side   " + "  ".join(map(_band, found.depth)))
        rows = {f"{name} per s": row for name, row in found.rates_per_s.items()}
        rows |= {
            f"volatility {name}, bps": row for name, row in found.volatility_bps_per_sqrt_s.items()
        }
        click.echo(f"  {'':24}{'configured':>12}{'measured':>12}")
        for name, row in rows.items():
            configured = "-" if row.configured is None else f"{row.configured:.4g}"
            click.echo(f"  {name:24}{configured:>12}{row.measured:>12.4g}")


def _band(band: Any) -> str:
    return f"{band.from_bps:g}-{band.to_bps:g} bps: {band.base_per_bps:.4g}/bps"
