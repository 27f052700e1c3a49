"""A second engine on this machine, which has nothing of what the first one has: another machine, in short.

It gets a bridge of its own. Without one (``--bridge none``) it would remove ``docker0``, and with that take
the first engine's containers off the network.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESS = "198.18.77.1/24"
"""From the range that is set aside for measurements, which nobody uses otherwise (RFC 2544)."""

_PATIENCE = 60
"""Seconds within which it starts and ends, on a busy machine, too."""


@dataclasses.dataclass(frozen=True)
class SecondEngine:
    """An engine.

    Arguments:
        host: where it listens, as in DOCKER_HOST.
    """

    host: str

    def docker(self, *words: str) -> str:
        """Ask it something with docker's own command line; give what that prints."""
        command = ["docker", "--host", self.host, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def images(self) -> list[str]:
        """Name the images that it has, those without a name included, and those in between."""
        return self.docker("images", "--all", "--no-trunc", "--format", "{{.ID}}").split()

    def forget(self) -> None:
        """Let it be as new."""
        images = list(dict.fromkeys(self.images()))
        if images:
            self.docker("rmi", "--force", *images)
        self.docker("builder", "prune", "--all", "--force")


@contextlib.contextmanager
def second_engine() -> Iterator[SecondEngine]:
    """Start an engine with nothing in it, and end it.

    Tests that need one are skipped where it cannot be started.
    """
    missing = [program for program in ("dockerd", "docker", "ip") if shutil.which(program) is None]
    if os.geteuid() != 0 or missing:
        reason = f"there is no {missing[0]}" if missing else "only root can start one"
        pytest.skip(f"A second engine cannot be started: {reason}.")
    # Its sockets have short names: a Unix socket's may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="dsl-") as name, _bridge() as bridge:
        folder = Path(name)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(_command(folder, bridge), stdout=log, stderr=log)
        try:
            yield _started(process, folder)
        finally:
            process.terminate()
            process.wait(_PATIENCE)


@contextlib.contextmanager
def _bridge() -> Iterator[str]:
    name = f"dsl{uuid.uuid4().hex[:8]}"
    made = subprocess.run(["ip", "link", "add", name, "type", "bridge"], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"A second engine cannot be started: no bridge can be made: {made.stderr.decode()}")
    try:
        subprocess.run(["ip", "address", "add", _ADDRESS, "dev", name], check=True)
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "link", "delete", name], check=True)


def _command(folder: Path, bridge: str) -> list[str]:
    return [
        *("dockerd", "--host", f"unix://{folder}/sock", "--pidfile", f"{folder}/pid"),
        *("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--bridge", bridge),
        *("--iptables=false", "--ip-forward=false", "--ip-masq=false", "--userland-proxy=false"),
    ]


def _started(process: subprocess.Popen[bytes], folder: Path) -> SecondEngine:
    engine = SecondEngine(f"unix://{folder}/sock")
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(subprocess.CalledProcessError):
            engine.docker("version")
            return engine
        time.sleep(0.05)
    told = (folder / "log").read_text(errors="replace").splitlines()
    return pytest.skip(f"A second engine cannot be started: {' '.join(told[-1:])}")
