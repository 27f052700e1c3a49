"""Where a cache repository is: the host of a registry, and a path in it."""

from __future__ import annotations

import re
from typing import NamedTuple

HUB = "docker.io"
"""The registry of names that do not begin with a host."""

_LONGEST = 255

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?"
_PATH_RULE = "its path may have lower case letters and digits, with . _ __ or - between them"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"


class Repository(NamedTuple):
    """A repository of a registry.

    Arguments:
        host: the registry, ``HOST`` or ``HOST:PORT``.
        path: the repository's name there, such as ``team/cache``.
    """

    host: str
    path: str

    def __str__(self) -> str:
        return f"{self.host}/{self.path}"

    @property
    def address(self) -> str:
        """Where the registry listens, which for one of them is not what it is called."""
        return "registry-1.docker.io" if self.host == HUB else self.host

    @property
    def is_local(self) -> bool:
        """Tell whether the registry is on this machine, as far as its name says so."""
        return is_loopback(re.sub(r":\d+$", "", self.host).strip("[]"))


def is_loopback(host: str) -> bool:
    """Tell whether a host, without its port, is this machine: docker trusts such registries without TLS."""
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def parse_repository(text: str) -> Repository:
    """Read the name of a repository, by docker's rules.

    Arguments:
        text: the name: a host with a dot or a port, or ``localhost``, and a path; or a path at Docker Hub.

    Raises:
        ValueError: it is none; the text says why and what one looks like.
    """
    host, slash, path = text.partition("/")
    if not slash or not (set(".:") & set(host) or host == "localhost"):
        host, path = HUB, text if slash else f"library/{text}"
    if host == f"index.{HUB}":
        host = HUB
    reason = _flaw(text, host, path)
    if reason:
        example = "Write HOST[:PORT]/PATH, such as registry.example/team/cache."
        raise ValueError(f'"{text}" is no repository: {reason}. {example}')
    return Repository(host, path)


def _flaw(text: str, host: str, path: str) -> str:
    """Say what is wrong with a name, in the order in which it is best told; empty for nothing."""
    flaws = (
        ("://" in text, "it begins with a scheme"),
        ("@" in text, "it names a digest or a user"),
        (":" in path, "it ends with a tag, or has no path after its port"),
        (not re.fullmatch(_HOST, host), f'"{host}" is no host'),
        (not path, "it has no path"),
        (not re.fullmatch(rf"{_PART}(?:/{_PART})*", path), _PATH_RULE),
        (len(text) > _LONGEST, f"it has more than {_LONGEST} characters"),
    )
    return next((reason for is_wrong, reason in flaws if is_wrong), "")
