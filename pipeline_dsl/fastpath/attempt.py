"""The attempt to be done with a command line before anything is evaluated."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache.engine import Engine
from pipeline_dsl.cache.store import Store, default_root
from pipeline_dsl.context.contexts import Contexts
from pipeline_dsl.fastpath.keeping import kept, shared
from pipeline_dsl.fastpath.look import Look
from pipeline_dsl.fastpath.report import report
from pipeline_dsl.fastpath.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline_dsl.cache.registry import Registry


class Attempt(NamedTuple):
    """What came of an attempt.

    Arguments:
        is_done: whether all was done before, and that has been said; else nothing has been said or done.
        contexts: what has been read of build contexts, for who goes on from there.
    """

    is_done: bool
    contexts: Contexts | None = None


def attempt(words: Sequence[str], environ: Mapping[str, str]) -> Attempt:
    """Do what a command line asks for, if all of it was done before, and say so.

    Whatever stands in the way, a file that is missing as much as an engine that does not answer, is left to
    the usual path, which knows how to tell it.

    Arguments:
        words: the words after the program's name.
        environ: the variables of this process.
    """
    start = time.perf_counter()
    store = Store(default_root(environ))
    contexts = Contexts(store)
    try:
        told = _told(words, environ, store, contexts, start)
    except Exception:  # the usual path will meet it, too
        told = None
    if told is None:
        return Attempt(is_done=False, contexts=contexts)
    warnings, summary = told
    sys.stderr.writelines(f"{warning}\n" for warning in warnings)
    # A character that the encoding lacks is written as its number, as the usual path does.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(f"{summary}\n".encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
    return Attempt(is_done=True)


def _has_colour(environ: Mapping[str, str]) -> bool:
    return sys.stdout.isatty() and not environ.get("NO_COLOR") and environ.get("TERM", "dumb") != "dumb"


def _told(
    words: Sequence[str], environ: Mapping[str, str], store: Store, contexts: Contexts, start: float
) -> tuple[Sequence[str], str] | None:
    surroundings = Surroundings(words, environ)
    engine = Engine.from_environment(environ)
    if engine is None:
        return None
    with _registry(surroundings) as registry, store.lease():
        document = kept(store, surroundings)
        if document is None and registry and surroundings.root:
            document = shared(registry, store, surroundings)
        if document is None:
            return None
        root = surroundings.local(document["root"])
        ages = Look(document, root, contexts, engine, registry).ages()
    took = time.perf_counter() - start
    return document["warnings"], report(document, ages, took, colour=_has_colour(environ))


@contextlib.contextmanager
def _registry(surroundings: Surroundings) -> Iterator[Registry | None]:
    """Give the cache repository; it is not asked before it has to be."""
    if not surroundings.repository:
        yield None
        return
    from pipeline_dsl.cache.registry import Registry, parse_repository

    with Registry(parse_repository(surroundings.repository)) as registry:
        yield registry
