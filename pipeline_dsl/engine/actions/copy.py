"""The copy step: files out of a container, for later stages and for whoever wants to keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.actions.outcome import Outcome
from pipeline_dsl.engine.actions.recall import remember
from pipeline_dsl.engine.copying.keeping import keep
from pipeline_dsl.engine.copying.unpacking import unpack
from pipeline_dsl.engine.steps.copy import CopyRequest, Keep, copy
from pipeline_dsl.errors import Problem, StepError
from pipeline_dsl.plan import slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipeline_dsl.cache.key import Json
    from pipeline_dsl.cache.store import Record
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.steps.copy import CopyResult
    from pipeline_dsl.engine.work import Work
    from pipeline_dsl.model import Artifact


def take(work: Work, output: Output) -> Outcome:
    """Copy the files, and say how many there were. What is missing keeps nothing else from being copied."""
    if work.results.record:
        return restored(work, work.results.record)
    results: list[CopyResult] = []
    problems: list[Problem] = []
    for files in work.planned.stage.copy:
        try:
            results.append(copy(_request(work, files), work.tools.docker, output, work.tools.cancel))
        except StepError as error:
            problems += error.problems
    if problems:
        raise StepError(problems)
    work.scope.bind("artifactURLs", "\n".join(result.url for result in results))
    if work.results.is_good:
        copies: list[Mapping[str, Json]] = [
            {"files": result.files, "goal": result.goal} for result in results
        ]
        remember(work, copies, work.tools.copied(work.planned.pipeline, work.planned.name))
    return Outcome(_count(result.files for result in results))


def restored(work: Work, record: Record) -> Outcome:
    """Give the files that the same run has copied before to those who want them."""
    planned, tools = work.planned, work.tools
    into, kept = tools.copied(planned.pipeline, planned.name), tools.options.artifacts
    copies = _copies(record)
    urls = [""] * len(copies)
    if work.results.files:
        unpack(work.results.files, into, tools.cancel)
    if kept:
        urls = [
            keep(_keep(work, kept, files), into / planned.directory, goal, tools.cancel)
            for files, (_, goal) in zip(planned.stage.copy, copies, strict=True)
        ]
    work.scope.bind("artifactURLs", "\n".join(urls))
    return Outcome(_count(number for number, _ in copies), is_cached=True)


def _copies(record: Record) -> list[tuple[int, str]]:
    told = record.result["copies"]
    copies = told if isinstance(told, list) else []
    return [(int(str(one["files"])), str(one["goal"])) for one in copies if isinstance(one, dict)]


def _count(numbers: Iterable[int]) -> str:
    count = sum(numbers)
    return f"{count:,} file{'s' * (count != 1)}"


def _keep(work: Work, kept: Path, files: Artifact) -> Keep:
    return Keep(kept, f"{slug(work.planned.pipeline)}/{work.planned.name}", pack=files.archive)


def _request(work: Work, files: Artifact) -> CopyRequest:
    tools, planned = work.tools, work.planned
    container = work.scope.text(files.container or "")
    if not container.startswith(tools.prefix):
        message = f'"{container}" is no container of this run that files could be copied from.'
        hint = "Artifact(…, container=…) takes the container of a stage, as in stage.container."
        raise StepError([Problem("foreign-container", message, hint=hint)])
    kept = tools.options.artifacts
    return CopyRequest(
        container=container,
        source=work.scope.text(files.source),
        destination=None if files.destination is None else work.scope.text(files.destination),
        into=tools.copied(planned.pipeline, planned.name) / planned.directory,
        keep=_keep(work, kept, files) if kept else None,
    )
