"""Remotes: where a repository is, without the credentials that its address may hold."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse

from pipeline_dsl.errors import Problem, UsageError

_USERNAME = "PIPELINE_DSL_GIT_USERNAME"
_PASSWORD = "PIPELINE_DSL_GIT_PASSWORD"  # noqa: S105 -- the name of a variable

_HELPER = (
    f'!f() {{ test "$1" != get || printf "username=%s\\npassword=%s\\n" "${_USERNAME}" "${_PASSWORD}"; }}; f'
)
"""A credential helper. A password in a URL would be in the list of processes, and in files of git's."""

_SCP = re.compile(r"(?:[^/@]+@)?(?:\[[^\]]*\]|[^/:]+):(?P<path>.*)")
"""``git@host:path``; a path of this machine with a colon in it has a slash before that."""

_HELPED = re.compile(r"[A-Za-z0-9+.-]+::")


@dataclasses.dataclass(frozen=True)
class Remote:
    """Where a repository is.

    Arguments:
        url: its address, without a password; over HTTP without a user name too, which may be a token.
        username: who to log in as over HTTP; empty for nobody.
        password: the password or token.
    """

    url: str
    username: str = dataclasses.field(default="", repr=False)
    password: str = dataclasses.field(default="", repr=False)

    @property
    def is_local(self) -> bool:
        """Whether it is a path of this machine."""
        return self.url.startswith("file://") or not _leads_away(self.url)

    @property
    def configuration(self) -> tuple[tuple[str, str], ...]:
        """Settings with which git gets the credentials from ``environment``, and keeps them nowhere."""
        if not (self.username or self.password):
            return ()
        parts = urllib.parse.urlsplit(self.url)
        name = f"credential.{parts.scheme}://{parts.netloc}.helper"
        return (name, ""), (name, _HELPER)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that hold the credentials."""
        if not (self.username or self.password):
            return {}
        return {_USERNAME: self.username, _PASSWORD: self.password}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may see; a user name without a password is a token."""
        secret = self.password or self.username
        return tuple({secret, urllib.parse.quote(secret, safe="")}) if secret else ()


def remote_of(url: str) -> Remote:
    """Take the credentials out of the address of a repository.

    Arguments:
        url: a URL, ``user@host:path``, or a path.

    Raises:
        UsageError: it is none that git may be given.
    """
    if not url or url.startswith("-") or _HELPED.match(url) or not url.isprintable():
        raise _malformed(url)
    if "://" not in url:
        return Remote(url)
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError as error:
        raise _malformed(url) from error
    userinfo, _, host = parts.netloc.rpartition("@")
    username, _, password = userinfo.partition(":")
    if parts.scheme not in ("http", "https"):
        if host.startswith("-") or username.startswith("-"):
            raise _malformed(url)
        netloc = f"{username}@{host}" if username else host
        return Remote(urllib.parse.urlunsplit(parts._replace(netloc=netloc)))
    username, password = urllib.parse.unquote(username), urllib.parse.unquote(password)
    if not f"{username}{password}".isprintable():
        raise _malformed(url)
    return Remote(urllib.parse.urlunsplit(parts._replace(netloc=host)), username, password)


def project_of(url: str) -> str:
    """Give the path of the project from the address of its repository.

    ``https://gerrit.example.org/r/services/shop.git`` and ``git@example.org:services/shop`` are both
    ``services/shop``: ``spec/pipelinelib.md`` §3.5 and §12.24.
    """
    scp = _SCP.fullmatch(url)
    if "://" in url:
        path = urllib.parse.unquote(urllib.parse.urlsplit(url).path)
    else:
        path = scp["path"] if scp else url
    return path.strip("/").removesuffix(".git").rstrip("/").removeprefix("r/")


def _leads_away(url: str) -> bool:
    return "://" in url or _SCP.fullmatch(url) is not None


def _malformed(url: str) -> UsageError:
    shown = url.rpartition("@")[2]  # before that, there may be a password
    message = f"{shown!r} is no address of a git repository that can be used."
    return UsageError([Problem("malformed-remote", message, hint="Write a URL, or user@host:path.")])
