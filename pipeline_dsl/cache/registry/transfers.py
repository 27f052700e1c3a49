"""What goes to a repository and comes from it: manifests, and blobs by their content."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pipeline_dsl.cache.registry import manifest as manifests
from pipeline_dsl.cache.registry.failure import Failure
from pipeline_dsl.cache.registry.manifest import Descriptor
from pipeline_dsl.cache.registry.request import Request
from pipeline_dsl.cache.registry.session import Session, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pipeline_dsl.cache.registry.answer import Answer
    from pipeline_dsl.cache.registry.client import Options
    from pipeline_dsl.cache.registry.manifest import Manifest
    from pipeline_dsl.cache.registry.repository import Repository
    from pipeline_dsl.cache.registry.request import Body

_FOUND, _CREATED, _ACCEPTED, _ABSENT = 200, 201, 202, 404
_ACCEPT = {"Accept": ", ".join(manifests.KINDS)}


class Transfers:
    """Transfers from and to one repository. All of its methods raise ``Failure``.

    Arguments:
        repository: the repository.
        login: user and password; None for what docker's own configuration says.
        options: how the registry is reached.
    """

    def __init__(self, repository: Repository, login: tuple[str, str] | None, options: Options) -> None:
        self._session = Session(repository, login, options)
        self._lock = threading.Lock()
        self._uploads: dict[str, threading.Lock] = {}

    def close(self) -> None:
        """Close the connections that are kept."""
        self._session.close()

    def digest(self, tag: str) -> str | None:
        """Give the digest of a tag; None for none."""
        answer = self._try(Request("HEAD", f"manifests/{tag}", _ACCEPT), _FOUND, _ABSENT)
        answer.read()
        if answer.status == _ABSENT:
            return None
        told = answer.header("Docker-Content-Digest")
        if manifests.is_digest(told):
            return told
        read = self.manifest(tag)  # a registry need not tell the digest
        return None if read is None else read.digest

    def manifest(self, tag: str) -> Manifest | None:
        """Give the manifest of a tag; None for none."""
        return self._session.patiently(lambda: self._manifest(tag))

    def chunks(self, digest: str) -> Iterator[bytes]:
        """Read a blob, and fail in the end if it is another one."""
        content = hashlib.sha256()
        for chunk in self._try(Request("GET", f"blobs/{digest}"), _FOUND).chunks():
            content.update(chunk)
            yield chunk
        if f"sha256:{content.hexdigest()}" != digest:
            raise Failure("what it gives is damaged: it has another digest")

    def upload(
        self, content: bytes | Path | str, media_type: str, annotations: Mapping[str, str] | None = None
    ) -> Descriptor:
        """Upload a blob, content or a file, unless it is there already."""
        from pathlib import Path  # noqa: PLC0415 -- who only asks does without

        body = Path(content) if isinstance(content, str) else content
        digest, size = _measured(body)
        with self._lock:
            upload = self._uploads.setdefault(digest, threading.Lock())
        with upload:  # of threads that have the same blob, one sends it
            head = self._try(Request("HEAD", f"blobs/{digest}"), _FOUND, _ABSENT)
            head.read()
            if head.status == _ABSENT:
                self._session.patiently(lambda: self._send(body, digest))
        return Descriptor(digest, size, media_type, annotations or {})

    def publish(self, tag: str, content: bytes) -> str:
        """Make a tag stand for a manifest, whose blobs are there; give its digest."""
        headers = {"Content-Type": manifests.IMAGE}
        self._try(Request("PUT", f"manifests/{tag}", headers, content, is_writing=True), _CREATED).read()
        return manifests.digest_of(content)

    def _try(self, request: Request, *expected: int) -> Answer:
        return self._session.patiently(lambda: self._session.ask(request, *expected))

    def _manifest(self, tag: str) -> Manifest | None:
        answer = self._session.ask(Request("GET", f"manifests/{tag}", _ACCEPT), _FOUND, _ABSENT)
        content = answer.read()
        if answer.status == _ABSENT:
            return None
        digest = manifests.digest_of(content)
        told = tag if manifests.is_digest(tag) else answer.header("Docker-Content-Digest")
        if manifests.is_digest(told) and told != digest:
            raise Failure("what it gives is damaged: it has another digest")
        return manifests.read(content, answer.header("Content-Type").partition(";")[0].strip())

    def _send(self, body: Body, digest: str) -> None:
        begun = self._session.ask(Request("POST", "blobs/uploads/", is_writing=True), _ACCEPTED)
        begun.read()
        place = joined(f"{self._session.base}blobs/uploads/", begun.header("Location"))
        place += f"{'&' if '?' in place else '?'}{urlencode({'digest': digest})}"
        headers = {"Content-Type": "application/octet-stream"}
        self._session.ask(Request("PUT", place, headers, body, is_writing=True), _CREATED).read()


def _measured(body: Body) -> tuple[str, int]:
    """Give the digest and the size of what is to be sent."""
    if isinstance(body, bytes):
        return manifests.digest_of(body), len(body)
    try:
        with body.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return f"sha256:{digest.hexdigest()}", file.tell()
    except OSError as error:
        raise Failure(f"{body} cannot be read: {error.strerror}") from None
