"""Pointers: files that name the latest record of a subject."""

from __future__ import annotations

from pipeline_dsl.cache import layout
from pipeline_dsl.cache.sealed import Sealed, seal

_LABEL = "latest"


def path_of(root: str, kind: str, subject: str) -> str:
    """Give the file."""
    return layout.subject(root, kind, subject)


def label(kind: str, subject: str) -> str:
    """Give what the file is sealed with."""
    return f"{_LABEL} {kind} {subject}"


def pointing_at(kind: str, subject: str, key: str) -> bytes:
    """Give the bytes of the file."""
    return seal(label(kind, subject), key.encode())


def target(root: str, path: str, sealed: Sealed) -> str | None:
    """Give the path of the record that a file names; None if it is no pointer, or not in its place."""
    word, kind, subject = (*sealed.name.split(" ", 2), "", "")[:3]
    try:
        is_in_place = word == _LABEL and path == layout.subject(root, kind, subject)
        return layout.record(root, kind, sealed.content.decode()) if is_in_place else None
    except ValueError:  # no kind, no key, or no text
        return None
