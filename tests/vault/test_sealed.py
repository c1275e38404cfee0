"""The bytes of a vault: what they are, and that none of them can be another."""

import pickle
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pinnacle.core._native import lib
from pinnacle.core.errors import DataError, UsageError
from pinnacle.vault import sealed
from pinnacle.vault.cost import CEILING, FLOOR, WRITTEN, Cost
from pinnacle.vault.sealed import HEADER, VaultKey, header_of, seal, unseal
from tests.vault.kept import PASSWORD

PATH = Path("the-vault")
TEXT = b'{"a": "canary of the entries"}'
KEY = VaultKey.new(PASSWORD, FLOOR)
CONTENT = seal(KEY, TEXT)


def checked(body: bytes) -> bytes:
    """With a checksum that is right: as somebody would write who knows what he does."""
    return body + lib.pmm_crc32c(0, body, len(body)).to_bytes(4, "little")


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ (1 << at % 8)]) + content[at + 1 :]


def test_a_vault_is_opened_by_its_password():
    again = VaultKey.of(PASSWORD, header_of(PATH, CONTENT))
    assert unseal(PATH, again, CONTENT).rstrip() == TEXT
    assert b"canary" not in CONTENT


def test_the_bytes_are_those_of_the_table():
    """Read as the table says, by nothing of the program's own."""
    numbers = [int.from_bytes(CONTENT[at : at + 4], "little") for at in (8, 12, 16, 20, 68)]
    assert CONTENT[:8] == b"PMMVAULT"
    assert numbers == [1, *FLOOR, len(CONTENT) - 76]
    memory, iterations, lanes = numbers[1:4]
    kdf = Argon2id(
        salt=CONTENT[24:40], length=32, iterations=iterations, lanes=lanes, memory_cost=memory
    )
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=CONTENT[40:56], info=b"pinnacle vault 1")
    cipher = AESGCM(hkdf.derive(kdf.derive(PASSWORD)))
    text = cipher.decrypt(CONTENT[56:68], CONTENT[72:-4], CONTENT[:72])
    assert text.rstrip() == TEXT and len(text) == 1024
    assert checked(CONTENT[:-4]) == CONTENT


def test_the_page_has_the_table():
    page = (Path(__file__).parents[2] / "docs/vault.md").read_text(encoding="utf-8")
    rows = re.findall(r"^ {2,}(\d+\S*) +(\d+|n)  (.+)$", sealed.__doc__, re.M)
    assert len(rows) == 11
    told = re.findall(r"^\| (\d+\S*(?: \+ n)?) \| (\d+|n) \|", page, re.M)
    assert [(at.replace(" ", ""), size) for at, size in told] == [row[:2] for row in rows]


def test_a_byte_that_is_another_is_refused_by_the_checksum_wherever_it_is():
    for at in range(len(CONTENT)):
        with pytest.raises(DataError, match=r"^the-vault: is (damaged: |no vault: )"):
            unseal(PATH, KEY, flipped(CONTENT, at))


def test_a_byte_that_was_changed_knowingly_is_refused_wherever_it_is():
    """With a checksum that agrees: the tag holds what is sealed and what stands in front of it."""
    for at in range(len(CONTENT) - 4):
        with pytest.raises((DataError, UsageError), match=r"^the-vault: "):
            unseal(PATH, KEY, checked(flipped(CONTENT[:-4], at)))


def test_what_stands_in_front_is_held_by_the_tag_too():
    """A key that goes by what the file says of cost and salt still meets the tag."""
    for at in (16, 24, 39):
        content = checked(flipped(CONTENT[:-4], at))
        try:
            header = header_of(PATH, content)
        except DataError:
            continue
        forged = VaultKey(header.cost, header.salt, KEY.parts()[2])
        with pytest.raises(UsageError, match="the password is wrong, or the file was changed"):
            unseal(PATH, forged, content)


def test_a_vault_that_ends_early_or_late_is_refused():
    for size in range(len(CONTENT)):
        with pytest.raises(DataError, match=r"^the-vault: is (damaged: |no vault: )"):
            unseal(PATH, KEY, CONTENT[:size])
    for size in range(len(CONTENT) - 4):
        with pytest.raises(DataError, match=r"^the-vault: is (damaged: |no vault: )"):
            unseal(PATH, KEY, checked(CONTENT[:size]))
    with pytest.raises(DataError, match="is damaged: it has"):
        unseal(PATH, KEY, checked(CONTENT + b"\0"))


def test_another_password_is_refused_without_a_word_of_either():
    other = VaultKey.of(b"canary of a password", header_of(PATH, CONTENT))
    with pytest.raises(UsageError) as caught:
        unseal(PATH, other, CONTENT)
    assert str(caught.value) == "the-vault: the password is wrong, or the file was changed"
    assert caught.value.__cause__ is None


def test_a_key_of_the_time_before_a_change_of_password_says_so():
    with pytest.raises(UsageError, match="has another password since the key was made"):
        unseal(PATH, VaultKey.new(PASSWORD, FLOOR), CONTENT)


def test_no_two_writings_have_a_salt_or_nonce_in_common_and_one_key_opens_all():
    contents = [seal(KEY, TEXT) for _ in range(50)]
    headers = [header_of(PATH, content) for content in contents]
    assert len({header.nonce for header in headers}) == 50
    assert len({header.writing_salt for header in headers}) == 50
    assert {header.salt for header in headers} == {KEY.salt}
    assert {unseal(PATH, KEY, content).rstrip() for content in contents} == {TEXT}
    assert VaultKey.new(PASSWORD, FLOOR).salt != KEY.salt


def with_cost(*numbers: int) -> bytes:
    packed = b"".join(number.to_bytes(4, "little") for number in numbers)
    return checked(CONTENT[:12] + packed + CONTENT[24:-4])


@pytest.mark.parametrize("place", range(3))
def test_parameters_that_are_too_cheap_or_absurd_are_refused_before_anything_is_derived(place):
    for cost, step, words in ((FLOOR, -1, "too easily guessed"), (CEILING, 1, "no vault of this")):
        numbers = list(cost)
        numbers[place] += step
        with pytest.raises(DataError, match=f"its {cost._fields[place]} is .*{words}"):
            header_of(PATH, with_cost(*numbers))
        assert header_of(PATH, with_cost(*cost)).cost == cost
    with pytest.raises(DataError, match="no vault of this"):
        header_of(PATH, with_cost(*(2**32 - 1 if n == place else x for n, x in enumerate(FLOOR))))


def test_what_is_written_costs_much_more_to_guess_than_the_least():
    assert WRITTEN.fault() is None and WRITTEN.work >= 10 * FLOOR.work
    assert WRITTEN.lanes >= FLOOR.lanes


def test_a_later_version_is_told_as_that():
    body = CONTENT[:8] + (2).to_bytes(4, "little") + CONTENT[12:-4]
    for more in (b"", b"what version 2 has besides"):
        with pytest.raises(DataError, match="is of version 2: this program knows version 1"):
            header_of(PATH, checked(body + more))


def test_the_size_says_little_of_what_is_inside():
    assert {len(seal(KEY, b"x" * n)) for n in (1, 500, 1024)} == {len(CONTENT)}
    assert len(seal(KEY, b"x" * 1025)) == len(CONTENT) + 1024
    with pytest.raises(UsageError, match="more entries than"):
        seal(KEY, b"x" * sealed.FILE_BYTES_MAX)


def test_nobody_who_prints_or_pickles_a_key_sees_it():
    assert repr(KEY) == str(KEY) == "VaultKey(...)"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(KEY)


def test_a_key_of_the_wrong_size_or_cost_is_none():
    cost, salt, master = KEY.parts()
    for parts in ((Cost(8, 1, 1), salt, master), (cost, b"", master), (cost, salt, master[1:])):
        with pytest.raises(ValueError, match="is no key of a vault"):
            VaultKey(*parts)


def test_the_header_is_as_long_as_the_table_says():
    assert HEADER.size == 72
