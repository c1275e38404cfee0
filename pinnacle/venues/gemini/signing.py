"""How Gemini knows whose a request is: HMAC-SHA384 over a payload in base64. No I/O.

A request by REST is its payload, in a header of a POST without a body. A WebSocket is signed once,
as it is opened, over nothing but the nonce.
"""

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.venues.orders.keys import Secret, same, secret_of_text

KEY_HEADER, NONCE_HEADER = "X-GEMINI-APIKEY", "X-GEMINI-NONCE"
PAYLOAD_HEADER, SIGNATURE_HEADER = "X-GEMINI-PAYLOAD", "X-GEMINI-SIGNATURE"
#: What a request by REST has besides, whose body is empty.
_BESIDE = {"Content-Type": "text/plain", "Cache-Control": "no-cache"}

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class GeminiKey:
    """A key and its secret, whose characters are signed with as they are."""

    def __init__(self, key: str, secret: str):
        self.key = key
        self._secret = Secret(secret_of_text(secret), "sha384")

    def sign(self, payload: str) -> str:
        """Of a payload in base64, in hexadecimal digits."""
        return self._secret.digest(payload.encode("utf-8", "surrogatepass")).hex()

    def verify(self, payload: str, signature: str) -> bool:
        """Whether this key has signed a payload."""
        return same(signature, self.sign(payload))

    def rest_headers(
        self, path: str, nonce: int | Decimal, fields: Mapping[str, object]
    ) -> dict[str, str]:
        """Of a request to a path such as /v1/order/new: all of it, but for Content-Length: 0."""
        said = _encode({"request": path, "nonce": nonce, **fields})
        return {**_BESIDE, **self._headers(base64.b64encode(said).decode())}

    def websocket_headers(self, nonce_s: int) -> dict[str, str]:
        """Of the upgrade to a WebSocket; the nonce is whole seconds (`TimedNonces.whole`)."""
        payload = base64.b64encode(str(nonce_s).encode()).decode()
        return {NONCE_HEADER: str(nonce_s), **self._headers(payload)}

    def verify_websocket(self, nonce: str, payload: str, signature: str) -> bool:
        """Whether this key has signed an upgrade with these headers."""
        right = base64.b64encode(nonce.encode("utf-8", "surrogatepass")).decode()
        return same(payload, right) and self.verify(payload, signature)

    def _headers(self, payload: str) -> dict[str, str]:
        signature = self.sign(payload)
        return {KEY_HEADER: self.key, PAYLOAD_HEADER: payload, SIGNATURE_HEADER: signature}


def read_payload(payload: str) -> dict[str, Any]:
    """What a request by REST says, with `request` and `nonce`; DataError if it is none.

    Numbers with a point are Decimal: a nonce of fractions of a second is exact.
    """
    try:
        return _decoder.decode(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise DataError(f"{PAYLOAD_HEADER}: is not JSON of an object, in base64") from None
