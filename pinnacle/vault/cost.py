"""What a guess of the master password costs: Argon2id (RFC 9106) and its parameters."""

import math
from typing import NamedTuple

from pinnacle.core.errors import PinnacleError

KEY_BYTES = 32
SALT_BYTES = 16


class Cost(NamedTuple):
    """Argon2id's parameters. `memory_kib`: KiB; `iterations`: passes over it; `lanes`: at once."""

    memory_kib: int
    iterations: int
    lanes: int

    def fault(self) -> str | None:
        """Why a vault with these is not opened; None if it is. Asked before memory is taken."""
        for name, value, least, most in zip(self._fields, self, FLOOR, CEILING, strict=True):
            if value < least:
                return f"its {name} is {value}: less than {least} is too easily guessed"
            if value > most:
                return f"its {name} is {value}: more than {most} is no vault of this program"
        return None

    def derive(self, password: bytes, salt: bytes) -> bytes:
        """The key of a password, KEY_BYTES; takes as long as the parameters say."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        try:
            return Argon2id(
                salt=salt,
                length=KEY_BYTES,
                iterations=self.iterations,
                lanes=self.lanes,
                memory_cost=self.memory_kib,
            ).derive(password)
        except UnsupportedAlgorithm:
            raise PinnacleError("the package cryptography was built without Argon2id") from None

    @property
    def work(self) -> int:
        """What grows as the time does."""
        return math.prod(self[:2])


#: What OWASP calls the least for a password.
FLOOR = Cost(19 * 1024, 2, 1)
#: A file must not make its reader take all of a machine.
CEILING = Cost(1024 * 1024, 16, 16)
#: Of what is written: about half a second of one core.
WRITTEN = Cost(128 * 1024, 3, 1)
