"""Venues and symbols instead of a configuration file: what they are is asked of the venues."""

import functools
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pinnacle.cli.options import Number, venue_section

if TYPE_CHECKING:
    from pinnacle.plan.draft import DraftInstrument
    from pinnacle.venues.port import VenueKind
    from pinnacle.venues.reference.listing import Listing

#: Of the same base currency, where a symbol is not listed.
NEAR_MAX = 8
VALUE = 100
_OPTIONS = [
    click.option("--venues", metavar="V,V...", help="Whose markets, as in kraken,coinbase."),
    click.option(
        "--symbols",
        metavar="S,S...",
        help="What to trade at each of them, as in BTC-USD,ETH-USD; VENUE:SYMBOL: at that one.",
    ),
    click.option(
        "--mode",
        type=click.Choice(["paper"]),
        help="paper: the venues' markets, our orders in imaginary queues. Live wants a CONFIG.",
    ),
    click.option(
        "--value",
        type=Number(min=0, min_open=True),
        help=f"What a quote is worth, in the quote currency; {VALUE} if not given.",
    ),
    click.option(
        "--feed",
        "settings",
        multiple=True,
        metavar="VENUE.KEY=VALUE",
        help="Of a venue's table in a configuration: ws_url, rest_url, ca_file, depth, ...",
    ),
]


class PaperOptions(NamedTuple):
    """The options, as they were given."""

    venues: str | None
    symbols: str | None
    mode: str | None
    value: float | None
    settings: tuple[str, ...]

    @property
    def anything(self) -> bool:
        return any(given is not None for given in self[:-1]) or bool(self.settings)


def paper_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command, which gets them as `wanted`."""

    @functools.wraps(command)
    def gathered(**given: Any) -> Any:
        wanted = PaperOptions(*(given.pop(name) for name in PaperOptions._fields))
        return command(wanted=wanted, **given)

    made: Callable[..., Any] = gathered
    for option in reversed(_OPTIONS):
        made = option(made)
    return made


def drafted(wanted: PaperOptions) -> str:
    """The configuration's text, checked. UsageError for an option, DataError for what a venue says,
    ConfigError for what they give together."""
    import asyncio

    from pinnacle.core.config import convert
    from pinnacle.core.errors import ConfigError, UsageError
    from pinnacle.plan.checks import check
    from pinnacle.plan.config import SessionConfig
    from pinnacle.plan.draft import DraftVenue, draft, session_name

    if wanted.venues is None or wanted.symbols is None:
        raise UsageError("--venues and --symbols are needed: `pinnacle instruments` lists symbols")
    venues = _venues(wanted.venues)
    symbols = _symbols(wanted.symbols, venues)
    settings = _settings(wanted.settings, venues)
    sections = {n: venue_section(venue, settings[n]) for n, (_, venue) in venues.items()}

    async def ask_all() -> "list[list[DraftInstrument]]":
        asking = (_ask(venues[name][1], sections[name], symbols[name]) for name in venues)
        return await asyncio.gather(*asking)

    found = asyncio.run(ask_all())
    feeds = {
        name: {key: getattr(sections[name], key) for key in _keys(settings[name])}
        for name in venues
    }
    made = {session_name(name): DraftVenue(kind, feeds[name]) for name, (kind, _) in venues.items()}
    text = draft(made, [row for rows in found for row in rows], Decimal(str(wanted.value or VALUE)))
    what = Path("what these options give")
    config = convert(tomllib.loads(text), SessionConfig, what)
    try:
        check(config)
    except ConfigError as error:
        raise ConfigError(f"{what}: {error}") from None
    return text


@contextmanager
def drafted_file(wanted: PaperOptions) -> Iterator[Path]:
    """The same as a file, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="pinnacle-") as folder:
        path = Path(folder) / "paper.toml"
        path.write_text(drafted(wanted), encoding="utf-8")
        yield path


def _words(text: str, option: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise click.BadParameter(f"{text!r}: a name is missing", param_hint=option)
    if len(set(words)) < len(words):
        raise click.BadParameter(f"{text!r}: one is there twice", param_hint=option)
    return words


def _venues(text: str) -> "dict[str, tuple[str, VenueKind[Any]]]":
    """By name: what a configuration calls it, and the venue."""
    from pinnacle.venues.registry import find

    try:
        found = [(kind, find(kind)) for kind in _words(text, "--venues")]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--venues") from None
    return {venue.name: (kind, venue) for kind, venue in found}


def _symbols(text: str, venues: Mapping[str, Any]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {name: [] for name in venues}
    for word in _words(text, "--symbols"):
        venue, colon, symbol = word.rpartition(":")
        if colon and venue not in venues:
            raise click.BadParameter(f"{word}: {venue} is none of --venues", param_hint="--symbols")
        for name in [venue] if colon else venues:
            wanted[name].append(symbol)
    for name, symbols in wanted.items():
        if not symbols:
            raise click.BadParameter(f"none is of {name}", param_hint="--symbols")
    return wanted


def _settings(settings: tuple[str, ...], venues: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = dict.fromkeys(venues, ())
    for setting in settings:
        name, dot, rest = setting.partition(".")
        if not dot or name not in venues:
            words = f"{setting!r} does not begin with one of --venues and a dot"
            raise click.BadParameter(words, param_hint="--feed")
        found[name] += (rest,)
    return found


def _keys(settings: tuple[str, ...]) -> list[str]:
    return [setting.partition("=")[0] for setting in settings]


async def _ask(
    venue: "VenueKind[Any]", section: Any, symbols: list[str]
) -> "list[DraftInstrument]":
    from pinnacle.plan.draft import DraftInstrument, session_name
    from pinnacle.venues.reference import ask

    listed = await ask.listings(venue, section)
    listings = {symbol: _listing(venue, listed, symbol) for symbol in symbols}
    if len({listing.symbol for listing in listings.values()}) < len(listings):
        one = f"{', '.join(symbols)}: two of these are the same at {venue.name}"
        raise click.BadParameter(one, param_hint="--symbols")
    found = []
    for symbol, listing in listings.items():
        price = await ask.price(venue, section, listing.symbol)
        ours = symbol if venue.name_of(symbol) == listing.symbol else listing.symbol
        found.append(DraftInstrument(session_name(venue.name), ours, listing, price))
    return found


def _listing(venue: "VenueKind[Any]", listed: "list[Listing]", symbol: str) -> "Listing":
    """What the venue means by a symbol: its own, or a name like BTC-USD."""
    from pinnacle.core.errors import DataError
    from pinnacle.venues.reference.listing import Status

    wanted = symbol.upper().replace("/", "-")
    rows = [row for row in listed if symbol == row.symbol]
    rows = rows or [row for row in listed if wanted in (row.name.upper(), row.symbol.upper())]
    if not rows:
        base = wanted.partition("-")[0]
        near = [row.name for row in listed if row.base.upper() == base][:NEAR_MAX]
        words = f"; of {base} it lists {', '.join(near)}" if near else ""
        raise DataError(f"{venue.name} lists no {symbol}{words}")
    row = rows[0]
    if row.status is Status.HALTED:
        raise DataError(f"{venue.name}: {row.symbol} takes no orders now ({row.words})")
    if not Decimal(row.tick) or not Decimal(row.lot):
        raise DataError(f"{venue.name}: {row.symbol}: no step of prices and quantities is listed")
    return row
