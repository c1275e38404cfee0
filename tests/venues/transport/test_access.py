"""Pins, addresses and proxies hold for streams and requests alike, against real servers."""

import asyncio
import base64
import hashlib
import http
import os
import socket
import ssl

import pytest
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from pinnacle.core.config import convert_part
from pinnacle.core.errors import ConfigError
from pinnacle.venues.transport.access import Access, access_of, authority_fault
from pinnacle.venues.transport.certificates import make_certificates
from pinnacle.venues.transport.config import ConnectionConfig, RestConfig
from pinnacle.venues.transport.fetching import Problem, get
from pinnacle.venues.transport.port import SocketError, connect_by
from pinnacle.venues.transport.troubles import words_of


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(ca_file, the server's TLS context, the fingerprint of its certificate)."""
    ca_file, context = make_certificates(tmp_path_factory.mktemp("certificates"))
    pem = (
        ca_file.with_name("server.pem")
        .read_text(encoding="utf-8")
        .split("-----END PRIVATE KEY-----")[1]
    )
    leaf = pem[: pem.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")]
    return str(ca_file), context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(leaf.strip())).hexdigest()


class Proxy:
    """CONNECT, for who says `credentials` if any are wanted."""

    def __init__(self, credentials=None):
        self._wanted = credentials and base64.b64encode(credentials.encode()).decode()
        self.asked = []

    async def __call__(self, reader, writer):
        words = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(words.split()[1])
        if self._wanted and f"Proxy-Authorization: Basic {self._wanted}\r\n" not in words:
            writer.write(b"HTTP/1.1 407 Who are you\r\n\r\n")
            writer.close()
            return
        host, _, port = self.asked[-1].rpartition(":")
        onward = await asyncio.open_connection(host.strip("[]"), int(port))
        writer.write(b"HTTP/1.1 200 Yours\r\nVia: me\r\n\r\n")
        await asyncio.gather(self._pass(reader, onward[1]), self._pass(onward[0], writer))

    async def _pass(self, reader, writer):
        try:
            while more := await reader.read(65536):
                writer.write(more)
        finally:
            writer.close()


class Reached:
    """What a stream and a request came to; peers: from where the server was connected to."""

    def __init__(self):
        self.stream = self.request = None
        self.peers = set()


def reach(transport, served, host="127.0.0.1", proxy=None, proxy_user="", **keys):
    reached = Reached()
    ca_file, context, _ = served

    async def stream(socket):
        reached.peers.add(socket.remote_address[0])
        await socket.send("here")

    async def answer(socket, request):
        if request.path == "/ws":
            return None
        reached.peers.add(socket.remote_address[0])
        fields = Headers({"Content-Length": "2", "Connection": "close"})
        return Response(200, http.HTTPStatus(200).phrase, fields, b"{}")

    async def run():
        listening = await asyncio.start_server(proxy or Proxy(), "127.0.0.1", 0)
        async with serve(stream, host, 0, ssl=context, process_request=answer) as server:
            if proxy:
                where = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
                keys["proxy"] = f"http://{proxy_user}{where}"
            name = f"[{host}]" if ":" in host else host
            address = f"{name}:{server.sockets[0].getsockname()[1]}"
            access = Access(ConnectionConfig(transport=transport, ca_file=ca_file, **keys))
            async with asyncio.timeout(20):
                reached.request = await get(access, f"https://{address}/book", {}, 10)
                try:
                    opened = await connect_by(transport)(f"wss://{address}/ws", access)
                    reached.stream = await opened.frames()
                    await opened.close()
                except (OSError, SocketError) as error:
                    reached.stream = error
        listening.close()

    asyncio.run(run())
    return reached


def good(reached):
    return reached.stream == [b"here"] and reached.request == b"{}"


def test_without_any_of_it_both_are_reached(transport, served):
    reached = reach(transport, served)
    assert good(reached) and reached.peers == {"127.0.0.1"}


def test_a_certificate_that_is_pinned_is_taken_and_another_is_named(transport, served):
    pin = served[2]
    with_colons = ":".join(pin[i : i + 2] for i in range(0, 64, 2)).upper()
    assert good(reach(transport, served, certificate_sha256=[pin]))
    assert good(reach(transport, served, certificate_sha256=["0" * 64, with_colons]))
    reached = reach(transport, served, certificate_sha256=["0" * 64])
    assert str(reached.stream).startswith(f"the certificate's SHA-256 is {pin}, which")
    assert isinstance(reached.request, Problem) and pin in reached.request.text
    assert reached.peers == set(), "nothing was said before the certificate was seen"


def test_a_pin_does_not_stand_for_the_verification(transport, served, tmp_path):
    other, _ = make_certificates(tmp_path)
    reached = reach(transport, (str(other), *served[1:]), certificate_sha256=[served[2]])
    for told in (words_of(reached.stream, "late"), reached.request.text):
        assert "CERTIFICATE_VERIFY_FAILED" in told and "ca_file names the authority" in told
    assert reached.peers == set()


def test_connections_come_from_the_address_that_is_said(transport, served):
    reached = reach(transport, served, bind_address="127.0.0.2")
    assert good(reached) and reached.peers == {"127.0.0.2"}


def test_an_address_that_the_machine_does_not_have_is_a_lost_connection(transport, served):
    reached = reach(transport, served, bind_address="192.0.2.1")
    for told in (str(reached.stream), reached.request.text):
        assert "bind_address 192.0.2.1: Cannot assign requested address" in told


def test_the_other_version_of_ip_is_not_tried(transport, served):
    assert good(reach(transport, served, ip_version=4))
    reached = reach(transport, served, ip_version=6)
    for told in (str(reached.stream), reached.request.text):
        assert "ip_version 6: 127.0.0.1 has no such address" in told
    reached = reach(transport, served, bind_address="::1")
    assert "bind_address ::1: 127.0.0.1 has no such address" in str(reached.stream)


def has_ip_6():
    try:
        with socket.socket(socket.AF_INET6) as found:
            found.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ip_6(), reason="this machine has no ::1")
def test_a_server_at_an_address_of_ip_6_is_reached(transport, served):
    reached = reach(transport, served, "::1", ip_version=6, bind_address="::1")
    assert good(reached) and reached.peers == {"::1"}
    assert good(reach(transport, served, "::1", Proxy()))
    assert isinstance(reach(transport, served, "::1", ip_version=4).stream, socket.gaierror)


def test_a_proxy_connects_to_the_venue_whose_certificate_is_verified_through_it(transport, served):
    proxy = Proxy("me@home:p:ss/w%rd")
    user = "me%40home:p%3Ass%2Fw%25rd@"
    reached = reach(transport, served, proxy=proxy, proxy_user=user)
    assert good(reached) and len(proxy.asked) == 2
    reached = reach(transport, served, proxy=Proxy(), certificate_sha256=["0" * 64])
    assert served[2] in str(reached.stream) and reached.peers == set()


def test_what_a_proxy_refuses_is_told_without_what_was_said_to_it(transport, served):
    proxy = Proxy("me:right")
    reached = reach(transport, served, proxy=proxy, proxy_user="me:secret@")
    for told in (str(reached.stream), reached.request.text):
        assert "proxy 127.0.0.1:" in told and "HTTP 407" in told and "secret" not in told
    assert isinstance(reached.stream, OSError) and reached.peers == set()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"220 mail\r\n\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 no\r\n\r\n",
        b"HTTP/1.1 " + b"9" * 5000 + b" no\r\n\r\n",
    ],
    ids=lambda answer: answer[:16].decode(),
)
def test_what_is_no_proxy_is_told(transport, served, answer):
    async def other(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    reached = reach(transport, served, proxy=other)
    assert isinstance(reached.stream, OSError) and "proxy 127.0.0.1:" in str(reached.stream)
    assert "proxy 127.0.0.1:" in reached.request.text


def test_a_proxy_that_is_not_there_is_told(transport):
    config = ConnectionConfig(transport=transport, proxy="http://me:secret@127.0.0.1:1")
    with pytest.raises(OSError, match=r"proxy 127\.0\.0\.1:1: ") as caught:
        asyncio.run(connect_by(transport)("ws://127.0.0.1:2", Access(config)))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "No such file"),
        ("", "holds no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "a broken one"),
    ],
)
def test_why_a_file_can_be_no_authority_is_said(tmp_path, text, told):
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert told in authority_fault(str(path))
    with pytest.raises(ConfigError, match=f"ca_file .*{told}"):
        Access(ConnectionConfig(ca_file=str(path))).tls("wss://host")


def test_what_is_no_file_is_not_waited_for_and_an_authority_has_no_fault(tmp_path, served):
    os.mkfifo(tmp_path / "ca.pem")
    assert "no plain file" in authority_fault(str(tmp_path / "ca.pem"))
    assert authority_fault(str(tmp_path)) is not None
    assert authority_fault(served[0]) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://stream..example.net", "has a host that there cannot be: stream..example.net"),
        (f"https://{'x' * 64}.net", "has a host that there cannot be"),
        ("https://a,b.net", "has a host that there cannot be"),
        ("https://[::g]", "has a host that there cannot be|has no host"),
        ("https://host.net/#x", "has a fragment"),
        ("https://host.net/#", "has a fragment"),
        ("https://host.net/a b", "has a character that no URL has"),
        ("https://host.net:99999", "has no host, or no port"),
        ("https://:443", "has no host, or no port"),
        ("http://host.net", "TLS is not optional"),
    ],
)
def test_an_address_where_nobody_can_be_is_refused_by_its_key(url, told):
    with pytest.raises(ValueError, match=f"^rest_url: .*({told})"):
        RestConfig(rest_url=url)


@pytest.mark.parametrize(
    "url",
    ["https://host.net.", "https://b\u00fccher.net", "https://[::1]:1/x?a=b", "https://a_b:1"],
)
def test_an_address_where_somebody_may_be_is_taken(url):
    assert RestConfig(rest_url=url).rest_url == url


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"transport": "mine"}, "transport: must be one of websockets, picows, not 'mine'"),
        ({"certificate_sha256": ["12:34"]}, "certificate_sha256: '12:34' is not 64 hexadecimal"),
        ({"certificate_sha256": "12"}, "certificate_sha256: must be an array, not '12'"),
        ({"ip_version": 5}, "ip_version: must be one of 4, 6, not 5"),
        ({"bind_address": "eth0"}, "bind_address: 'eth0' is no IP address"),
        ({"bind_address": "::1", "ip_version": 4}, "bind_address: ::1 is not of ip_version 4"),
        *(
            ({"proxy": url}, "proxy: must be http://[user:password@]host:port")
            for url in (
                "proxy:8080",
                "https://me:secret@proxy:8080",
                "http://me:secret@proxy",
                "http://me:secret@:8080",
                "http://me:secret@proxy:99999",
                "http://me:secret@proxy..net:8080",
                "http://me:secret@proxy:8080/path",
                "http://me:secret@[proxy:8080",
            )
        ),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_by_its_key(keys, told):
    with pytest.raises(ConfigError) as caught:
        convert_part(keys, ConnectionConfig, "feed.somebody")
    assert str(caught.value).startswith(f"feed.somebody.{told}")
    assert "secret" not in str(caught.value)


def test_all_who_reach_a_venue_in_one_way_share_it():
    one, same, other = (RestConfig(rest_url=f"https://127.0.0.1:{port}") for port in (8, 8, 9))
    access = access_of(one)
    assert access.config == one and access_of(same) is access and access_of(other) is not access
    access.patience.asked(60.0)
    assert access_of(same).patience.until > 0.0 == access_of(other).patience.until
