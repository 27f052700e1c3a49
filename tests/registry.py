"""A real registry for the tests: started for them, stopped and started again as they like."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

    from pipeline_dsl.engine.sdk.client import SdkDocker

USER, PASSWORD = "tester", "s3cret/word"
"""The login of a registry that asks for one."""

CERTIFICATES = Path(os.environ.get("PIPELINE_DSL_TEST_CERTIFICATES", "/etc/docker/certs.d"))
"""Where the engine looks for the authorities of registries; only root may write there."""

_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json,"
    " application/vnd.oci.image.index.v1+json"
)


@dataclasses.dataclass
class Registry:
    """A registry that listens on a port of its own, which it keeps.

    Arguments:
        folder: where it keeps its files.
        host: the address that it listens at.
        asks_for_login: whether one has to log in to it.
        authority: what signs its certificate; without, it speaks http.
    """

    folder: Path
    host: str = "127.0.0.1"
    asks_for_login: bool = False
    authority: trustme.CA | None = None
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        with socket.create_server((self.host, 0)) as free:
            self.port = free.getsockname()[1]

    @property
    def address(self) -> str:
        """Its name in references to images."""
        return f"{self.host}:{self.port}"

    def start(self) -> None:
        """Start it, with what it had before."""
        program = shutil.which("docker-registry")
        if program is None:
            pytest.fail("These tests need a registry: apt-get install docker-registry")
        (self.folder / "config.yml").write_text(json.dumps(self._settings()))
        with (self.folder / "log").open("ab") as log:
            command = [program, "serve", str(self.folder / "config.yml")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(ConnectionRefusedError):
                return socket.create_connection((self.host, self.port)).close()
            time.sleep(0.02)
        pytest.fail(f"The registry did not start:\n{(self.folder / 'log').read_text()}")

    def stop(self) -> None:
        """End it at once, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def digest(self, name: str, tag: str) -> str | None:
        """Ask it what a tag stands for; None if there is no such tag."""
        answer = self._get(f"{name}/manifests/{tag}")
        return None if answer is None else answer.headers["Docker-Content-Digest"]

    def image_id(self, name: str, tag: str) -> str | None:
        """Ask it for the id that an engine knows the image by."""
        answer = self._get(f"{name}/manifests/{tag}")
        return None if answer is None else str(answer.json()["config"]["digest"])

    def tags(self, name: str) -> set[str]:
        """Ask it for all tags of an image."""
        answer = self._get(f"{name}/tags/list")
        return set() if answer is None else set(answer.json()["tags"] or ())

    def _get(self, path: str) -> requests.Response | None:
        scheme = "https" if self.authority else "http"
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(
                f"{scheme}://{self.address}/v2/{path}",
                headers={"Accept": _MANIFESTS},
                auth=(USER, PASSWORD) if self.asks_for_login else None,
                verify=str(self.folder / "authority.pem") if self.authority else True,
                timeout=10,
            )
        if answer.status_code == requests.codes.not_found:
            return None
        answer.raise_for_status()
        return answer

    def _settings(self) -> dict[str, object]:
        http: dict[str, object] = {"addr": self.address, "secret": "the same after each start"}
        settings: dict[str, object] = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "images")}},
            "http": http,
        }
        if self.asks_for_login:
            users = self.folder / "htpasswd"
            subprocess.run(["htpasswd", "-Bbc", users, USER, PASSWORD], check=True, capture_output=True)
            settings["auth"] = {"htpasswd": {"realm": "tests", "path": str(users)}}
        if self.authority:
            issued = self.authority.issue_cert(self.host)
            issued.private_key_and_cert_chain_pem.write_to_path(self.folder / "server.pem")
            self.authority.cert_pem.write_to_path(self.folder / "authority.pem")
            http["tls"] = dict.fromkeys(("certificate", "key"), str(self.folder / "server.pem"))
        return settings


@contextlib.contextmanager
def running(registry: Registry, docker: SdkDocker) -> Iterator[Registry]:
    """Start a registry, and stop it in the end; then the engine has none of its images left."""
    registry.start()
    try:
        yield registry
    finally:
        registry.stop()
        forget(docker, registry.address)


def forget(docker: SdkDocker, address: str) -> None:
    """Remove what the engine has of a registry, or of one of its images."""
    for image in docker.api.images(all=True):
        names = [*(image["RepoTags"] or ()), *(image["RepoDigests"] or ())]
        for name in names:
            if name.startswith(address) and docker.image(name):
                docker.api.remove_image(name, force=True)


@pytest.fixture(scope="module")
def registry(docker: SdkDocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry that takes whatever one gives it."""
    with running(Registry(tmp_path_factory.mktemp("registry")), docker) as started:
        yield started


@pytest.fixture(scope="module")
def closed_registry(docker: SdkDocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry that asks for a login."""
    with running(Registry(tmp_path_factory.mktemp("registry"), asks_for_login=True), docker) as started:
        yield started
