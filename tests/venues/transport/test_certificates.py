"""Certificates made on the spot are verified like any other, and the key is nobody else's."""

import datetime
import ssl
import stat

import pytest
from cryptography import x509

from pinnacle.core.errors import UsageError
from pinnacle.venues.transport.certificates import make_certificates


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


@pytest.mark.parametrize("name", ["ca.pem", "server.pem", "server.new", "ca.new"])
def test_files_of_somebody_else_stay(tmp_path, name):
    (tmp_path / name).write_text("mine", encoding="utf-8")
    if name.endswith(".pem"):
        with pytest.raises(UsageError, match=f"{name}: is there already and not of this program"):
            make_certificates(tmp_path)
    else:
        make_certificates(tmp_path)
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


def test_a_link_of_that_name_stays(tmp_path):
    made, _ = make_certificates(tmp_path / "made")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "ca.pem").symlink_to(made)
    with pytest.raises(UsageError, match="is there already"):
        make_certificates(tmp_path / "here")
    assert (tmp_path / "here" / "ca.pem").is_symlink()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="file"):
        make_certificates(tmp_path / "file")
    with pytest.raises(UsageError, match="file/x: Not a directory"):
        make_certificates(tmp_path / "file" / "x")


def test_a_clock_that_is_a_little_late_may_trust_them(tmp_path):
    ca_file, _ = make_certificates(tmp_path)
    authority = x509.load_pem_x509_certificate(ca_file.read_bytes())
    now = datetime.datetime.now(datetime.UTC)
    early = now - authority.not_valid_before_utc
    assert datetime.timedelta(minutes=50) < early < datetime.timedelta(minutes=70)
    assert authority.not_valid_after_utc > now
