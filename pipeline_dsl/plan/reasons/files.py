"""Which files of a build context are not as they were."""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import posixpath
from typing import TYPE_CHECKING

from pipeline_dsl.image import OWN_DIRECTORY
from pipeline_dsl.plan.reasons import wording
from pipeline_dsl.plan.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence

    from pipeline_dsl.context.manifest import Entry, Manifest

_SENT = f"{OWN_DIRECTORY}/"
_EMPTY = hashlib.sha256().hexdigest()
_KINDS = {"f": "file", "d": "directory", "l": "link"}

_PREDICATES = {
    "content": "changed",
    "target": "lead elsewhere",
    "kind": "are of another kind",
    "renamed": "were renamed",
    "new": "are new",
    "gone": "are gone",
    "mode": "have another mode",
}
"""What can be with files, the most telling first, and how it is said of several."""

_FEW_PLACES = 10
"""As many are looked for more quickly than the places of all files are worked out."""

_FEW = 3
_LONGEST = 60
"""As many files are named, if their names are not longer than that together."""


@dataclasses.dataclass(frozen=True)
class _Change:
    """A file that is not as it was; of two, where it is gone from one place and new in another."""

    what: str
    now: Entry | None
    before: Entry | None

    @property
    def path(self) -> str:
        """Where it is, or was."""
        entry = self.now or self.before
        return entry.path if entry else ""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory, and not one that was something else."""
        return all(entry is None or entry.kind == "d" for entry in (self.now, self.before))


def file_reasons(now: Manifest | None, before: Manifest | None) -> tuple[Reason, ...]:
    """Say which files are not as they were.

    Arguments:
        now: the files; None if they cannot be told.
        before: the last ones; None if nobody remembers.
    """
    if now is None or before is None:
        whose = "now" if now is None else "the last time"
        return (Reason("files", "the files changed", (f"Which ones they were {whose} cannot be told.",)),)
    differing = {_place(entry.path) for entry in now.unlike(before)}
    there, last = _by_place(now, differing), _by_place(before, differing)
    changes = sorted(_changes(there, last), key=lambda change: change.path)
    if not changes:
        return ()
    return (Reason("files", _headline(changes), tuple(map(_detail, changes))),)


def _by_place(manifest: Manifest, places: Collection[str]) -> dict[str, Entry]:
    """Give the files in some places by these places; a directory that is all of a context has none."""
    entries = manifest.ending(places) if len(places) <= _FEW_PLACES else manifest.entries
    placed = ((_place(entry.path), entry) for entry in entries)
    return {place: entry._replace(path=place) for place, entry in placed if place and place in places}


def _place(path: str) -> str:
    """Say where a file's author has it: some are sent from elsewhere, or from two places."""
    if path.startswith(_SENT):
        return path.removeprefix(_SENT).partition("/")[2]
    return "" if path == OWN_DIRECTORY else path


def _changes(entries: Mapping[str, Entry], last: Mapping[str, Entry]) -> Iterator[_Change]:
    new = [entry for path, entry in entries.items() if path not in last]
    gone = [entry for path, entry in last.items() if path not in entries]
    yield from _moves(new, gone)
    for entry in set(entries.values()) - set(last.values()):
        if entry.path in last:
            yield _Change(_what(entry, last[entry.path]), entry, last[entry.path])


def _what(now: Entry, before: Entry) -> str:
    if now.kind != before.kind:
        return "kind"
    if now.content != before.content:
        return "target" if now.kind == "l" else "content"
    return "mode"


def _moves(new: Iterable[Entry], gone: Iterable[Entry]) -> Iterator[_Change]:
    """Pair files that are new with those that are gone: of the same content, and rather of the same name."""
    for alike in (_content_and_name, _content):
        sources: dict[Hashable, collections.deque[Entry]] = {}
        for entry in gone:
            sources.setdefault(alike(entry), collections.deque()).append(entry)
        unpaired = []
        for entry in new:
            source = sources.get(alike(entry)) if _is_recognisable(entry) else None
            if source:
                yield _Change("renamed", entry, source.popleft())
            else:
                unpaired.append(entry)
        new, gone = unpaired, [entry for left in sources.values() for entry in left]
    yield from (_Change("new", entry, None) for entry in new)
    yield from (_Change("gone", None, entry) for entry in gone)


def _content(entry: Entry) -> Hashable:
    return entry.kind, entry.content


def _content_and_name(entry: Entry) -> Hashable:
    return entry.kind, entry.content, posixpath.basename(entry.path)


def _is_recognisable(entry: Entry) -> bool:
    return entry.kind == "f" and entry.content != _EMPTY


def _headline(changes: Sequence[_Change]) -> str:
    ranks = list(_PREDICATES)
    files = [change for change in changes if not change.is_directory] or list(changes)
    files.sort(key=lambda change: (ranks.index(change.what), change.path))
    first, count = files[0], len(files) - 1
    if not count:
        return _sentence(first)
    more = f"{count} more {'file' if count == 1 else 'files'}"
    is_mixed = any(change.what != first.what for change in files)
    if is_mixed and first.what != "content":
        return f"{_sentence(first)}, and {more} changed"
    names = [_name(change) for change in files[:_FEW]]
    named = f"{', '.join(names[:-1])} and {names[-1]}"
    if is_mixed or len(files) > _FEW or len(named) > _LONGEST:
        named = f"{names[0]} and {more}"
    return f"{named} {_PREDICATES[first.what]}"


def _sentence(change: _Change) -> str:
    """Say what is with a single file."""
    name = _name(change)
    now, before = change.now, change.before
    if now is None or before is None:
        return f"{name} is {change.what}"
    match change.what:
        case "content":
            return f"{name} changed"
        case "target":
            one, other = wording.contrast(now.content, before.content)
            return f"the link {name} leads to {one}, was {other}"
        case "kind":
            return f"{name} is a {_KINDS[now.kind]}, was a {_KINDS[before.kind]}"
        case "renamed":
            return f"{wording.path(before.path)} was renamed to {name}"
    return f"{name} has mode {now.mode:04o}, was {before.mode:04o}"


def _name(change: _Change) -> str:
    return wording.path(f"{change.path}/" if change.is_directory else change.path)


def _detail(change: _Change) -> str:
    """Say all that is with a file."""
    return f"{_full(change.path)}{'/' * change.is_directory}: {', '.join(_facts(change))}"


def _facts(change: _Change) -> Iterator[str]:
    now, before = change.now, change.before
    if now is None or before is None:
        yield change.what
        return
    if change.what == "renamed":
        yield f"renamed from {_full(before.path)}, same content"
    if change.what == "kind":
        yield f"a {_KINDS[now.kind]}, was a {_KINDS[before.kind]}"
    if change.what == "target":
        yield f"leads to {wording.quoted(now.content)}, was {wording.quoted(before.content)}"
    if change.what == "content":
        yield "content"
    if now.mode != before.mode and "l" not in {now.kind, before.kind}:
        yield f"mode {now.mode:04o}, was {before.mode:04o}"


def _full(path: str) -> str:
    return wording.path(path, len(path))
