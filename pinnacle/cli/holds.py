"""`pinnacle orders`, `fills`, `positions`: what a session has in the market, traded and holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pinnacle.cli.which import kept, kept_paths

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
#: What a table's columns show: fields of what its rows are made from.
_ORDER = {"id": "order_id"} | {
    name: name for name in ("instrument", "side", "price", "quantity", "filled", "state")
}
_ORDER |= {"asked s ago": "asked_s", "strategy": "strategy"}
_FILL = {"time": "time", "id": "order_id"} | {
    name: name for name in ("instrument", "side", "price", "quantity", "liquidity", "fee")
}
_FILL |= {"of": "fee_currency", "strategy": "strategy", "": "state"}
_HOLDING = {
    name: name
    for name in (
        *("instrument", "strategy", "position", "average", "mark", "realised", "unrealised"),
        *("fees", "total", "dust", "fills"),
    )
}
_NUMBERS = {"id", "price", "quantity", "filled", "asked s ago", "fee"}
_NUMBERS |= {"position", "average", "mark", "realised", "unrealised", "fees", "total", "dust"}
_NUMBERS |= {"fills"}


@click.command()
@kept
@_JSON
def orders(config: Path | None, runtime_dir: Path | None, name: str | None, as_json: bool) -> None:
    """Its open orders, as its gateways know them.

    Read from its journals, so it needs no process and disturbs none. An order is "asked"
    for when it is sent, changed, cancelled or looked for.
    """
    from pinnacle.replay.open_orders import open_orders
    from pinnacle.replay.present import session_of

    data = kept_paths(config, runtime_dir, name).data
    found = open_orders(session_of(data), data)
    if _as_json(found, as_json):
        return
    named = {"client id": "client_id", "venue id": "venue_id"}
    columns = _ORDER | (named if any(order.client_id for order in found) else {})
    _table(columns, found, f"{data.name}: no open order")


@click.command()
@kept
@click.option(
    "--last", default=20, show_default=True, type=click.IntRange(1, 1_000_000), help="So many."
)
@_JSON
def fills(
    config: Path | None, runtime_dir: Path | None, name: str | None, last: int, as_json: bool
) -> None:
    """Its last fills, oldest first, with what each cost.

    A fee below zero was earned. One that is "inferred" is known by the venue's totals alone, one
    that is "busted" was taken back.
    """
    from pinnacle.replay.fills import last_fills
    from pinnacle.replay.present import session_of

    data = kept_paths(config, runtime_dir, name).data
    found = last_fills(session_of(data), data, last)
    if _as_json(found, as_json):
        return
    _table(_FILL, found, f"{data.name}: no fill")


@click.command()
@kept
@_JSON
def positions(
    config: Path | None, runtime_dir: Path | None, name: str | None, as_json: bool
) -> None:
    """Its positions: of each instrument, and of each strategy where there are several.

    P&L is in the quote currency, total = realised + unrealised - fees; "dust" is what fees in the
    base currency leave of a position below a lot.
    """
    from pinnacle.replay.positions import holdings
    from pinnacle.replay.present import session_of

    data = kept_paths(config, runtime_dir, name).data
    found = holdings(session_of(data), data)
    if _as_json(found, as_json):
        return
    _table(_HOLDING, found, f"{data.name}: no instrument")


def _as_json(found: Sequence[Any], wanted: bool) -> bool:
    import msgspec

    if wanted:
        click.echo(msgspec.json.encode(found))
    return wanted


def _table(columns: dict[str, str], found: Sequence[Any], nothing: str) -> None:
    from pinnacle.cli.tables import print_table

    if not found:
        click.echo(nothing, err=True)
        return
    cells = [[getattr(row, field) for field in columns.values()] for row in found]
    shown = [["" if cell is None else str(cell) for cell in row] for row in cells]
    print_table({name: name in _NUMBERS for name in columns}, shown)
