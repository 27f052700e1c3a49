"""A registry on this machine that counts what it is asked."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_PATIENCE = 10
_REQUEST = re.compile(r'"(HEAD|GET|POST|PUT|PATCH|DELETE) (\S+) HTTP/')
_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json,"
    " application/vnd.oci.image.index.v1+json"
)


class Request(NamedTuple):
    """Something that the registry was asked."""

    method: str
    path: str


class Registry:
    """A registry.

    Arguments:
        folder: where it keeps its files.
    """

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self._folder = folder
        self._seen = 0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Start it, and stop it in the end.

        Raises:
            SystemExit: the program is missing, or does not start.
        """
        program = shutil.which("docker-registry") or shutil.which("registry")
        if program is None:
            raise SystemExit(
                "this needs a registry: docker-registry of Debian, registry of CNCF Distribution"
            )
        self._folder.mkdir()
        settings = {
            "version": "0.1",
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": str(self._folder / "images")}},
            "http": {"addr": self.address},
        }
        (self._folder / "config.yml").write_text(json.dumps(settings))
        with self._log.open("wb") as log:
            command = [program, "serve", str(self._folder / "config.yml")]
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            self._wait()
            yield
        finally:
            process.kill()
            process.wait()

    def asked(self) -> list[Request]:
        """Give what it was asked since the last time."""
        requests = [Request(*found) for found in _REQUEST.findall(self._log.read_text())]
        new, self._seen = requests[self._seen :], len(requests)
        return new

    def ask(self, requests: Sequence[Request]) -> float:
        """Ask it the same over one connection, and give the seconds that this takes."""
        start = time.perf_counter()
        connection = http.client.HTTPConnection(self.address)
        for request in requests:
            connection.request(request.method, request.path, headers={"Accept": _MANIFESTS})
            connection.getresponse().read()
        connection.close()
        return time.perf_counter() - start

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _wait(self) -> None:
        host, _, port = self.address.partition(":")
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(ConnectionRefusedError):
                return socket.create_connection((host, int(port))).close()
            time.sleep(0.02)
        raise SystemExit(f"the registry did not start:\n{self._log.read_text()}")
