"""Binance's requests are signed as its own documents show, and read as they are signed."""

from decimal import Decimal

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.venues.binance.signing import (
    Ed25519Key,
    HmacKey,
    logon_signature,
    query_of,
    rest_payload,
    signed_params,
    signed_query,
    verify_logon,
    verify_params,
    verify_rest,
    window,
    ws_payload,
)

#: The example key of the venue's documents (rest-api.md, web-socket-api.md); it opens nothing.
KEY = HmacKey(
    "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
)
#: That of fix-api.md, "Signature computation".
PEM = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u
-----END PRIVATE KEY-----
"""
FIX_KEY = "sBRXrJx2DsOraMXOaUovEhgVRcjOvCtQwnWj8VxkOh1xqboS02SPGfKi2h8spZJb"
LOGON = "EXAMPLE", "SPOT", 1, "20240627-11:17:25.223"
LOGON_SIGNATURE = (
    "4MHXelVVcpkdwuLbl6n73HQUXUf1dse2PCgT1DYqW9w8AVZ1RACFGM+5UdlGPrQHrgtS3CvsRURC1oj73j8gCA=="
)
ORDER = {
    "symbol": "LTCBTC",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "1",
    "price": "0.1",
    "recvWindow": 5000,
    "timestamp": 1499827319559,
}
ORDER_SIGNATURE = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
WS_ORDER = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01000000",
    "price": "52000.00",
    "recvWindow": 100,
    "timestamp": 1645423376532,
}
#: 123456 in digits as wide as letters of Chinese.
WIDE = "\uff11\uff12\uff13\uff14\uff15\uff16"


def test_a_query_is_signed_as_in_rest_api_md():
    query = signed_query(KEY, ORDER)
    assert query == f"{query_of(ORDER)}&signature={ORDER_SIGNATURE}"
    assert query.startswith(
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
    )
    assert verify_rest(KEY, query) and verify_rest(KEY, "", query.encode())


def test_query_and_body_are_signed_together_with_nothing_between_as_in_rest_api_md():
    said, rest = dict(list(ORDER.items())[:4]), dict(list(ORDER.items())[4:])
    query, body = query_of(said), query_of(rest)
    signature = KEY.sign(rest_payload(query, body.encode()))
    assert signature == "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"
    assert verify_rest(KEY, query, f"{body}&signature={signature}".encode())
    assert verify_rest(KEY, f"{query}&signature={signature}", body.encode())
    assert not verify_rest(KEY, query, f"&{body}&signature={signature}".encode())


@pytest.mark.parametrize(
    ("changes", "signature"),
    [
        ({}, "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"),
        (  # an older edition of the page
            {"newOrderRespType": "ACK"},
            "cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a",
        ),
        (
            {
                "symbol": WIDE,
                "side": "BUY",
                "quantity": "1.00000000",
                "price": "0.10000000",
                "recvWindow": 5000,
            },
            "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd",
        ),
    ],
)
def test_parameters_are_signed_by_name_and_unencoded_as_in_web_socket_api_md(changes, signature):
    params = signed_params(KEY, WS_ORDER | changes)
    assert params == WS_ORDER | changes | {"apiKey": KEY.key, "signature": signature}
    assert verify_params(KEY, params)
    assert not verify_params(KEY, params | {"price": "52000.01"})
    assert not verify_params(KEY, {name: params[name] for name in params if name != "signature"})


def test_what_is_not_ascii_is_percent_encoded_before_it_is_signed_by_rest():
    query = signed_query(KEY, {"symbol": WIDE, "note": "a b&c=d+e/~", "timestamp": 1})
    said = "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96"
    said += "&note=a%20b%26c%3Dd%2Be%2F~&timestamp=1"
    assert query == f"{said}&signature={KEY.sign(said.encode())}"
    assert verify_rest(KEY, query)


def test_the_venue_takes_hexadecimal_digits_of_either_size_and_base64_as_it_is():
    assert KEY.verify(rest_payload(query_of(ORDER)), ORDER_SIGNATURE.upper())
    key = Ed25519Key("key", PEM)
    signature = key.sign(b"said")
    assert key.verify(b"said", signature) and not key.verify(b"said", signature.swapcase())


def test_an_ed25519_signature_is_percent_encoded_in_a_query():
    key = Ed25519Key("key", PEM)
    for number in range(40):  # in base64 some of them have a + and some a /
        query = signed_query(key, {"timestamp": number})
        assert not set("+/") & set(query) and query.endswith("%3D%3D")
        assert verify_rest(key.verifier(), query)
        assert not verify_rest(key.verifier(), query.replace("timestamp=", "timestamp=1"))


def test_a_logon_is_signed_as_in_fix_api_md():
    """The whole message of the page has the length and the sum that it says."""
    key = Ed25519Key(FIX_KEY, PEM)
    signature = logon_signature(key, *LOGON)
    assert signature == LOGON_SIGNATURE
    assert verify_logon(key.verifier(), *LOGON, signature)
    assert not verify_logon(key.verifier(), *LOGON[:3], "20240627-11:17:25.224", signature)
    fields = "35=A|34=1|49=EXAMPLE|52=20240627-11:17:25.223|56=SPOT|95=88|96=" + signature
    fields += f"|98=0|108=30|141=Y|553={FIX_KEY}|25035=2|"
    body = fields.replace("|", "\x01").encode()
    assert len(body) == 247 and len(signature) == 88
    assert sum(b"8=FIX.4.4\x019=247\x01" + body) % 256 == 227


@pytest.mark.parametrize(
    "query", ["", "a=1", "signature=", "a=1&signature=x&b=2", "a=1&xsignature=" + ORDER_SIGNATURE]
)
def test_a_request_without_a_signature_at_its_end_is_refused(query):
    assert not verify_rest(KEY, query)
    assert not verify_rest(KEY, "", query.encode())


@pytest.mark.parametrize("signature", ["", "é" * 64, "\udcff", ORDER_SIGNATURE[:-1], 5, None])
def test_whatever_stands_for_a_signature_is_refused_and_no_more(signature):
    assert not verify_params(KEY, WS_ORDER | {"apiKey": KEY.key, "signature": signature})
    if isinstance(signature, str):
        assert not Ed25519Key("key", PEM).verify(b"", signature)


def test_numbers_and_truths_are_signed_as_json_has_them():
    said = {"recvWindow": Decimal("5000.250"), "computeCommissionRates": True, "a": 1}
    assert ws_payload(said) == b"a=1&computeCommissionRates=true&recvWindow=5000.250"


def test_a_key_that_cannot_be_one_is_refused_without_being_shown():
    for make, wrong, words in [
        (HmacKey, "", "secret: is empty"),
        (HmacKey, "géheim", "secret: has a character that is not ASCII"),
        (Ed25519Key, "geheim", "private_key: is not the PEM"),
        (Ed25519Key, PEM.replace("MC4C", "MC4D"), "private_key: is not the PEM"),
    ]:
        with pytest.raises(ConfigError, match=words) as caught:
            make("key", wrong)
        assert not wrong or wrong not in str(caught.value)
    assert "Nhq" not in repr(KEY) and "Nhq" not in repr(vars(KEY))


def test_the_window_is_the_venues_rule():
    """Less than a second ahead, and no older than recvWindow (rest-api.md, "Timing security")."""
    rule = window(5000)
    now_ns = 1_790_000_000_000 * 10**6 + 999_999
    for ahead_ms, ahead, late in [(999, False, False), (1000, True, False)]:
        stamp = 1_790_000_000_000 + ahead_ms
        assert (rule.is_ahead(stamp, now_ns), rule.is_late(stamp, now_ns)) == (ahead, late)
    for behind_ms, late in [(5000, False), (5001, True)]:
        stamp = 1_790_000_000_000 - behind_ms
        assert (rule.is_ahead(stamp, now_ns), rule.is_late(stamp, now_ns)) == (False, late)
