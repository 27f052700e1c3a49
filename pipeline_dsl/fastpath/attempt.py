"""The attempt to be done with a command line before anything is evaluated."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache.ahead import Ahead
from pipeline_dsl.cache.engine import Engine
from pipeline_dsl.cache.store import Store, default_root
from pipeline_dsl.context.contexts import Contexts
from pipeline_dsl.fastpath.keeping import kept, shared
from pipeline_dsl.fastpath.look import Look
from pipeline_dsl.fastpath.report import report
from pipeline_dsl.fastpath.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pipeline_dsl.cache.registry import Registry
    from pipeline_dsl.fastpath.document import Document


class Attempt(NamedTuple):
    """What came of an attempt.

    Arguments:
        is_done: whether all was done before, and that has been said; else nothing has been said or done.
        contexts: what has been read of build contexts, for who goes on from there.
    """

    is_done: bool
    contexts: Contexts | None = None


def attempt(
    words: Sequence[str], environ: Mapping[str, str], meanwhile: Callable[[], None] = lambda: None
) -> Attempt:
    """Do what a command line asks for, if all of it was done before, and say so.

    Whatever stands in the way, a file that is missing as much as an engine that does not answer, is left to
    the usual path, which knows how to tell it.

    Arguments:
        words: the words after the program's name.
        environ: the variables of this process.
        meanwhile: makes ready for the usual path; called when there is time for that.
    """
    start = time.perf_counter()
    contexts = Contexts(Store(default_root(environ)))
    try:
        found = _found(words, environ, contexts, meanwhile)
    except Exception:  # the usual path will meet it, too
        found = None
    if found is None:
        return Attempt(is_done=False, contexts=contexts)
    document, ages = found
    summary = report(document, ages, time.perf_counter() - start, colour=_has_colour(environ))
    sys.stderr.writelines(f"{warning}\n" for warning in document["warnings"])
    # A character that the encoding lacks is written as its number, as the usual path does.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(f"{summary}\n".encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
    return Attempt(is_done=True)


def _has_colour(environ: Mapping[str, str]) -> bool:
    return sys.stdout.isatty() and not environ.get("NO_COLOR") and environ.get("TERM", "dumb") != "dumb"


def _found(
    words: Sequence[str], environ: Mapping[str, str], contexts: Contexts, meanwhile: Callable[[], None]
) -> tuple[Document, list[list[float | None]]] | None:
    """Give what a command line means, and when it was done; None if it is not told by what is kept."""
    surroundings = Surroundings(words, environ)
    engine = Engine.from_environment(environ)
    store = contexts.store
    if engine is None or store is None:
        return None
    platform = Ahead(engine.platform)  # which an engine has to look up itself
    with _registry(surroundings) as registry, store.lease():
        document = kept(store, surroundings)
        if document is None and registry and surroundings.root:
            document = shared(registry, store, surroundings)
        if document is None:
            return None
        root = surroundings.local(document["root"])
        look = Look(document, root, contexts, engine, platform, registry)
        return document, look.ages(meanwhile)


@contextlib.contextmanager
def _registry(surroundings: Surroundings) -> Iterator[Registry | None]:
    """Give the cache repository; it is not asked before it has to be."""
    if not surroundings.repository:
        yield None
        return
    from pipeline_dsl.cache.registry import Registry, parse_repository

    with Registry(parse_repository(surroundings.repository)) as registry:
        yield registry
