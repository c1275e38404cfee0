"""What a venue knows a user by: the fields that a key has there, and a key, which is never shown.

A venue declares the form of its keys (venues/port.py); what keeps keys, asks for them or reads them
from a file holds them against that form. A fault is told by the name of its field and nothing else.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

#: Why a text cannot be a field's, as the end of a sentence; None if it can.
Fault = Callable[[str], str | None]

_PRINTABLE = re.compile(r"[!-~]+")


class Credentials:
    """A key of the user's at a venue, by the names of its fields."""

    __slots__ = ("_fields",)

    def __init__(self, **fields: str):
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self._fields[name]

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credentials) and other._fields == self._fields

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Credentials(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials are not pickled")

    @property
    def key(self) -> str:
        return self["key"]

    @property
    def passphrase(self) -> str:
        return self["passphrase"]

    @property
    def secret(self) -> str:
        return self["secret"]

    @property
    def secret_bytes(self) -> bytes:
        """A secret that is base64, decoded."""
        return base64.b64decode(self["secret"])

    @property
    def private_key(self) -> str:
        """PEM."""
        return self["private_key"]

    def fields(self) -> dict[str, str]:
        """All of it, to keep: for what encrypts it."""
        return dict(self._fields)


@dataclass(frozen=True)
class KeyField:
    """One field of a venue's keys.

    name      as files and commands call it
    fault     says why a text cannot be one
    is_file   it has several lines: whoever is asked for it gives a file
    is_open   it is no secret, and may be shown while it is typed
    hint      what it is, for who is asked
    """

    name: str
    fault: Fault
    is_file: bool = False
    is_open: bool = False
    hint: str = ""


@dataclass(frozen=True)
class KeyForm:
    """The fields of a venue's keys. Of `either` a key has exactly one, of the others each."""

    fields: tuple[KeyField, ...]
    either: tuple[str, ...] = ()

    def fault(self, values: Mapping[str, object]) -> str | None:
        """What is wrong with these values as a key; None if nothing. No value is in it."""
        names = [field.name for field in self.fields]
        if not values.keys() <= set(names):
            return f"has a field that is none of {', '.join(names)}"
        if self.either and sum(name in values for name in self.either) != 1:
            return f"needs one of {' and '.join(self.either)}"
        for field in self.fields:
            if field.name not in values:
                if field.name in self.either:
                    continue
                return f"{field.name}: is missing"
            value = values[field.name]
            fault = field.fault(value) if isinstance(value, str) else "is no text"
            if fault:
                return f"{field.name}: {fault}"
        return None

    def credentials(self, values: Mapping[str, object]) -> Credentials:
        """The key that the values are; ValueError with the fault."""
        if fault := self.fault(values):
            raise ValueError(fault)
        return Credentials(**{name: str(value) for name, value in values.items()})


def text_fault(text: str) -> str | None:
    """Of one word: what venues give is ASCII, and a blank came with copying it."""
    if not text:
        return "is empty"
    if not _PRINTABLE.fullmatch(text):
        return "has a blank, a line break or a sign that is not ASCII in it"
    return None


def phrase_fault(text: str) -> str | None:
    """Of what a user thought up: words, with blanks between them."""
    if text != text.strip():
        return "has a blank at an end"
    return text_fault(text) and text_fault(text.replace(" ", "-"))


def base64_fault(text: str) -> str | None:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return "is not base64"
    return None if decoded else "is empty"


def choice_fault(*choices: str) -> Fault:
    """Of a field that is one of a few words."""
    return lambda text: None if text in choices else f"is none of {', '.join(choices)}"


def matching_fault(pattern: str, fault: str) -> Fault:
    """Of a field that has a form of its own."""
    compiled = re.compile(pattern)
    return lambda text: text_fault(text) or (None if compiled.fullmatch(text) else fault)


def ed25519_fault(text: str) -> str | None:
    """Of the PEM of an Ed25519 private key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    found = _private_key(text)
    if isinstance(found, str):
        return found
    return None if isinstance(found, Ed25519PrivateKey) else "is a private key, but not of Ed25519"


def p256_fault(text: str) -> str | None:
    """Of the PEM of a private key on the curve P-256."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey

    found = _private_key(text)
    if isinstance(found, str):
        return found
    if isinstance(found, EllipticCurvePrivateKey) and isinstance(found.curve, SECP256R1):
        return None
    return "is a private key, but not of the curve P-256"


def _private_key(text: str) -> object:
    """The key of a PEM, or why there is none. What cryptography says may quote it: not told."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(text.encode(), password=None)
    except TypeError:
        return "is a private key with a password of its own: take that off"
    except (ValueError, UnsupportedAlgorithm):
        return "is not the PEM of a private key"
