"""`pinnacle instruments`: what a venue trades, as it says itself."""

from typing import TYPE_CHECKING, Any

import click

from pinnacle.cli.options import FEED_SETTINGS, VENUE_KIND, venue_section

if TYPE_CHECKING:
    from pinnacle.venues.port import VenueKind
    from pinnacle.venues.reference.listing import Listing

COLUMNS = ("symbol", "name", "tick", "lot", "quantity_min", "value_min", "status", "words")


@click.command()
@click.option("--venue", type=VENUE_KIND, required=True, help="Whose list.")
@click.option("--match", default="", metavar="TEXT", help="Only symbols and names that hold it.")
@FEED_SETTINGS
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def instruments(
    venue: "VenueKind[Any]", match: str, settings: tuple[str, ...], as_json: bool
) -> None:
    """Ask a venue for the instruments that it trades: symbol, steps of prices (tick) and
    quantities (lot), least quantity and value of an order, and whether orders are taken, with the
    venue's own words for it.

    What a configuration's [[instruments]] needs, and what `--symbols` of other commands may be.
    """
    import asyncio

    import msgspec

    from pinnacle.core.errors import DataError
    from pinnacle.venues.reference import ask

    listed = asyncio.run(ask.listings(venue, venue_section(venue, settings)))
    wanted = match.upper()
    found = [row for row in listed if wanted in row.symbol.upper() or wanted in row.name.upper()]
    if as_json:
        rows = [row._asdict() | {"name": row.name} for row in found]
        click.echo(msgspec.json.encode({"venue": venue.name, "instruments": rows}))
    elif found:
        _print_table(found)
    if not found:
        raise DataError(f"{venue.name} lists nothing like {match!r}")


def _print_table(found: "list[Listing]") -> None:
    rows = [COLUMNS, *(tuple(str(getattr(row, name)) for name in COLUMNS) for row in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
