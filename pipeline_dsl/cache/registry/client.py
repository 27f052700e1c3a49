"""The client: documents, blobs and manifests of one repository."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias

from pipeline_dsl.cache.registry import manifest as manifests
from pipeline_dsl.cache.registry.failure import Failure, RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from pipeline_dsl.cache.registry.manifest import Manifest
    from pipeline_dsl.cache.registry.repository import Repository
    from pipeline_dsl.cache.registry.transfers import Transfers

Blob: TypeAlias = "tuple[bytes | Path | str, str, Mapping[str, str]]"
"""What becomes a layer: its content or a file's path, its media type, its annotations."""

CERTIFICATES = "/etc/docker/certs.d"
"""Where docker keeps the certificates of registries, a directory ``HOST:PORT`` for each."""

_LONGEST_DOCUMENT = 64 << 20
_LONGEST_IN_MANIFEST = 64 << 10
"""Bytes of a document that its manifest holds, too: whoever asks for it then asks once."""


class Options(NamedTuple):
    """How a registry is reached.

    Arguments:
        insecure: whether to speak plain HTTP to a registry that is not on this machine.
        environ: the variables: of proxies, of docker's configuration, and for credential helpers.
        certificates: directory with one for each registry, as docker has it.
        patience: seconds that a silent server is waited for.
        pause: waits some seconds before another try.
    """

    insecure: bool = False
    environ: Mapping[str, str] = os.environ
    certificates: str | os.PathLike[str] = CERTIFICATES
    patience: float = 30
    pause: Callable[[float], object] = time.sleep

    def __repr__(self) -> str:
        return f"Options(insecure={self.insecure})"  # variables may hold what is secret


_USUAL = Options()


class Registry:
    """One repository of a registry; fit for several threads at once. Nothing is asked before it has to be.

    Every method raises ``RegistryError`` where the registry does not answer, or not as it should, and
    ``ValueError`` for a tag or a digest that cannot be one.

    Arguments:
        repository: the repository.
        login: user and password; None for what docker's own configuration says, if the registry asks.
        options: how it is reached.
    """

    def __init__(
        self, repository: Repository, login: tuple[str, str] | None = None, options: Options = _USUAL
    ) -> None:
        self.repository = repository
        self._login = login
        self._options = options
        self._lock = threading.Lock()
        self._opened: Transfers | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept; what is asked later opens new ones."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()

    def beside(self, path: str) -> Registry:
        """Give another repository of the same registry, reached in the same way."""
        return Registry(self.repository._replace(path=path), self._login, self._options)

    def exists(self, tag: str) -> str | None:
        """Give the digest that a tag stands for; None for none."""
        with self._telling("look for", _checked(tag)) as transfers:
            return transfers.digest(tag)

    def manifest(self, tag: str) -> Manifest | None:
        """Give the manifest that a tag, or a manifest's digest, stands for; None for none."""
        with self._telling("read", _checked(tag)) as transfers:
            return transfers.manifest(tag)

    def document(self, tag: str) -> tuple[bytes, Manifest] | None:
        """Give a document with its manifest; None where the tag is not there, or is something else."""
        found = self.manifest(tag)
        if found is None or found.config is None or found.config.media_type != manifests.RECORD:
            return None
        if found.config.data:
            return found.config.data, found
        with self._telling("read", tag) as transfers:
            if found.config.size > _LONGEST_DOCUMENT:
                raise Failure(f"its document has more than {_LONGEST_DOCUMENT} bytes")
            return b"".join(transfers.chunks(found.config.digest)), found

    def blob(self, digest: str) -> Iterator[bytes]:
        """Read a blob piece by piece. Believe it when the last piece is there: then its digest was right.

        Arguments:
            digest: ``sha256:…``, as a manifest names it.
        """
        if not manifests.is_digest(digest):
            raise ValueError(f'"{digest}" is no digest of a blob')
        return self._chunks(digest)

    def push_document(
        self,
        tag: str,
        document: bytes,
        blobs: Iterable[Blob] = (),
        annotations: Mapping[str, str] | None = None,
    ) -> str:
        """Make a tag stand for a document and its blobs; those that are there already are not sent.

        Arguments:
            tag: the tag, which moves if it is there.
            document: the document, as JSON.
            blobs: the blobs, which become the layers in this order; files are streamed from disk.
            annotations: what the manifest says beside that.

        Returns:
            The digest of the manifest.
        """
        with self._telling("push", _checked(tag)) as transfers:
            config = transfers.upload(document, manifests.RECORD)
            if len(document) <= _LONGEST_IN_MANIFEST:
                config = config._replace(data=document)
            layers = [transfers.upload(*blob) for blob in blobs] or [transfers.upload(b"{}", manifests.EMPTY)]
            return transfers.publish(tag, manifests.write(config, layers, annotations or {}))

    def _chunks(self, digest: str) -> Iterator[bytes]:
        with self._telling("read", digest) as transfers:
            yield from transfers.chunks(digest)

    @contextlib.contextmanager
    def _telling(self, what: str, tag: str) -> Iterator[Transfers]:
        mark = "@" if manifests.is_digest(tag) else ":"
        try:
            yield self._transfers()
        except Failure as failure:
            message = f"cannot {what} {self.repository}{mark}{tag}: {failure.reason}"
            raise RegistryError(message, is_passing=failure.is_passing) from None

    def _transfers(self) -> Transfers:
        with self._lock:
            if self._opened is None:
                # Slow to load, and most runs find what they look for on this machine.
                from pipeline_dsl.cache.registry.transfers import Transfers  # noqa: PLC0415

                self._opened = Transfers(self.repository, self._login, self._options)
            return self._opened


def _checked(tag: str) -> str:
    if manifests.is_digest(tag) or re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", tag):
        return tag
    raise ValueError(f'"{tag}" is no tag')
