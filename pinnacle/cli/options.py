"""Kinds of values that several commands take: a session's name, a number that is one."""

import math
import tomllib
from typing import TYPE_CHECKING, Any, get_origin, get_type_hints

import click

from pinnacle.core.names import SessionName

if TYPE_CHECKING:
    from pinnacle.venues.port import VenueKind
    from pinnacle.venues.served.dialect import Dialect


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
    """The venue's section of `key=value` pairs; BadParameter names the key."""
    from pinnacle.core.config import convert_part
    from pinnacle.core.errors import ConfigError

    pairs: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise click.BadParameter(f"{setting!r} is no KEY=VALUE", param_hint="--feed")
        pairs[key] = _value(text, get_type_hints(venue.section).get(key))
    try:
        return convert_part(pairs, venue.section, "")
    except ConfigError as error:
        raise click.BadParameter(str(error), param_hint="--feed") from None


def _value(text: str, kind: Any) -> Any:
    """As a configuration would have it; but texts need no quotes, nor lists of them brackets."""
    if kind in (str, str | None):
        return text
    if get_origin(kind) is list and not text.startswith("["):
        return [part.strip() for part in text.split(",")]
    try:
        found = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return found["value"] if len(found) == 1 else text
