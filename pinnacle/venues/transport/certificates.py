"""A certificate authority and a server certificate for 127.0.0.1, made on the spot.

For servers on this machine that stand in for a venue: clients verify them as they verify the
venue, through `ca.pem`. Valid for a week; the authority's key is never written.
"""

import datetime
import ipaddress
import os
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pinnacle.core.errors import UsageError
from pinnacle.core.output import write_whole

LIFETIME = datetime.timedelta(days=7)
_AUTHORITY = "Pinnacle local authority"
_FILES = ("server.pem", "ca.pem")


def make_certificates(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """Write ca.pem and server.pem (key and chain, mode 0600) into `directory`, made if need be.

    Returns the path of ca.pem and a context for a server.
    """
    _make_place(directory)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key)
    server_key = ec.generate_private_key(ec.SECP256R1())
    server = _server(server_key, authority, authority_key)
    authority_pem = authority.public_bytes(serialization.Encoding.PEM)
    key_pem = server_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain = server.public_bytes(serialization.Encoding.PEM) + authority_pem
    # Whole or not at all: a client may read while a server restarts.
    write_whole(directory / "server.pem", (key_pem + chain).decode(), 0o600)
    write_whole(directory / "ca.pem", authority_pem.decode(), 0o644)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    return directory / "ca.pem", context


def _make_place(directory: Path) -> None:
    """UsageError if the folder cannot be had, or holds somebody else's files of these names."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path in (directory / name for name in _FILES):
            if os.path.lexists(path) and not _is_ours(path):
                raise UsageError(f"{path}: is there already and not of this program: it stays")
        if not os.access(directory, os.W_OK | os.X_OK):
            raise UsageError(f"{directory}: may not be written")
    except OSError as error:
        raise UsageError(f"{directory}: {error.strerror}") from None


def _is_ours(path: Path) -> bool:
    """Whether the last certificate in the file is of an authority that was made here."""
    if path.is_symlink() or not path.is_file():
        return False
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[-1].issuer == _name(_AUTHORITY)
    except ValueError:
        return False


def _builder(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _key_usage(**allowed: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name(_AUTHORITY)
    public = key.public_key()
    return (
        _builder(name, name, public)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    hosts = [
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
        x509.DNSName("localhost"),
    ]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _builder(_name("Pinnacle local server"), authority.subject, key.public_key())
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
