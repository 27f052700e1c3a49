"""What the benchmarks ask of an engine, over its socket: its client would weigh on what is measured."""

from __future__ import annotations

import dataclasses
import http.client
import json
import socket
import urllib.parse
from typing import cast

_REFUSED = 400
_ABSENT = 404


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


@dataclasses.dataclass(frozen=True)
class Engine:
    """An engine.

    Arguments:
        host: where it listens, as in DOCKER_HOST; a Unix socket.
    """

    host: str

    def version(self) -> str:
        """Tell its version."""
        told = cast("dict[str, str]", self._ask("GET", "/version"))
        return told["Version"]

    def tags(self, repository: str) -> list[str]:
        """Name the tagged images of a repository."""
        filters = json.dumps({"reference": [repository]})
        images = cast("list[dict[str, list[str]]]", self._ask("GET", "/images/json", filters=filters))
        named = (tag for image in images for tag in image["RepoTags"])
        return [tag for tag in named if tag.rpartition(":")[0] == repository]

    def image_ids(self) -> list[str]:
        """Give the ids of all images, those in between included."""
        images = cast("list[dict[str, str]]", self._ask("GET", "/images/json", all="1"))
        return [image["Id"] for image in images]

    def containers(self) -> int:
        """Count the containers, those that have ended included."""
        return len(cast("list[object]", self._ask("GET", "/containers/json", all="1")))

    def forget(self, repository: str) -> None:
        """Remove the images of a repository, under all their names."""
        for tag in self.tags(repository):
            for name in self._names(tag):
                self._ask("DELETE", f"/images/{name}", force="1")

    def prune(self) -> None:
        """Empty the build cache."""
        self._ask("POST", "/build/prune", all="1")

    def push(self, image: str, repository: str, tag: str) -> None:
        """Push an image under another name, which it does not keep."""
        self._ask("POST", f"/images/{image}/tag", repo=repository, tag=tag)
        told = self._request("POST", f"/images/{repository}/push", {"tag": tag}, {"X-Registry-Auth": "e30="})
        self._ask("DELETE", f"/images/{repository}:{tag}")
        if b'"error"' in told:
            raise SystemExit(f"{repository}:{tag} cannot be pushed: {told.decode()}")

    def _names(self, tag: str) -> list[str]:
        told = cast("dict[str, list[str]] | None", self._ask("GET", f"/images/{tag}/json"))
        return told["RepoTags"] if told else []

    def _ask(self, method: str, path: str, **parameters: str) -> object:
        told = self._request(method, path, parameters, {})
        return json.loads(told) if told else None

    def _request(self, method: str, path: str, parameters: dict[str, str], headers: dict[str, str]) -> bytes:
        connection = _Connection(self.host.removeprefix("unix://"))
        try:
            connection.request(method, f"{path}?{urllib.parse.urlencode(parameters)}", headers=headers)
            answer = connection.getresponse()
            told = answer.read()
        finally:
            connection.close()
        if answer.status == _ABSENT:
            return b""
        if answer.status >= _REFUSED:
            raise SystemExit(f"the engine answers {answer.status} to {method} {path}: {told.decode()}")
        return told
