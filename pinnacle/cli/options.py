"""Kinds of values that several commands take: a session's name, a number that is one."""

import math
from typing import TYPE_CHECKING, Any

import click

from pinnacle.core.names import SessionName

if TYPE_CHECKING:
    from pinnacle.venues.dialect import Dialect
    from pinnacle.venues.port import VenueKind


class _SessionName(click.ParamType[SessionName]):
    name = "name"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> SessionName:
        try:
            return SessionName(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _VenueKind(click.ParamType["VenueKind[Any]"]):
    name = "venue"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        from pinnacle.venues.registry import VENUES

        return f"[{'|'.join(VENUES)}|module:ATTRIBUTE]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "VenueKind[Any]":
        from pinnacle.venues.registry import find

        try:
            return find(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Dialect(click.ParamType["Dialect"]):
    """The same, of which the dialect alone is wanted."""

    name = "venue"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return VENUE_KIND.get_metavar(param, ctx)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "Dialect":
        return VENUE_KIND.convert(value, param, ctx).dialect()


class Number(click.FloatRange):
    """A range of floats that neither nan nor inf is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a number", param, ctx)
        return number


SESSION_NAME = _SessionName()
VENUE_KIND = _VenueKind()
DIALECT = _Dialect()
FEED_SETTINGS = click.option(
    "--feed",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Of the venue's table in a configuration: ws_url, rest_url, ca_file, depth, ...",
)


def venue_section(venue: "VenueKind[Any]", settings: tuple[str, ...]) -> Any:
    """The venue's section of `key=value` pairs; UsageError names the key."""
    import msgspec

    pairs = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise click.BadParameter(f"{setting!r} is no KEY=VALUE", param_hint="--feed")
        pairs[key] = value
    try:
        return msgspec.convert(pairs, venue.section, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--feed") from None
