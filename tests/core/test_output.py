"""Files for users: whole or not at all, and no device, FIFO or link is replaced by one."""

import os
import stat
import threading

import pytest

from pinnacle.core.errors import UsageError
from pinnacle.core.output import check_output, open_log, output, write_whole


def write(path, content=b"new"):
    with output(path) as file:
        file.write(content)


def kind(path):
    return stat.S_IFMT(path.lstat().st_mode)


@pytest.mark.parametrize("before", [None, b"old, and longer than the new one"])
def test_a_plain_file_appears_whole_and_alone(tmp_path, before):
    path = tmp_path / "report.json"
    if before is not None:
        path.write_bytes(before)
        path.chmod(0o604)
    with output(path) as file:
        file.write(b"new")
        file.flush()
        assert (path.read_bytes() if path.exists() else None) == before
    assert path.read_bytes() == b"new"
    assert before is None or stat.S_IMODE(path.stat().st_mode) == 0o604
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), output(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]


def test_files_of_the_user_beside_it_are_not_touched(tmp_path):
    for name in ("r.json.part", "r.json.tmp", "r.part", "r.new"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    write(tmp_path / "r.json")
    assert {
        path.read_text(encoding="utf-8") for path in tmp_path.iterdir() if path.name != "r.json"
    } == {"mine"}
    assert len(list(tmp_path.iterdir())) == 5


def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path):
    before = os.umask(0o077)
    try:
        write(tmp_path / "r.json")
        write_whole(tmp_path / "session", "its group reads whatever the umask")
        for word in (b"its group ", b"reads it"):
            with open_log(tmp_path / "log") as log:
                log.write(word)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "session").stat().st_mode) == 0o640
    words = (tmp_path / "session").read_text(encoding="utf-8")
    assert words == "its group reads whatever the umask"
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o640
    assert (tmp_path / "log").read_bytes() == b"its group reads it"


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path, there):
    target, link = tmp_path / "target", tmp_path / "link"
    if there:
        target.write_text("old, and longer than the new one", encoding="utf-8")
    link.symlink_to(target)
    check_output(link)
    write(link)
    assert kind(link) == stat.S_IFLNK and target.read_bytes() == b"new"


def test_a_fifo_stays_and_its_reader_gets_it(tmp_path):
    fifo, got = tmp_path / "fifo", []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    reader.start()
    check_output(fifo)
    write(fifo)
    reader.join(30)
    assert got == [b"new"] and kind(fifo) == stat.S_IFIFO


def test_a_device_stays_one(tmp_path):
    link = tmp_path / "null"
    link.symlink_to("/dev/null")
    write(link)
    assert kind(link) == stat.S_IFLNK and stat.S_ISCHR(link.stat().st_mode)
    if os.geteuid() == 0:
        node = tmp_path / "node"
        os.mknod(node, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        write(node)
        assert kind(node) == stat.S_IFCHR


def test_a_dash_is_standard_output_and_so_is_its_device(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-").mkdir()
    for name in ("-", "/dev/stdout"):
        check_output(type(tmp_path)(name))
        write(type(tmp_path)(name), name.encode() + b"\n")
    assert capfd.readouterr().out == "-\n/dev/stdout\n"
    assert list(tmp_path.rglob("*")) == [tmp_path / "-"]


def test_what_cannot_be_written_is_said_before(tmp_path):
    with pytest.raises(UsageError, match="is a folder"):
        check_output(tmp_path)
    for look in (check_output, write):
        with pytest.raises(UsageError, match="no such folder"):
            look(tmp_path / "none" / "r.json")
    with pytest.raises(UsageError, match="no such folder"):
        check_output(tmp_path / "~" / "r.json")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="Not a directory"):
        check_output(tmp_path / "file" / "r.json")
    with pytest.raises(UsageError, match="File name too long"):
        check_output(tmp_path / ("n" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_without_permission_is_said_before(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    (locked / "mine.json").write_text("", encoding="utf-8")
    (locked / "read.json").write_text("", encoding="utf-8")
    (locked / "read.json").chmod(0o400)
    locked.chmod(0o500)
    with pytest.raises(UsageError, match="may not be written"):
        check_output(locked / "new.json")
    with pytest.raises(UsageError, match="Permission denied"):
        check_output(locked / "read.json")
    write(locked / "mine.json")
    assert (locked / "mine.json").read_bytes() == b"new"
    locked.chmod(0o700)


def test_where_a_file_would_be_decides_whether_it_may_be_written(tmp_path, monkeypatch):
    """Root may write everywhere: the answer is played here."""
    locked = tmp_path / "locked"
    locked.mkdir()
    (locked / "read.json").touch()
    (locked / "link").symlink_to(tmp_path / "new.json")
    monkeypatch.setattr(os, "access", lambda path, how: locked not in (path, *path.parents))
    with pytest.raises(UsageError, match="its folder may not be written"):
        check_output(locked / "new.json")
    with pytest.raises(UsageError, match="Permission denied"):
        check_output(locked / "read.json")
    check_output(locked / "link")


KEPT = ["risk/000000.pmj", "risk/000001.pmj", "risk/lock", "risk/report.json", "risk.log"]
KEPT += ["supervisor.log", "config.toml", "instruments.json", "ending.json"]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("name", KEPT)
def test_nothing_that_a_session_recorded_is_replaced_and_nothing_put_among_it(
    tmp_path, name, there
):
    (tmp_path / "risk").mkdir()
    (tmp_path / "risk/000000.pmj").write_bytes(b"records")
    path = tmp_path / name
    if there:
        path.write_bytes(b"records")
    (tmp_path / "link").symlink_to(path)
    for out in (path, tmp_path / "link"):
        with pytest.raises(UsageError, match="belongs to a session: it is not written over"):
            write(out)
    if there or name == "risk/000000.pmj":
        assert path.read_bytes() == b"records"
    else:
        assert not path.exists()
    write(tmp_path / "report.json")


def test_a_journals_file_is_written_by_journals_alone_though_there_is_no_other(tmp_path):
    with pytest.raises(UsageError, match="belongs to a session"):
        write(tmp_path / "000000.pmj")
    assert not list(tmp_path.iterdir())


def test_a_file_of_such_a_name_that_is_no_sessions_is_a_file_like_any_other(tmp_path):
    for name in ("config.toml", "instruments.json", "report.json"):
        write(tmp_path / name, b"old")
        write(tmp_path / name, b"new")
        assert (tmp_path / name).read_bytes() == b"new"
