"""Files that a container gets before it starts, for the eyes of its user only."""

from __future__ import annotations

import dataclasses
import io
import tarfile
from typing import TYPE_CHECKING

import pydantic
from docker.errors import APIError, NotFound

from pipeline_dsl.engine.sdk.failures import explanation
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import docker

_MODE = 0o400


@dataclasses.dataclass(frozen=True)
class _Config:
    """The config of a container, as far as we read it."""

    User: str = ""


@dataclasses.dataclass(frozen=True)
class _Inspected:
    """What the engine answers about a container, as far as we read it."""

    Config: _Config


_INSPECTED = pydantic.TypeAdapter(_Inspected)


def insert(api: docker.APIClient, container: str, files: Mapping[str, bytes]) -> None:
    """Put files into a container that has not started yet; see ``RunRequest.files``.

    Raises:
        StepError: they cannot be there.
    """
    try:
        api.put_archive(container, "/", _packed(files, _user_id(api, container)))
    except APIError as error:  # the engine calls it its own fault, whatever the reason is
        message = f"cannot put {', '.join(files)} into the container: {explanation(error)}"
        raise StepError([Problem("container-not-created", message)]) from error


def _packed(files: Mapping[str, bytes], owner: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mode, member.uid, member.gid = len(content), _MODE, owner, 0
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _user_id(api: docker.APIClient, container: str) -> int:
    user, _, _ = _INSPECTED.validate_python(api.inspect_container(container)).Config.User.partition(":")
    if not user or user.isdecimal():
        return int(user or 0)
    for line in _passwd(api, container):
        name, _, user_id, *_ = [*line.split(":"), "", "", ""]
        if name == user and user_id.isdecimal():
            return int(user_id)
    return 0  # and the engine will not start the container: it does not know the user either


def _passwd(api: docker.APIClient, container: str) -> Iterable[str]:
    try:
        chunks, _ = api.get_archive(container, "/etc/passwd")
    except NotFound:
        return ()
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        members = [tar.extractfile(member) for member in tar if member.isfile()]
        return "".join(member.read().decode(errors="replace") for member in members if member).splitlines()
