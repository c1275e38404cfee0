"""Where the supervisor runs, and where what it starts may."""

import os
import re

import psutil
import pytest

from pinnacle.core.log import setup
from pinnacle.session.config import load_session
from pinnacle.session.create import create_session
from pinnacle.session.supervisor import Supervisor
from tests.sessions import demo_config


@pytest.fixture
def supervisor(tmp_path):
    config, paths = demo_config(tmp_path, "supervised")
    text = config.read_text()
    config.write_text(re.sub(r"^cpu = \d+$", "cpu = -1", text, flags=re.M))
    create_session(load_session(config), paths)
    allowed = os.sched_getaffinity(0)
    made = Supervisor(paths, setup("supervisor"))
    yield made
    made.stop()
    made.close()
    os.sched_setaffinity(0, allowed)


def test_it_stays_off_the_order_paths_cores_and_its_processes_may_use_them_all(supervisor):
    allowed = os.sched_getaffinity(0)
    hot = {min(allowed)}
    supervisor.keep_off(hot)
    assert os.sched_getaffinity(0) == (allowed - hot or allowed)
    # As when one is started again, long after the supervisor has moved.
    supervisor._spawn(supervisor.children["monitor"])
    child = psutil.Process(supervisor.children["monitor"].process.pid)
    assert set(child.cpu_affinity()) == allowed
    assert os.sched_getaffinity(0) == (allowed - hot or allowed)


def test_where_every_core_is_taken_it_runs_on_any(supervisor):
    allowed = os.sched_getaffinity(0)
    supervisor.keep_off(allowed)
    assert os.sched_getaffinity(0) == allowed
