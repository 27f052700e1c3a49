"""What lets the same command line take the fast path the next time."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from pipeline_dsl.cache.registry import Registry, RegistryError, parse_repository
from pipeline_dsl.cache.store import Store, default_root
from pipeline_dsl.cli.project import located
from pipeline_dsl.engine.lowering import lowered
from pipeline_dsl.fastpath.keeping import keep, share
from pipeline_dsl.fastpath.surroundings import Surroundings, states
from pipeline_dsl.load import pure_inputs
from pipeline_dsl.report.record import label
from pipeline_dsl.settings import setting_files

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipeline_dsl.cli.planning import Planned

Inputs = list[tuple[str, str]]


def plan_inputs(arguments: argparse.Namespace) -> Inputs | None:
    """Give what a plan will be worked out from, as it is now; None where that cannot be told.

    It cannot where the command line asks for more than what is cached can give, or where the pipeline file
    depends on more than files.
    """
    asks_for_more = (
        *(arguments.source, arguments.artifacts, arguments.dry_run, arguments.pull, arguments.no_cache),
        *(arguments.rerun is not None, arguments.policies),
        any("=" not in word for word in arguments.build_arguments),
    )
    if any(asks_for_more):
        return None
    files = pure_inputs(located(arguments).file)
    if files is None:
        return None
    return states(str(path.absolute()) for path in (*files, *setting_files(os.environ)))


def keep_plan(made: Planned, inputs: Inputs, store: Store, words: Sequence[str]) -> None:
    """Keep a plan that has passed, if it has a plain form.

    Arguments:
        made: the plan.
        inputs: what it was worked out from.
        store: where to keep it.
        words: the command line.
    """
    settings = made.settings
    is_usual = store.root == Store(default_root(os.environ)).root
    if settings.policies or settings.pull == "always" or not is_usual:
        return
    surroundings = Surroundings(words, os.environ)
    document = lowered(made.plan, surroundings.portable(str(made.plan.root)), made.warnings, label)
    if document is None:
        return
    content = keep(store, surroundings, inputs, document)
    # Another machine's fast path finds a repository by the command line or a variable, and has no login.
    if surroundings.repository and settings.cache.push and not settings.cache.credential:
        repository = parse_repository(surroundings.repository)
        with contextlib.suppress(RegistryError), Registry(repository) as registry:
            share(registry, surroundings, content)
