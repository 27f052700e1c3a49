"""The engine that the tests of this folder work with: a real one."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.sdk.connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.events import Stream
    from pipeline_dsl.engine.sdk.client import SdkDocker

ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


@pytest.fixture
def cancel() -> threading.Event:
    """Never set, unless a test does."""
    return threading.Event()


@pytest.fixture
def printed() -> list[tuple[Stream, str]]:
    """All that ``output`` was given."""
    return []


@pytest.fixture
def output(printed: list[tuple[Stream, str]]) -> Output:
    def keep(stream: Stream, line: str) -> None:
        printed.append((stream, line))

    return keep


@pytest.fixture
def wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SdkDocker, Output]]:
    """A connection to the engine, and an output that cuts it when a command prints that it has started."""
    path = tmp_path / "wire.sock"
    command = [sys.executable, str(Path(__file__).with_name("forwarder.py")), str(path), ENGINE]
    with subprocess.Popen(command) as process:

        def cut(_: Stream, line: str) -> None:
            if line == "started":
                process.kill()

        try:
            deadline = time.monotonic() + 10
            while not _listens(path) and time.monotonic() < deadline:
                time.sleep(0.01)
            monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
            connected = connect()
            with connected.api:
                yield connected, cut
        finally:
            process.kill()
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # The SDK leaves the socket of an attempt that failed to the garbage collector.


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as attempt:
        return attempt.connect_ex(str(path)) == 0
