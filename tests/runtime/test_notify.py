"""The service manager is told, through a real datagram socket, what systemd expects."""

import os
import socket

import pytest

from pinnacle.runtime.notify import Notifier


@pytest.fixture
def manager(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(2)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def test_ready_watchdog_and_stopping_are_said(manager):
    notifier = Notifier()
    notifier.ready("2 instruments")
    notifier.watchdog()
    notifier.stopping()
    said = [manager.recv(256) for _ in range(3)]
    notifier.close()
    assert said == [b"READY=1\nSTATUS=2 instruments", b"WATCHDOG=1", b"STOPPING=1"]


def test_the_watchdog_is_fed_at_half_of_its_period(manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    notifier = Notifier()
    notifier.close()
    assert notifier.watchdog_interval_ns == 1_000_000_000


def test_another_processes_watchdog_is_not_ours(manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    notifier = Notifier()
    notifier.close()
    assert notifier.watchdog_interval_ns == 0


def test_without_a_service_manager_nothing_happens(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notifier = Notifier()
    notifier.ready("alone")
    notifier.close()


def test_a_manager_that_went_away_does_not_end_the_process(manager, tmp_path):
    notifier = Notifier()
    (tmp_path / "notify").unlink()
    notifier.watchdog()
    notifier.close()


@pytest.mark.parametrize("text", ["5s", "-1", "١٢", "1.5", " 7"])
def test_a_watchdog_period_that_is_no_number_is_said_and_not_kept(monkeypatch, text):
    # As bytes: not every locale's environment holds such words.
    monkeypatch.setitem(os.environb, b"WATCHDOG_USEC", text.encode())
    notifier = Notifier()
    notifier.close()
    assert notifier.watchdog_interval_ns == 0
    assert notifier.trouble.startswith("WATCHDOG_USEC=")


def test_a_long_start_asks_for_more_time(manager):
    notifier = Notifier()
    notifier.extend(30)
    assert manager.recv(256) == b"EXTEND_TIMEOUT_USEC=30000000"
    notifier.close()
