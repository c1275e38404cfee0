"""The file, byte by byte: entries under AES-256-GCM, and in front of them what opens them.

    at  bytes
     0      8  magic "PMMVAULT"
     8      4  version, 1
    12      4  Argon2id: memory, KiB
    16      4  Argon2id: iterations
    20      4  Argon2id: lanes
    24     16  salt of the master key; new with each password
    40     16  salt of this writing's key; new at each writing
    56     12  nonce; new at each writing
    68      4  bytes of what is sealed, its tag included
    72      n  the entries, sealed: JSON, filled up with blanks to whole KiB; 16 bytes of tag
  72+n      4  CRC32C of all before it

Numbers are little-endian. The master key is Argon2id of the password; what seals is HKDF-SHA256 of
that and the second salt. The first 72 bytes are associated data. The checksum tells damage from a
wrong password; it protects from nobody: who changes the file knowingly meets the tag.
"""

import os
import struct
from pathlib import Path
from typing import NamedTuple, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pinnacle.core._native import lib
from pinnacle.core.errors import DataError, UsageError
from pinnacle.vault.cost import KEY_BYTES, SALT_BYTES, WRITTEN, Cost

MAGIC = b"PMMVAULT"
VERSION = 1
NONCE_BYTES = 12
HEADER = struct.Struct(f"<8sIIII{SALT_BYTES}s{SALT_BYTES}s{NONCE_BYTES}sI")
#: More than a thousand keys need.
FILE_BYTES_MAX = 1 << 20
TAG_BYTES = 16
_BLOCK = 1024
_CRC = struct.Struct("<I")
_INFO = b"pinnacle vault 1"


class VaultKey:
    """What opens a vault: the master key of a password. Whoever prints it sees nothing."""

    __slots__ = ("_cost", "_master", "_salt")

    def __init__(self, cost: Cost, salt: bytes, master: bytes):
        if cost.fault() or len(salt) != SALT_BYTES or len(master) != KEY_BYTES:
            raise ValueError("is no key of a vault")
        self._cost, self._salt, self._master = cost, salt, master

    @classmethod
    def new(cls, password: bytes, cost: Cost = WRITTEN) -> "VaultKey":
        """Of a password that is to open what is written from now on. A cheaper `cost` is for
        tests.
        """
        salt = os.urandom(SALT_BYTES)
        return cls(cost, salt, cost.derive(password, salt))

    @classmethod
    def of(cls, password: bytes, header: "Header") -> "VaultKey":
        """Of the password of a vault that is there."""
        return cls(header.cost, header.salt, header.cost.derive(password, header.salt))

    def __repr__(self) -> str:
        return "VaultKey(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a vault's key is not pickled: see unlock.hand")

    @property
    def cost(self) -> Cost:
        return self._cost

    @property
    def salt(self) -> bytes:
        return self._salt

    def parts(self) -> tuple[Cost, bytes, bytes]:
        """What it is made of: for who hands it on."""
        return self._cost, self._salt, self._master

    def cipher(self, salt: bytes) -> AESGCM:
        """Of one writing."""
        derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=_INFO)
        return AESGCM(derived.derive(self._master))


class Header(NamedTuple):
    """What stands in front of the entries, and the bytes that it stands in."""

    cost: Cost
    salt: bytes
    writing_salt: bytes
    nonce: bytes
    raw: bytes


def seal(key: VaultKey, entries: bytes) -> bytes:
    """The file of these entries; UsageError if they are more than a file may have."""
    writing_salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    filled = entries.ljust(-(-len(entries) // _BLOCK) * _BLOCK)
    size = len(filled) + TAG_BYTES
    header = HEADER.pack(MAGIC, VERSION, *key.cost, key.salt, writing_salt, nonce, size)
    body = header + key.cipher(writing_salt).encrypt(nonce, filled, header)
    if len(body) + _CRC.size > FILE_BYTES_MAX:
        raise UsageError(f"there are more entries than the {FILE_BYTES_MAX} bytes of a vault hold")
    return body + _CRC.pack(lib.pmm_crc32c(0, body, len(body)))


def header_of(path: Path, content: bytes) -> Header:
    """DataError says what is damaged, or why the file is not opened; no password is needed."""
    if content[: len(MAGIC)] != MAGIC:
        raise DataError(f"{path}: is no vault: it begins with something else")
    if len(content) < HEADER.size + TAG_BYTES + _CRC.size:
        raise DataError(f"{path}: is damaged: it ends after {len(content)} bytes")
    raw = content[: HEADER.size]
    _, version, memory, iterations, lanes, salt, writing_salt, nonce, size = HEADER.unpack(raw)
    body = content[: -_CRC.size]
    if version == VERSION and len(content) != HEADER.size + size + _CRC.size:
        raise DataError(f"{path}: is damaged: it has {len(content)} bytes, and says something else")
    if _CRC.unpack(content[-_CRC.size :])[0] != lib.pmm_crc32c(0, body, len(body)):
        raise DataError(f"{path}: is damaged: its checksum is wrong")
    if version != VERSION:
        raise DataError(f"{path}: is of version {version}: this program knows version {VERSION}")
    cost = Cost(memory, iterations, lanes)
    if fault := cost.fault():
        raise DataError(f"{path}: is not opened: {fault}")
    return Header(cost, salt, writing_salt, nonce, raw)


def unseal(path: Path, key: VaultKey, content: bytes) -> bytes:
    """The entries; DataError as above, UsageError if the key is not this file's."""
    header = header_of(path, content)
    if (header.cost, header.salt) != (key.cost, key.salt):
        raise UsageError(f"{path}: has another password since the key was made")
    try:
        sealed = content[HEADER.size : -_CRC.size]
        return key.cipher(header.writing_salt).decrypt(header.nonce, sealed, header.raw)
    except InvalidTag:
        raise UsageError(f"{path}: the password is wrong, or the file was changed") from None
