"""What a command line says of what earlier runs have left."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline_dsl.cache.store import Store, default_root
from pipeline_dsl.context.contexts import Contexts
from pipeline_dsl.plan.names import check_known

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipeline_dsl.plan import Plan
    from pipeline_dsl.settings import Settings


def add_caching(parser: argparse.ArgumentParser) -> None:
    """Declare the words that say whether what was done before counts."""
    parser.add_argument(
        "--no-cache", action="store_true", help="build and run everything anew, whatever was done before"
    )
    parser.add_argument(
        "--expect-cached", action="store_true", help="fail, and say why, if there is anything to do"
    )
    parser.add_argument(
        "--cache-repo",
        dest="overrides",
        metavar="HOST/NAME",
        type=lambda word: ("cache.repository", word),
        action="append",
        default=[],
        help="repository of a registry through which machines share what was done",
    )


def opened_store(settings: Settings) -> Store:
    """Give the store that the operator's settings name."""
    return Store(settings.cache.directory or default_root(os.environ))


def contexts(arguments: argparse.Namespace, store: Store) -> Contexts:
    """Give what reads build contexts: with what the fast path has read, if that has looked at this store."""
    read: Contexts | None = arguments.contexts
    return read if read and read.store and read.store.root == store.root else Contexts(store)


def known_stages(names: Sequence[str] | None, plan: Plan) -> tuple[str, ...] | None:
    """Give the stages that ``--rerun`` names.

    Raises:
        UsageError: there is no such stage.
    """
    if names is None:
        return None
    check_known("stage", names, dict.fromkeys(stage.name for stage in plan.stages))
    return tuple(names)
