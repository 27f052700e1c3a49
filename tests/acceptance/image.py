"""An image that was built, and what is asked of it."""

from __future__ import annotations

import dataclasses
import io
import json
import stat
import tarfile
import threading
import uuid
from typing import TYPE_CHECKING

import docker.errors
import pydantic

from pipeline_dsl.engine.docker import RunRequest

if TYPE_CHECKING:
    from pipeline_dsl.engine.events import Stream
    from pipeline_dsl.engine.sdk.client import SdkDocker


@dataclasses.dataclass(frozen=True)
class Config:
    """What an image says about its use, by the engine's own names."""

    User: str = ""
    WorkingDir: str = ""
    Entrypoint: list[str] | None = None
    Cmd: list[str] | None = None
    Env: list[str] | None = None
    Labels: dict[str, str] | None = None


@dataclasses.dataclass(frozen=True)
class _Inspected:
    Config: Config


@dataclasses.dataclass(frozen=True)
class _Saved:
    Layers: list[str]


@dataclasses.dataclass(frozen=True)
class _Created:
    Id: str


_INSPECTED = pydantic.TypeAdapter(_Inspected)
_MANIFEST = pydantic.TypeAdapter(list[_Saved])
_CREATED = pydantic.TypeAdapter(_Created)


@dataclasses.dataclass(frozen=True)
class Image:
    """An image in an engine.

    Arguments:
        docker: the engine.
        name: its name.
    """

    docker: SdkDocker
    name: str

    @property
    def config(self) -> Config:
        """What it says about its use."""
        inspected: object = self.docker.api.inspect_image(self.name)  # type: ignore[no-untyped-call] # the SDK's stubs
        return _INSPECTED.validate_python(inspected).Config

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it sets."""
        return dict(variable.split("=", 1) for variable in self.config.Env or [])

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        return self.config.Labels or {}

    def owner(self, path: str) -> tuple[int, int]:
        """Give the user and the group that a file or a directory belongs to, by number."""
        entry = self._entry(path)
        return entry.uid, entry.gid

    def mode(self, path: str) -> int:
        """Give the permissions of a file or a directory."""
        return stat.S_IMODE(self._entry(path).mode)

    def has(self, path: str) -> bool:
        """Say whether there is a file or a directory."""
        try:
            self._archived(path)
        except docker.errors.NotFound:
            return False
        return True

    def text(self, path: str) -> str:
        """Read a file."""
        with tarfile.open(fileobj=self._archived(path)) as archive:
            content = archive.extractfile(archive.getmembers()[0])
            assert content is not None, f"{path} is no regular file"
            return content.read().decode()

    def ids(self, database: str) -> dict[str, tuple[int, ...]]:
        """Give the numbers that come with each name in /etc/passwd (user, group) or /etc/group (group)."""
        entries = [line.split(":") for line in self.text(f"/etc/{database}").splitlines()]
        return {name: tuple(int(field) for field in rest if field.isdecimal()) for name, *rest in entries}

    def paths(self) -> set[str]:
        """Name what is in any of its layers: also what a later layer takes away."""
        blob = io.BytesIO(b"".join(self.docker.api.get_image(self.name)))
        found: set[str] = set()
        with tarfile.open(fileobj=blob) as image:
            manifest = image.extractfile("manifest.json")
            assert manifest is not None
            (saved,) = _MANIFEST.validate_python(json.load(manifest))
            for layer in saved.Layers:
                with tarfile.open(fileobj=image.extractfile(layer)) as content:
                    found.update(f"/{name}" for name in content.getnames())
        return found

    def run(self, *words: str) -> list[str]:
        """Run it, with more words after its entrypoint, until it succeeds; give the lines that it prints."""
        printed: list[str] = []

        def keep(_: Stream, line: str) -> None:
            printed.append(line)

        request = RunRequest(self.name, f"pipeline-dsl-test-{uuid.uuid4().hex}", arguments=words)
        assert self.docker.run(request, keep, threading.Event()) == 0, printed
        return printed

    def _entry(self, path: str) -> tarfile.TarInfo:
        with tarfile.open(fileobj=self._archived(path)) as archive:
            return archive.getmembers()[0]

    def _archived(self, path: str) -> io.BytesIO:
        """Fetch what is at a path as a tar file; a directory with all that is in it."""
        api = self.docker.api
        container = _CREATED.validate_python(api.create_container(self.name, ["never started"])).Id
        try:
            chunks, _ = api.get_archive(container, path)
            return io.BytesIO(b"".join(chunks))
        finally:
            api.remove_container(container)
