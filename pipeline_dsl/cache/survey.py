"""All that is in a store, looked at without changing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache import files, layout, pointer
from pipeline_dsl.cache import record as records
from pipeline_dsl.cache.files import File, walk
from pipeline_dsl.cache.sealed import Sealed, unseal

if TYPE_CHECKING:
    from collections.abc import Iterator

OBJECT = "object"
NOTE = "note"

_NANOSECONDS = 1e9


class Entry(NamedTuple):
    """Something that is kept.

    Arguments:
        kind: the kind of a record's key, ``object`` or ``note``.
        name: the key of a record, the digest of an object, the file of a note.
        subject: what a record is about, and what a note is found by; empty for an object.
        size: bytes on disk.
        used: when it was used last, in seconds since 1970.
        made: when it was made; of what is no record only the time of its last use is known.
    """

    kind: str
    name: str
    subject: str
    size: int
    used: float
    made: float


class Found(NamedTuple):
    """An entry, and what hangs on it.

    Arguments:
        entry: the entry.
        file: its file.
        objects: the objects that a record names.
        pointers: the files that name a record as the latest one of its subject.
    """

    entry: Entry
    file: File
    objects: frozenset[str] = frozenset()
    pointers: tuple[File, ...] = ()


class Survey(NamedTuple):
    """All that is in a store, at a time.

    Arguments:
        records: the records.
        objects: the objects, by digest; their contents have not been looked at.
        notes: the notes.
        loose: files that name a record which is not there, as the latest one of its subject.
        damaged: what is none of this, although it is in its place.
    """

    records: list[Found]
    objects: dict[str, Found]
    notes: list[Found]
    loose: list[File]
    damaged: list[File]


def survey(root: str) -> Survey:
    """Look at everything that is in a store."""
    damaged: list[File] = []
    pointers = _pointers(root, damaged)
    found = Survey([], {}, [], [], damaged)
    for file, sealed in _sealed(root, layout.RECORDS, damaged):
        record = _record(root, file, sealed)
        if record is None:
            damaged.append(file)
        else:
            hanging = tuple(pointers.pop(file.path, ()))
            entry = _entry(file, record.kind, record.subject, record.made)
            found.records.append(Found(entry, file, record.objects, hanging))
    found.loose.extend(file for pointing in pointers.values() for file in pointing)
    found.objects.update(_objects(root, damaged))
    found.notes.extend(_notes(root, damaged))
    return found


def _pointers(root: str, damaged: list[File]) -> dict[str, list[File]]:
    """Find the files that name records, by the paths of these."""
    pointers: dict[str, list[File]] = {}
    for file, sealed in _sealed(root, layout.SUBJECTS, damaged):
        target = pointer.target(root, file.path, sealed)
        if target:
            pointers.setdefault(target, []).append(file)
        else:
            damaged.append(file)
    return pointers


def _record(root: str, file: File, sealed: Sealed) -> records.Record | None:
    record = records.load(sealed.content)
    if record is None or sealed.name != record.label:
        return None
    try:
        return record if file.path == layout.record(root, record.kind, record.key) else None
    except ValueError:  # no kind, or no key
        return None


def _objects(root: str, damaged: list[File]) -> Iterator[tuple[str, Found]]:
    for file in walk(layout.directory(root, layout.OBJECTS)):
        if layout.is_digest(file.name) and file.path == layout.stored_object(root, file.name):
            yield file.name, Found(_entry(file, OBJECT), file)
        else:
            damaged.append(file)


def _notes(root: str, damaged: list[File]) -> Iterator[Found]:
    for file, sealed in _sealed(root, layout.NOTES, damaged):
        if file.path == layout.note(root, sealed.name):
            yield Found(_entry(file, NOTE, sealed.name), file)
        else:
            damaged.append(file)


def _sealed(root: str, name: str, damaged: list[File]) -> Iterator[tuple[File, Sealed]]:
    """Read the sealed files of a directory; what cannot be read is left out: it may just have gone."""
    for file in walk(layout.directory(root, name)):
        read = files.read(file.path)
        sealed = read and unseal(read[0])
        if sealed:
            yield file, sealed
        elif read:
            damaged.append(file)


def _entry(file: File, kind: str, subject: str = "", made: float | None = None) -> Entry:
    used = file.used_ns / _NANOSECONDS
    return Entry(kind, file.name, subject, file.size, used, used if made is None else made)
