"""The images that a variant is made of, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.model import Builder, Copy, Image, Node, Php, Python
from pipeline_dsl.model.artifacts import as_mount
from pipeline_dsl.resolve.expressions import sole_expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.resolve import ResolvedVariant

_SECTIONS = {Node: "node", Php: "php", Python: "python", Builder: "builder"}


def images(variant: ResolvedVariant) -> Iterator[tuple[str, str]]:
    """Give the images that a variant starts from or takes files from; not those of other variants.

    Arguments:
        variant: the variant.

    Yields:
        The setting that names the image, and the image's reference.
    """
    if variant.base is not None:
        yield "base", variant.base
    for setting, origin in _origins(variant):
        if isinstance(origin, Image):
            yield setting, origin.reference


def is_from(reference: str, place: str) -> bool:
    """Tell whether an image comes from a registry, or from a part of one.

    Arguments:
        reference: name, tag and digest of the image.
        place: a registry's host; or the start of a name, as docker writes names, that ends where a part
            of the name does.
    """
    name, start = _full_name(reference), place.strip("/")
    host, slash, _ = start.partition("/")
    if not slash and _is_host(host):
        return name.startswith(f"{host}/")
    if not _is_host(host):
        start = _full_name(start)
    return name == start or name.startswith((f"{start}/", f"{start}:", f"{start}@"))


def is_pinned(reference: str) -> bool:
    """Tell whether an image's reference has a digest, or a tag other than ``latest``."""
    name, _, digest = reference.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return bool(digest) or tag not in ("", "latest")


def _origins(variant: ResolvedVariant) -> Iterator[tuple[str, object]]:
    for copy in variant.copies:
        yield "copies", copy.origin
    for step in variant.builders if variant.base is not None else ():  # an image from nothing has no steps
        section = _SECTIONS[type(step)]
        required = (files for files in step.requirements or () if isinstance(files, Copy))
        yield from ((f"{section}.requirements", files.origin) for files in required)
        mounts = (step.mounts or ()) if isinstance(step, Builder) else ()
        yield from ((f"{section}.mounts", as_mount(mounted).origin) for mounted in mounts)


def _full_name(name: str) -> str:
    """Spell out the registry of a name as docker does: ``debian`` is ``docker.io/library/debian``."""
    host, slash, path = name.partition("/")
    if not slash or not _is_host(host):
        host, path = "docker.io", name
    if host == "docker.io" and "/" not in path:
        path = f"library/{path}"
    return f"{host}/{path}"


def _is_host(word: str) -> bool:
    return "." in word or ":" in word or word == "localhost"


def is_own(reference: str) -> bool:
    """Tell whether a reference is to the image of another stage, which the policy looks at for itself."""
    expression = sole_expression(reference)
    return expression is not None and expression.key == "imageLocalName"
