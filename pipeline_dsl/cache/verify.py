"""Verifying: reading all that a store has, and removing what is damaged."""

# pathlib takes longer to load than a run takes to read all of its records.
# ruff: noqa: PTH108, PTH123
from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache import gate, objects, opening
from pipeline_dsl.cache.failure import told
from pipeline_dsl.cache.files import usage
from pipeline_dsl.cache.survey import survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.cache.files import File
    from pipeline_dsl.cache.store import Store
    from pipeline_dsl.cache.survey import Found, Survey


class Damage(NamedTuple):
    """Something that was damaged, and is gone now.

    Arguments:
        path: where it was.
        reason: what was wrong with it.
    """

    path: str
    reason: str


def verify(store: Store) -> list[Damage]:
    """Read everything in a store, and remove what is damaged. It will be made anew when it is needed.

    Returns:
        What was damaged.

    Raises:
        StoreError: something damaged cannot be removed, or the directory is no store.
    """
    if not opening.is_current(store.root):
        return _rebuilt(store.root)
    found = survey(store.root)
    suspects = [(file, "is cut, altered, or of another version") for file in found.damaged]
    suspects += _altered(found)
    broken = {file.name for file, _ in suspects}
    suspects += _incomplete(found, broken)
    with told(), gate.exclusive(store.root):
        damaged = [(file, reason) for file, reason in suspects if file.is_unchanged()]
        for file, _ in damaged:
            os.unlink(file.path)
    return [Damage(file.path, reason) for file, reason in damaged]


def _rebuilt(root: str) -> list[Damage]:
    if not usage(root):
        return []
    is_new = opening.is_unfinished(root)
    with told():
        opening.prepare(root)
    return [] if is_new else [Damage(root, "was a store of another version, or did not say of which")]


def _altered(found: Survey) -> Iterator[tuple[File, str]]:
    """Find the objects whose content is not what their name says."""
    for digest, each in found.objects.items():
        if not _is_whole(each, digest):
            yield each.file, "is cut or altered: its digest is another one"


def _is_whole(each: Found, digest: str) -> bool:
    try:
        with open(each.file.path, "rb") as file:
            return objects.digest_of(file) == digest
    except OSError:
        return False


def _incomplete(found: Survey, broken: set[str]) -> Iterator[tuple[File, str]]:
    """Find the records that name objects which are not there."""
    for each in found.records:
        missing = [name for name in sorted(each.objects) if name in broken or name not in found.objects]
        if missing:
            yield each.file, f"names an object that is not there, {missing[0]}"
