"""What a run is about: the files as they lie there, or a checkout; and what every stage knows of it."""

from __future__ import annotations

import argparse
import dataclasses
import os
import time
from typing import TYPE_CHECKING

from pipeline_dsl.checkout import Fetch, checkout, deepen, source_of
from pipeline_dsl.model.context import PARAMETER
from pipeline_dsl.settings import ci_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipeline_dsl.checkout import Revision
    from pipeline_dsl.resolve import Resolved, ResolvedPipeline
    from pipeline_dsl.settings import Settings

_UNTIL_KNOWN = Fetch()
"""How much is brought before the pipeline file has said how much it is to be."""


def add_source(parser: argparse.ArgumentParser) -> None:
    """Declare the words that say what a run is about."""
    parser.add_argument(
        "--from",
        dest="source",
        metavar="SOURCE",
        help="what to run on: a git branch, tag or commit, checked out apart; or the change that the"
        " variables of zuul, gerrit, gitlab or github name, ci for whichever is there (default: the files"
        " as they are)",
    )
    parser.add_argument(
        "--param",
        dest="parameters",
        metavar="NAME=VALUE",
        type=_parameter,
        action="append",
        default=[],
        help="a parameter of the run, which ${setup.params.NAME} stands for",
    )


def checked_out(arguments: argparse.Namespace, into: Path) -> Revision:
    """Give the files that the command line means.

    Arguments:
        arguments: the words of the command line.
        into: directory for a checkout, which the caller removes.
    """
    source = source_of(getattr(arguments, "source", None), arguments.directory, os.environ)
    return checkout(source, _UNTIL_KNOWN, into)


def fetch_all(revision: Revision, pipelines: Iterable[ResolvedPipeline]) -> None:
    """Bring as much of the repository as pipelines ask for."""
    wanted = [pipeline.fetch for pipeline in pipelines]
    fetch = Fetch(
        shallow=all(one.shallow for one in wanted),
        depth=max(one.depth for one in wanted),
        submodules=any(one.submodules for one in wanted),
        tags=any(one.tags for one in wanted),
    )
    if fetch != _UNTIL_KNOWN:
        deepen(revision, fetch)


def setup_values(
    revision: Revision, resolved: Resolved, settings: Settings, arguments: argparse.Namespace
) -> dict[str, str]:
    """Give what every stage knows from the start, by name.

    Arguments:
        revision: what is checked out.
        resolved: the project; its name is that of a repository which has no other.
        settings: the operator's.
        arguments: the words of the command line.
    """
    if not revision.remote:
        revision = dataclasses.replace(revision, project=resolved.name)
    parameters = {**ci_variables(settings, os.environ), **dict(arguments.parameters)}
    proxy = settings.proxies.http
    return {
        **revision.variables(),
        **{f"{PARAMETER}{name}": value for name, value in parameters.items()},
        **({"httpProxy": proxy} if proxy else {}),
        "timestamp": time.strftime("%Y-%m-%d-%H%M%S", time.gmtime()),
        "logURL": _log_url(os.environ),
    }


def _log_url(environ: Mapping[str, str]) -> str:
    """Say where a CI system shows the log."""
    if environ.get("BUILD_URL"):  # Jenkins
        return f"{environ['BUILD_URL']}console"
    if environ.get("GITHUB_RUN_ID"):
        server, repository = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
        return f"{server}/{repository}/actions/runs/{environ['GITHUB_RUN_ID']}"
    return environ.get("CI_JOB_URL", "")  # GitLab


def _parameter(word: str) -> tuple[str, str]:
    name, is_given, value = word.partition("=")
    if not is_given:
        raise argparse.ArgumentTypeError(f"{word!r} is not NAME=VALUE")
    return name, value
