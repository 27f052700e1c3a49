"""``cache``: show, clean and check what is kept of earlier runs."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from pipeline_dsl.cache.ages import ago
from pipeline_dsl.cache.failure import StoreError
from pipeline_dsl.cache.files import usage
from pipeline_dsl.cache.prune import prune
from pipeline_dsl.cache.release import Releases
from pipeline_dsl.cache.verify import verify
from pipeline_dsl.cli.caching import opened_store
from pipeline_dsl.cli.quantity import age, shown_size, size
from pipeline_dsl.cli.settings import add_overrides, effective
from pipeline_dsl.cli.table import aligned, printable
from pipeline_dsl.errors import EngineError, Problem, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from pipeline_dsl.cache.store import Store
    from pipeline_dsl.cache.survey import Entry
    from pipeline_dsl.settings import Settings

_SUBJECT = 60
"""How much of a subject is shown: the name of a note may be long."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, (_, purpose) in _ACTIONS.items():
        subparser = actions.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        add_overrides(subparser)
        if name == "ls":
            subparser.add_argument("--json", action="store_true", help="print JSON")
        if name == "prune":
            _add_limits(subparser)


def execute(arguments: argparse.Namespace) -> int:
    """Do what is asked for with the store."""
    settings = effective(arguments).settings
    store = opened_store(settings)
    try:
        return _ACTIONS[arguments.action][0](store, settings, arguments)
    except StoreError as error:
        message = f"The cache in {store.root} cannot be used: {error.strerror}."
        hint = "Mend its permissions, or name another directory in the setting cache.directory."
        raise UsageError([Problem("cache-unusable", message, hint=hint)]) from error


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")
    parser.add_argument(
        "--max-age",
        metavar="AGE",
        type=age,
        help="remove what was not used for so long, such as 12h, 30d or 4w (default: cache.max_age)",
    )
    largest = parser.add_mutually_exclusive_group()
    largest.add_argument(
        "--max-size",
        metavar="SIZE",
        type=size,
        help="then what was not used for the longest time, until no more than this is left, "
        "such as 500MB or 8GiB (default: cache.max_size)",
    )
    largest.add_argument(
        "--all", action="store_const", const=0, dest="max_size", help="remove all that no run is using"
    )


def _list(store: Store, _: Settings, arguments: argparse.Namespace) -> int:
    entries = sorted(store.entries(), key=lambda entry: -entry.used)
    if arguments.json:
        print(json.dumps([entry._asdict() for entry in entries], indent=2))
        return 0
    now = time.time()
    lines = [
        (each.kind, _subject(each), shown_size(each.size), ago(now - each.made), ago(now - each.used))
        for each in entries
    ]
    print(aligned([("KIND", "SUBJECT", "SIZE", "MADE", "LAST USED"), *lines], right={2}), end="")
    return 0


def _measure(store: Store, _: Settings, __: argparse.Namespace) -> int:
    sizes: dict[str, list[int]] = {}
    for entry in store.entries():
        sizes.setdefault(entry.kind, []).append(entry.size)
    lines = [(kind, str(len(each)), shown_size(sum(each))) for kind, each in sorted(sizes.items())]
    whole = ("all", str(sum(map(len, sizes.values()))), shown_size(usage(store.root)))
    print(aligned([("KIND", "COUNT", "SIZE"), *lines, whole], right={1, 2}))
    print(f"directory: {store.root}")
    releases = _releases()
    if releases is not None:
        print(f"engine: {_counted(len(releases.keys), 'image')}")
    return 0


def _prune(store: Store, settings: Settings, arguments: argparse.Namespace) -> int:
    max_size = size(settings.cache.max_size) if arguments.max_size is None else arguments.max_size
    max_age = age(settings.cache.max_age) if arguments.max_age is None else arguments.max_age
    releases = _releases()
    is_dry: bool = arguments.dry_run
    result = prune(
        store,
        max_size=max_size,
        max_age=max_age,
        dry_run=is_dry,
        now=time.time(),
        before=releases.lets_go if releases else lambda _: True,
    )
    does = "would remove" if is_dry else "removed"
    _tell(does, result.removed)
    print(f"{does} {_counted(len(result.removed), 'thing')}: {shown_size(result.freed)}")
    if releases is not None:
        _release(releases, store, result.removed, is_dry=is_dry)
    if result.held:
        print(f"kept for runs that are under way: {shown_size(result.held)}")
    print(f"left: {shown_size(result.size)}")
    return 0


def _verify(store: Store, _: Settings, __: argparse.Namespace) -> int:
    damages = verify(store)
    for damage in damages:
        print(f"removed {damage.path}: it {damage.reason}")
    print(f"{_counted(len(list(store.entries())), 'thing')} checked and whole, {len(damages)} damaged")
    return 1 if damages else 0


def _release(releases: Releases, store: Store, removed: Iterable[Entry], *, is_dry: bool) -> None:
    if is_dry:
        releases.count(removed)
    releases.sweep(store, dry_run=is_dry)
    does = "would release" if is_dry else "released"
    print(f"{does} {_counted(len(releases.released), 'image')} in the engine")
    if releases.held:
        print(f"kept for runs that are under way: {_counted(releases.held, 'image')}")
    for reason in dict.fromkeys(releases.refused):
        print(f"kept an image: {reason}")


def _releases() -> Releases | None:
    """Ask the engine for its images; say so if it does not answer."""
    from pipeline_dsl.engine.sdk.connect import connect

    try:
        return Releases(connect())
    except EngineError as error:
        print(f"warning: the images in the engine are left out: {error}", file=sys.stderr)
        return None


def _tell(does: str, removed: Iterable[Entry]) -> None:
    now = time.time()
    lines = [
        (f"{does} {each.kind}", _subject(each), shown_size(each.size), f"used {ago(now - each.used)}")
        for each in removed
    ]
    if lines:
        print(aligned(lines, right={2}), end="")


def _subject(entry: Entry) -> str:
    subject = printable(entry.subject or entry.name)
    return subject if len(subject) <= _SUBJECT else f"{subject[: _SUBJECT - 1]}…"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


_ACTIONS = {
    "ls": (_list, "list what is kept, what was used last first"),
    "du": (_measure, "show how much space it takes"),
    "prune": (_prune, "remove what has not been used for long, also from the engine"),
    "verify": (_verify, "read everything, and remove what is damaged"),
}
