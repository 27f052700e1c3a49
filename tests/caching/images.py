"""What is in an image, and in what a stage has copied, so that it can be compared."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import tarfile
from typing import TYPE_CHECKING, BinaryIO

import pydantic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.engine.sdk.client import SdkDocker

_OWN = frozenset(
    {".dockerenv", "dev", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf", "proc", "sys"}
)
"""What the engine puts into each container."""

_PROJECT = "pipeline-dsl.project"


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
class Entry:
    """A file in an archive: all of it but its times."""

    kind: bytes
    mode: int
    owner: int
    group: int
    target: str
    content: str


@dataclasses.dataclass(frozen=True)
class Content:
    """What is in an image.

    Arguments:
        config: what it says about its use, without the project's name.
        files: its files.
    """

    config: Config
    files: Mapping[str, Entry]

    def difference(self, other: Content) -> dict[str, object]:
        """Say what is not the same in another one: both of each, by path."""
        names = {*self.files, *other.files}
        both = {name: (self.files.get(name), other.files.get(name)) for name in sorted(names)}
        found: dict[str, object] = {name: pair for name, pair in both.items() if pair[0] != pair[1]}
        if self.config != other.config:
            found["the config"] = (self.config, other.config)
        return found


@dataclasses.dataclass(frozen=True)
class _Inspected:
    Config: Config


@dataclasses.dataclass(frozen=True)
class _Created:
    Id: str


_INSPECTED = pydantic.TypeAdapter(_Inspected)
_CREATED = pydantic.TypeAdapter(_Created)


def content_of(docker: SdkDocker, image: str) -> Content:
    """Look at all of an image."""
    api = docker.api
    inspected: object = api.inspect_image(image)  # type: ignore[no-untyped-call] # the SDK's stubs
    config = _INSPECTED.validate_python(inspected).Config
    labels = {name: value for name, value in (config.Labels or {}).items() if name != _PROJECT}
    container = _CREATED.validate_python(api.create_container(image, ["never started"])).Id
    try:
        exported = io.BytesIO(b"".join(api.export(container)))
    finally:
        api.remove_container(container)
    return Content(dataclasses.replace(config, Labels=labels), entries(exported))


def entries(archive: BinaryIO) -> dict[str, Entry]:
    """List a tar file, but for what the engine puts into containers."""
    found: dict[str, Entry] = {}
    with tarfile.open(fileobj=archive) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if name.split("/")[0] in _OWN or name in _OWN:
                continue
            file = tar.extractfile(member) if member.isreg() else None
            digest = hashlib.sha256(file.read()).hexdigest() if file else ""
            target = "" if member.isreg() else member.linkname
            found[name] = Entry(member.type, member.mode, member.uid, member.gid, target, digest)
    return found
