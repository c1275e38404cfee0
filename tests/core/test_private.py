"""What is secret is read from plain files that are the user's, and from no others."""

import os

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.core.private import check_private, private_bytes


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"12345")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_of_ones_own_is_read(file, mode):
    file.chmod(mode)
    assert private_bytes(file, 5) == b"12345"


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o604, 0o602, 0o610, 0o601])
def test_one_that_others_may_touch_is_refused_with_what_mends_it(file, mode):
    file.chmod(mode)
    words = f"{file}: its mode is {mode:04o}: others may read it: chmod 600 {file}"
    with pytest.raises(ConfigError, match=words):
        private_bytes(file, 5)


def test_one_of_another_user_is_refused_but_roots_is_not(file):
    found = list(file.stat())
    for uid, refused in ((os.geteuid(), False), (0, False), (os.geteuid() + 1, True)):
        found[4] = uid
        if refused:
            with pytest.raises(ConfigError, match=f"is of uid {uid}, not of uid {os.geteuid()}"):
                check_private(file, os.stat_result(found))
        else:
            check_private(file, os.stat_result(found))


def test_one_that_is_too_large_or_no_file_is_refused_by_name(file, tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path, most in ((file, 4), (tmp_path / "pipe", 9), (tmp_path, 9), (tmp_path / "none", 9)):
        with pytest.raises(ConfigError, match=f"^{path}: "):
            private_bytes(path, most)
