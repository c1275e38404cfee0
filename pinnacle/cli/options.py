"""Kinds of values that several commands take: a session's name, a number that is one."""

import math
from typing import TYPE_CHECKING, Any

import click

from pinnacle.core.names import SessionName

if TYPE_CHECKING:
    from pinnacle.venues.dialect import Dialect


class _SessionName(click.ParamType[SessionName]):
    name = "name"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> SessionName:
        try:
            return SessionName(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Dialect(click.ParamType["Dialect"]):
    name = "venue"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        from pinnacle.venues.registry import VENUES

        return f"[{'|'.join(VENUES)}|module:ATTRIBUTE]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "Dialect":
        from pinnacle.venues.registry import find

        try:
            return find(value).dialect()
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Number(click.FloatRange):
    """A range of floats that neither nan nor inf is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a number", param, ctx)
        return number


SESSION_NAME = _SessionName()
DIALECT = _Dialect()
