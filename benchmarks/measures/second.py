"""A second engine on this machine, which has nothing of what the first one has: another machine, in short."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from measures.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NETWORK = "198.18.79.1/24"
"""From the range that is set aside for measurements (RFC 2544)."""

_PATIENCE = 60


@contextlib.contextmanager
def second_engine(dockerd: Sequence[str], root: Path) -> Iterator[Engine]:
    """Start an engine, and end it.

    Arguments:
        dockerd: the command that starts it.
        root: what that takes for the root directory.

    Raises:
        SystemExit: it does not start.
    """
    # Below /run, because the path of a socket may have 107 bytes; its data must not be in memory.
    with (
        tempfile.TemporaryDirectory(prefix="bench", dir=root / "run") as run,
        tempfile.TemporaryDirectory(prefix="bench", dir=root / "var" / "tmp") as data,
        _bridge() as bridge,
    ):
        options = {
            "host": f"unix://{_within(root, run)}/sock",
            "pidfile": f"{_within(root, run)}/pid",
            "exec-root": f"{_within(root, run)}/exec",
            "data-root": _within(root, data),
            "bridge": bridge,
            "iptables": "false",
            "ip6tables": "false",
        }
        command = [*dockerd, *(f"--{name}={value}" for name, value in options.items())]
        log = Path(run, "log")
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield _started(process, Engine(f"unix://{run}/sock"), log)
        finally:
            process.terminate()
            process.wait(_PATIENCE)
            # An engine in a chroot leaves its data mounted on itself.
            subprocess.run(["umount", "--recursive", data], check=False, capture_output=True)


@contextlib.contextmanager
def _bridge() -> Iterator[str]:
    """Make a bridge: an engine without one would remove that of the first engine."""
    name = f"bench{secrets.token_hex(4)}"
    subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "addr", "add", _NETWORK, "dev", name], check=True)
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "link", "delete", name], check=True)


def _within(root: Path, path: str) -> str:
    return f"/{Path(path).relative_to(root)}"


def _started(process: subprocess.Popen[bytes], engine: Engine, log: Path) -> Engine:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            engine.version()
            return engine
        time.sleep(0.1)
    raise SystemExit(f"the second engine does not start:\n{log.read_text()}")
