"""`pinnacle vault`: the user's keys at venues, encrypted under one master password."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pinnacle.vault.sealed import VaultKey
    from pinnacle.vault.vault import Entry

_FILE = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")
#: Of the venue's own part of a key, which is no secret, and from which length on: what is shown.
_SHOWN, _SHOWN_FROM = 4, 12


@click.group()
def vault() -> None:
    """Keep keys to venues in one encrypted file.

    The master password is typed, or read from --password-file, or from systemd's credential
    pinnacle-vault.
    """
    from pinnacle.vault.secrecy import keep_to_itself

    keep_to_itself()


def _place(command: Callable[..., Any]) -> Callable[..., Any]:
    """--vault and --password-file."""
    command = click.option(
        "--password-file", type=_FILE, help="Has the master password; mode 0600."
    )(command)
    return click.option("--vault", "path", type=_FILE, help="Instead of ~/.config/pinnacle/vault.")(
        command
    )


def _path(path: Path | None) -> Path:
    from pinnacle.vault.place import default_path

    return path or default_path()


def _asked(path: Path, password_file: Path | None) -> "VaultKey":
    from pinnacle.vault.unlock import ask_key

    return ask_key(path, password_file)


@vault.command()
@_place
def init(path: Path | None, password_file: Path | None) -> None:
    """Make an empty vault. What is there is not written over."""
    from pinnacle.vault.password import new_password
    from pinnacle.vault.place import check_free
    from pinnacle.vault.sealed import VaultKey
    from pinnacle.vault.vault import create

    path = _path(path)
    check_free(path)
    password = new_password(f"master password for {path}", password_file)
    create(path, VaultKey.new(password))
    click.echo(f"{path}: made; it has no keys yet")


@vault.command(name="set")
@click.argument("venue")
@click.option("--as", "name", help="What the key is called: the venue's name if not given.")
@click.option("--from", "file", type=_FILE, help="Has the fields, TOML or JSON; mode 0600.")
@_place
def set_key(
    venue: str, name: str | None, file: Path | None, path: Path | None, password_file: Path | None
) -> None:
    """Keep a key to VENUE; one of the same name is replaced.

    Asks for each of its fields, and shows nothing of what is typed. A private key is given as the
    name of its file (PEM, mode 0600).
    """
    import time

    from pinnacle.cli.key_fields import asked_fields, form_of
    from pinnacle.vault.key_file import read_credentials
    from pinnacle.vault.vault import Entry, check_name, put

    kind, form = form_of(venue)
    name = kind if name is None else name
    check_name(name)
    credentials = None if file is None else read_credentials(file, form)
    path = _path(path)
    key = _asked(path, password_file)
    if credentials is None:
        credentials = form.credentials(asked_fields(form))
    replaced = put(path, key, name, Entry(venue, time.time_ns(), credentials.fields()))
    click.echo(f"{path}: {name} {'replaced' if replaced else 'kept'}")


@vault.command(name="list")
@_place
@_JSON
def list_keys(path: Path | None, password_file: Path | None, as_json: bool) -> None:
    """Names of the keys, their venues, and when they were put there; no secret."""
    import msgspec

    from pinnacle.vault.vault import Vault

    path = _path(path)
    opened = Vault.open(path, _asked(path, password_file))
    rows = [_row(name, entry) for name, entry in sorted(opened.entries.items())]
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    for row in rows:
        click.echo(f"{row['name']:24}{row['venue']:24}{row['key']:10}{row['changed']}")
    if not rows:
        click.echo(f"{path}: has no keys", err=True)


def _row(name: str, entry: "Entry") -> dict[str, str]:
    from datetime import UTC, datetime

    key = entry.fields.get("key", "")
    changed = datetime.fromtimestamp(entry.changed_ns // 10**9, UTC)
    return {
        "name": name,
        "venue": entry.venue,
        "key": (key[:_SHOWN] if len(key) >= _SHOWN_FROM else "") + "...",
        "changed": f"{changed:%Y-%m-%dT%H:%M:%SZ}",
    }


@vault.command()
@click.argument("name")
@_place
def remove(name: str, path: Path | None, password_file: Path | None) -> None:
    """Forget the key NAME. The venue knows it until it is deleted there."""
    from pinnacle.vault.vault import remove as remove_key

    path = _path(path)
    remove_key(path, _asked(path, password_file), name)
    click.echo(f"{path}: {name} removed")


@vault.command()
@_place
@click.option("--new-password-file", type=_FILE, help="Has the new one; mode 0600.")
def rotate(path: Path | None, password_file: Path | None, new_password_file: Path | None) -> None:
    """Change the master password; everything is encrypted anew.

    A session that runs keeps what it has; a process of it that is restarted cannot open the vault
    any more.
    """
    from pinnacle.vault import vault as kept
    from pinnacle.vault.password import new_password
    from pinnacle.vault.sealed import VaultKey

    path = _path(path)
    key = _asked(path, password_file)
    # systemd's credential is the old one.
    password = new_password(f"new master password for {path}", new_password_file, environ={})
    kept.rotate(path, key, VaultKey.new(password))
    click.echo(f"{path}: has another master password")


@vault.command()
@_place
@_JSON
def check(path: Path | None, password_file: Path | None, as_json: bool) -> int:
    """Open the vault and look at all of it: who may read it, what a guess of its password costs,
    and whether each key has the form that its venue gives.

    Exit code 0 if nothing is wrong, 1 if a key has a fault; what cannot be opened has the code of
    its error.
    """
    import msgspec

    from pinnacle.cli.key_fields import entry_fault
    from pinnacle.core.errors import DataError, PinnacleError
    from pinnacle.vault.cost import WRITTEN
    from pinnacle.vault.vault import Vault

    path = _path(path)
    document: dict[str, Any] = {"vault": str(path), "fault": None, "argon2id": None, "keys": []}
    code = 0
    try:
        key = _asked(path, password_file)
        opened = Vault.open(path, key)
    except PinnacleError as error:
        if not as_json:
            raise
        document["fault"], code = str(error), error.exit_code
    else:
        document["argon2id"] = key.cost._asdict() | {"weak": key.cost.work < WRITTEN.work}
        document["keys"] = [
            {"name": name, "venue": entry.venue, "fault": entry_fault(entry.venue, entry.fields)}
            for name, entry in sorted(opened.entries.items())
        ]
        code = DataError.exit_code if any(row["fault"] for row in document["keys"]) else 0
    if as_json:
        click.echo(msgspec.json.encode(document))
    else:
        _print_check(document)
    return code


def _print_check(document: dict[str, Any]) -> None:
    cost = document["argon2id"]
    weak = "; less than new ones have: `pinnacle vault rotate`" if cost["weak"] else ""
    click.echo(f"{document['vault']}: opened; nobody else may read it")
    click.echo(
        f"  Argon2id of {cost['memory_kib'] // 1024} MiB, iterations {cost['iterations']}, "
        f"lanes {cost['lanes']}{weak}"
    )
    for row in document["keys"]:
        click.echo(f"  {row['name']} ({row['venue']}): {row['fault'] or 'has the form of a key'}")
