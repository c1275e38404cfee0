"""Certificates made on the spot are verified like any other, and the key is nobody else's."""

import ssl
import stat

from cryptography import x509

from pinnacle.venues.certificates import make_certificates


def test_the_key_is_private_and_the_authority_can_sign_but_its_key_is_not_kept(tmp_path):
    ca_file, _ = make_certificates(tmp_path / "new" / "place")
    server = ca_file.with_name("server.pem")
    assert stat.S_IMODE(server.stat().st_mode) == 0o600
    assert b"PRIVATE KEY" not in ca_file.read_bytes()
    assert server.read_bytes().count(b"PRIVATE KEY-----") == 2
    authority = x509.load_pem_x509_certificate(ca_file.read_bytes())
    chain = x509.load_pem_x509_certificates(server.read_bytes())
    chain[0].verify_directly_issued_by(authority)
    assert ssl.create_default_context(cafile=ca_file).get_ca_certs()


def test_made_again_they_replace_the_old_ones(tmp_path):
    ca_file, _ = make_certificates(tmp_path)
    before = ca_file.read_bytes()
    make_certificates(tmp_path)
    assert ca_file.read_bytes() != before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem", "server.pem"]
