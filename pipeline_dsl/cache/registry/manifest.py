"""Manifests: what a tag of a repository stands for, read and written."""

from __future__ import annotations

import binascii
import hashlib
import json
import re
import types
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache.registry.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RECORD = "application/vnd.pipeline-dsl.record.v1+json"
"""The media type of the documents of a cache."""

EMPTY = "application/vnd.oci.empty.v1+json"
"""The media type of the layer that stands for none: not every registry takes a manifest without layers."""

IMAGE = "application/vnd.oci.image.manifest.v1+json"

KINDS = (
    IMAGE,
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
"""The media types of the manifests that we know."""


class Descriptor(NamedTuple):
    """A blob, or a manifest, as another manifest names it.

    Arguments:
        digest: its digest, ``sha256:…``.
        size: its bytes.
        media_type: what it is.
        annotations: what its maker says of it.
        platform: for a manifest of an index, what it runs on, such as ``linux/arm64``; empty otherwise.
        data: the blob itself, where the manifest holds it, so that nobody has to ask for it; else empty.
    """

    digest: str
    size: int
    media_type: str
    annotations: Mapping[str, str] = types.MappingProxyType({})
    platform: str = ""
    data: bytes = b""


class Manifest(NamedTuple):
    """What a tag stands for.

    Arguments:
        digest: the manifest's own digest, ``sha256:…``.
        media_type: one of ``KINDS``.
        config: the config, whose digest is an image's id; None for an index.
        layers: the layers, without one that stands for none; none for an index.
        manifests: of an index, the manifests that it lists.
        annotations: what its maker says of it.
    """

    digest: str
    media_type: str
    config: Descriptor | None
    layers: tuple[Descriptor, ...]
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str]


def digest_of(content: bytes) -> str:
    """Give the digest of what is in memory."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def is_digest(text: str) -> bool:
    """Tell whether a text is a digest of the kind that we can check."""
    return re.fullmatch(r"sha256:[0-9a-f]{64}", text) is not None


def read(content: bytes, content_type: str) -> Manifest:
    """Read a manifest.

    Arguments:
        content: the manifest, as the registry gave it.
        content_type: what the registry calls it; what it says of itself comes first.

    Raises:
        Failure: it is none, or of a kind that we do not know.
    """
    try:
        told: object = json.loads(content)
        if isinstance(told, dict):
            return _manifest(told, digest_of(content), told.get("mediaType") or content_type)
    except (ValueError, RecursionError):
        pass
    raise Failure("its manifest is of no kind that is known here")


def write(config: Descriptor, layers: Iterable[Descriptor], annotations: Mapping[str, str]) -> bytes:
    """Write an image manifest of OCI 1.1."""
    told: dict[str, object] = {"schemaVersion": 2, "mediaType": IMAGE, "config": _told(config)}
    told["layers"] = [_told(layer) for layer in layers]
    if annotations:
        told["annotations"] = dict(annotations)
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def _told(blob: Descriptor) -> dict[str, object]:
    told: dict[str, object] = {"mediaType": blob.media_type, "digest": blob.digest, "size": blob.size}
    if blob.annotations:
        told["annotations"] = dict(blob.annotations)
    if blob.data:
        told["data"] = binascii.b2a_base64(blob.data, newline=False).decode()
    return told


def _manifest(told: Mapping[str, object], digest: str, kind: object) -> Manifest:
    if kind not in KINDS:
        raise ValueError
    config = told.get("config")
    if config is None and "manifests" not in told:
        raise ValueError
    layers = _descriptors(told.get("layers"))
    return Manifest(
        digest=digest,
        media_type=str(kind),
        config=None if config is None else _descriptor(config),
        layers=tuple(layer for layer in layers if layer.media_type != EMPTY),
        manifests=_descriptors(told.get("manifests")),
        annotations=_annotations(told.get("annotations")),
    )


def _descriptors(told: object) -> tuple[Descriptor, ...]:
    return tuple(map(_descriptor, told)) if isinstance(told, list) else ()


def _descriptor(told: object) -> Descriptor:
    match told:
        case {"digest": str(digest), "size": int(size), "mediaType": str(kind), **rest} if is_digest(digest):
            annotations = _annotations(rest.get("annotations"))
            data = _data(rest.get("data"), digest)
            return Descriptor(digest, size, kind, annotations, _platform(rest.get("platform")), data)
    raise ValueError


def _annotations(told: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}


def _data(told: object, digest: str) -> bytes:
    """Give the blob that a manifest holds; nothing if it is another one."""
    if not isinstance(told, str):
        return b""
    data = binascii.a2b_base64(told)
    return data if digest_of(data) == digest else b""


def _platform(told: object) -> str:
    if not isinstance(told, dict):
        return ""
    parts = (told.get("os"), told.get("architecture"), told.get("variant"))
    return "/".join(str(part) for part in parts if part)
