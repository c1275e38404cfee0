"""What a venue's keys are made of, asked for at the terminal and held against its own form."""

from collections.abc import Mapping
from pathlib import Path

import click

from pinnacle.core.credentials import KeyField, KeyForm
from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.private import private_bytes
from pinnacle.vault.key_file import FILE_BYTES_MAX
from pinnacle.vault.password import typed
from pinnacle.venues.registry import find

ATTEMPTS = 3


def form_of(venue: str) -> tuple[str, KeyForm]:
    """A venue's own name and the form of its keys; UsageError if it is none, or has no keys."""
    try:
        kind = find(venue)
    except ValueError as error:
        raise UsageError(f"VENUE: {error}") from None
    if kind.key_form is None:
        raise UsageError(f"VENUE: {venue} does not say what its keys are made of: it has none")
    return kind.name, kind.key_form


def entry_fault(venue: str, fields: Mapping[str, str]) -> str | None:
    """What is wrong with a key that was kept; None if nothing."""
    try:
        _, form = form_of(venue)
    except UsageError as error:
        return str(error)
    return form.fault(fields)


def asked_fields(form: KeyForm) -> dict[str, str]:
    """Each field as it is typed; UsageError names the one that is wrong at the third attempt."""
    found: dict[str, str] = {}
    for field in form.fields:
        others = [name for name in form.either if name != field.name]
        if field.name in form.either and any(name in found for name in others):
            continue
        may_lack = field.name in form.either and field.name != form.either[-1]
        value = _asked(field, may_lack)
        if value:
            found[field.name] = value
    return found


def _asked(field: KeyField, may_lack: bool) -> str:
    """One of them; empty if it may lack and nothing was typed."""
    prompt = f"{field.name} ({field.hint})" if field.hint else field.name
    if field.is_file:
        prompt += ", the name of its file"
    if may_lack:
        prompt += ", or nothing"
    for _ in range(ATTEMPTS):
        value = _answer(field, prompt)
        if may_lack and not value:
            return ""
        fault = field.fault(value)
        if fault is None:
            return value
        click.echo(f"{field.name}: {fault}", err=True)
    raise UsageError(f"{field.name}: {fault}")


def _answer(field: KeyField, prompt: str) -> str:
    if field.is_file:
        return _of_file(click.prompt(prompt, default="", show_default=False, err=True))
    if field.is_open:
        return str(click.prompt(prompt, default="", show_default=False, err=True))
    return typed(f"{prompt}: ", "--from FILE")


def _of_file(name: str) -> str:
    if not name:
        return ""
    path = Path(name).expanduser()
    try:
        return private_bytes(path, FILE_BYTES_MAX).decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8") from None
