"""Foretelling what a command line asks for, with what can be seen of engine, store and cache repository."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache.ages import ago
from pipeline_dsl.cache.engine import Engine
from pipeline_dsl.cache.images import reference
from pipeline_dsl.cli.builds import add_build_parameters
from pipeline_dsl.cli.caching import known_stages, opened_store
from pipeline_dsl.cli.settings import add_overrides
from pipeline_dsl.cli.source import add_source
from pipeline_dsl.engine.forecast import Forecast, QuickEyes, Sight, UsualEyes, forecast
from pipeline_dsl.engine.memory import Memory
from pipeline_dsl.engine.work import Options
from pipeline_dsl.errors import EngineError
from pipeline_dsl.report.explanation import Explained
from pipeline_dsl.report.prediction import Prediction
from pipeline_dsl.settings import ci_variables, provide

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pipeline_dsl.engine.events import StageId
    from pipeline_dsl.engine.forecast import StageForecast, StepForecast
    from pipeline_dsl.engine.forecast.eyes import Eyes
    from pipeline_dsl.engine.sdk.client import SdkDocker
    from pipeline_dsl.plan import Plan
    from pipeline_dsl.settings import Provided, Settings


def add_forecasting(parser: argparse.ArgumentParser) -> None:
    """Declare the words that say how the run would be."""
    add_source(parser)
    add_build_parameters(parser)
    parser.add_argument("--no-cache", action="store_true", help="as if nothing had been done before")
    parser.add_argument(
        "--cache-repo",
        dest="overrides",
        metavar="HOST/NAME",
        type=lambda word: ("cache.repository", word),
        action="append",
        default=[],
        help="repository of a registry through which machines share what was done",
    )
    parser.add_argument(
        "--rerun", metavar="STAGE", nargs="*", help="as with run --rerun (default: of all stages)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_overrides(parser)


class Looking(NamedTuple):
    """A look at the engine that has begun.

    Arguments:
        eyes: look at it the short way; None if there is none.
        connect: connects to it as a run does.
    """

    eyes: Eyes | None
    connect: Callable[[], SdkDocker]


@contextlib.contextmanager
def looking() -> Iterator[Looking]:
    """Begin to look at the engine. It takes its time to answer: do something else meanwhile."""
    with contextlib.ExitStack() as stack:
        engine, connect = Engine.from_environment(os.environ), functools.partial(_connected, stack)
        yield Looking(QuickEyes(engine, connect) if engine else None, connect)


@contextlib.contextmanager
def sight(arguments: argparse.Namespace, settings: Settings, look: Looking) -> Iterator[Sight]:
    """Look at engine, store and cache repository, as far as they can be reached.

    Nobody asks for secrets here but for that of the cache repository, which nothing that is printed holds:
    values come from the pipeline file, its parameters and the variables that the operator lets it read.
    """
    with contextlib.ExitStack() as stack:
        eyes, problem = _eyes(look)
        memory = Memory(opened_store(settings), is_asked=not arguments.no_cache)
        if eyes and settings.cache.repository:
            from pipeline_dsl.cli.sharing import shared_repository

            memory.shared = shared_repository(eyes.docker, settings.cache, _secrets(settings))
            stack.callback(memory.finish, threading.Event())
        yield Sight(memory, eyes, "always" if arguments.pull else settings.pull, problem)


def _eyes(look: Looking) -> tuple[Eyes | None, str]:
    """Give what looks at the engine, or say why nothing can."""
    try:
        if look.eyes and look.eyes.platform():
            return look.eyes, ""
        return UsualEyes(look.connect()), ""
    except EngineError as error:
        reason = str(error.problems[0].message).rstrip(".")
        consequence = "what is said of images is what the last run knew"
        return None, f"the container engine cannot be reached: {reason}; {consequence}."


def _connected(stack: contextlib.ExitStack) -> SdkDocker:
    """Connect to the engine as a run does, for as long as it is looked at."""
    from pipeline_dsl.engine.sdk.connect import connect  # it takes long to load

    docker = connect()
    stack.enter_context(docker.api)
    return docker


def _secrets(settings: Settings) -> Mapping[str, Provided]:
    named = [settings.cache.credential] if settings.cache.repository else []
    return provide(settings, filter(None, named), os.environ)


def foretold(
    arguments: argparse.Namespace, plan: Plan, sight: Sight, settings: Settings, directory: Path
) -> Forecast:
    """Say what a run of a plan would do.

    Arguments:
        arguments: the words of the command line.
        plan: what there is to do.
        sight: what can be seen.
        settings: the operator's.
        directory: a directory for files of earlier runs.
    """
    options = Options(
        jobs=1,
        pull=arguments.pull,
        settings=settings,
        environment=ci_variables(settings, os.environ) | dict(arguments.parameters),
        no_cache=arguments.no_cache,
        rerun=known_stages(arguments.rerun, plan),
    )
    return forecast(plan, options, sight, directory)


def predictions(made: Forecast) -> Mapping[tuple[StageId, str], Prediction]:
    """Give what a tree says of each step, by stage and kind."""
    return {
        (stage.id, step.kind): Prediction(step.told.state, step.told.reason)
        for stage in made.stages
        for step in stage.steps
    }


def explained(stage: StageForecast) -> tuple[str, tuple[Explained, ...]]:
    """Give the name of a stage, and what an explanation says of its steps."""
    return f"{stage.id.pipeline}/{stage.id.stage}", tuple(map(_explained, stage.steps))


def _explained(step: StepForecast) -> Explained:
    told, facts = step.told, {}
    reasons = tuple((reason.text, reason.details) for reason in told.reasons)
    if told.age is not None:
        facts["since"] = _moment(told.age)
    elif told.last is not None:
        facts["last"] = _moment(told.last)
    if told.key:
        facts["key"] = told.key
    if told.image:
        facts["image"] = f"{reference(told.key)} ({told.image})"
    state = f"{told.state}, {told.reason}" if told.reason and not reasons else told.state
    return Explained(f"{step.kind} {step.title}".strip(), state, reasons, facts)


def _moment(seconds: float) -> str:
    then = time.localtime(time.time() - seconds)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', then)}, {ago(seconds)}"
