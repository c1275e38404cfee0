"""What systemd is told of one session: drop-ins for its target and for each of its processes.

The units in systemd/ are the same for every session. pinnacle-process@SESSION:PROCESS.service runs
any process, and by itself it may nothing. A unit file cannot take its instance's name apart: what
depends on the session, the role or the peers stands in the instance's drop-in.
"""

from collections.abc import Collection

from pinnacle.core.errors import ConfigError
from pinnacle.core.paths import SessionPaths
from pinnacle.plan.config import SessionConfig
from pinnacle.runtime.topology import STOP_ORDER, Process, Topology

#: What pinnacle-session@.service makes, and the processes' drop-ins let them write.
RUNTIME_DIR, DATA_DIR = "/run/pinnacle", "/var/lib/pinnacle"
#: In front of the operator's own drop-ins: theirs have the last word.
_FILE = "10-session.conf"
_HEAD = (
    "# Made by `pinnacle session units`: your own settings go into another file beside this one.\n"
)
_NETWORK = """\
# It speaks to a venue. Narrow it with IPAddressDeny=any and IPAddressAllow=<the venue's ranges>.
PrivateNetwork=no
RestrictAddressFamilies=AF_INET AF_INET6
IPAddressDeny=
"""
_KEY = """\
# It signs what it says to the venue with a key out of the vault, whose password it sees for that.
LoadCredential=pinnacle-vault:/etc/pinnacle/vault-password
"""
_ORDERS = """\
# Its orders are real. Nonces outlive sessions, and a key's are the same for all of them.
StateDirectory=pinnacle-orders
StateDirectoryMode=0700
"""
_MONITOR = """\
# Its own user in the group pinnacle: segments and journals are 0640, so the kernel itself keeps it
# from writing. Outside of pinnacle.slice, so that its threads stay off the trading cores.
User=pinnacle-monitor
Slice=system.slice
Nice=5
OOMScoreAdjust=200
# Of the session's files it may write these: its heartbeat, its counters, its notices, its address.
{writes}
# The page is for this machine; a reverse proxy with authentication takes it further.
PrivateNetwork=no
RestrictAddressFamilies=AF_INET AF_INET6
IPAddressAllow=localhost
# It shows memory and liveness of the trading user's processes: they must be visible.
ProtectProc=default
"""


def check_folders(config: SessionConfig) -> None:
    """ConfigError unless the session is where its units may write."""
    section = config.session
    for key, found, needed in (
        ("runtime_dir", section.runtime_dir, RUNTIME_DIR),
        ("data_dir", section.data_dir, DATA_DIR),
    ):
        if found != needed:
            raise ConfigError(f"session.{key}: under systemd it is {needed!r}, not {found!r}")


def session_units(
    topology: Topology, session: str, signers: Collection[str] = ()
) -> dict[str, str]:
    """Texts by their paths below systemd's folder of units. `signers`: the names of the processes
    that open the vault."""
    files = {f"pinnacle@{session}.target.d/{_FILE}": _target(topology, session)}
    for process in topology.processes:
        text = _unit(topology, session, process)
        text += _service(topology, session, process, process.name in signers)
        files[f"{unit_name(session, process)}.d/{_FILE}"] = text
    return files


def unit_name(session: str, process: Process) -> str:
    return f"pinnacle-process@{session}:{process.name}.service"


def _target(topology: Topology, session: str) -> str:
    trading = [unit_name(session, process) for process in topology.journalled]
    watching = [unit_name(session, process) for process in topology.of_role("monitor")]
    return "\n".join([
        f"{_HEAD}[Unit]",
        "# Without one of these nothing may be quoted.",
        *(f"Requires={name}\nAfter={name}" for name in trading),
        "# Without this one trading goes on unseen: it must not take the session down.",
        *(f"Wants={name}" for name in watching),
        "",
    ])  # fmt: skip


def _unit(topology: Topology, session: str, process: Process) -> str:
    segments = f"pinnacle-session@{session}.service"
    lines = [
        f"{_HEAD}[Unit]",
        "# Stopped and restarted with its session, never started without its segments.",
        f"PartOf=pinnacle@{session}.target",
        f"BindsTo={segments}",
        f"After={segments}",
    ]
    if behind := _behind(topology, process):
        lines.append(
            "# Backwards, the order of stopping: who answers cancels outlives who sends them."
        )
        lines += [f"After={unit_name(session, peer)}" for peer in behind]
    if _is_networked(topology, process):
        lines += ["Wants=network-online.target", "After=network-online.target time-sync.target"]
    if process.role != "monitor":
        lines.append("# Given up after too many failures; trading is halted then.")
        lines.append(f"OnFailure=pinnacle-halt@{session}.service")
    return "\n".join([*lines, "", ""])


def _behind(topology: Topology, process: Process) -> list[Process]:
    """Those of its peers that end after it: it starts when they are ready."""
    place = STOP_ORDER.index(process.role)
    return [p for p in topology.peers(process) if STOP_ORDER.index(p.role) > place]


def _is_networked(topology: Topology, process: Process) -> bool:
    """Whether it speaks to a venue itself: a feed that no ring brings its market, or a gateway
    whose orders are real."""
    return (process.role == "feed" and not topology.reads(process)) or _is_live(topology, process)


def _is_live(topology: Topology, process: Process) -> bool:
    """Whether it is a gateway for which no exchange of ours stands in."""
    return process.role == "gateway" and not any(
        peer.role == "exchange" for peer in topology.peers(process)
    )


def _service(topology: Topology, session: str, process: Process, signs: bool) -> str:
    paths = SessionPaths.of(RUNTIME_DIR, DATA_DIR, session)
    if process.role == "monitor":
        writes = "\n".join(f"ReadWritePaths={path}" for path in paths.of_the_monitor())
        return "[Service]\n" + _MONITOR.format(writes=writes)
    network = _NETWORK if _is_networked(topology, process) else ""
    key = _KEY if signs else ""
    orders = _ORDERS if _is_live(topology, process) else ""
    return f"[Service]\nReadWritePaths={paths.runtime} {paths.data}\n{network}{key}{orders}"
