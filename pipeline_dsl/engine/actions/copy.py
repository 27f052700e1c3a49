"""The copy step: files out of a container, for later stages and for whoever wants to keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.steps.copy import CopyRequest, Keep, copy
from pipeline_dsl.errors import Problem, StepError
from pipeline_dsl.plan import slug

if TYPE_CHECKING:
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.steps.copy import CopyResult
    from pipeline_dsl.engine.work import Work
    from pipeline_dsl.model import Artifact


def take(work: Work, output: Output) -> str:
    """Copy the files, and say how many there were. What is missing keeps nothing else from being copied."""
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
    count = sum(result.files for result in results)
    return f"{count:,} file{'s' * (count != 1)}"


def _request(work: Work, files: Artifact) -> CopyRequest:
    tools, planned = work.tools, work.planned
    container = work.scope.text(files.container or "")
    if not container.startswith(tools.prefix):
        message = f'"{container}" is no container of this run that files could be copied from.'
        hint = "Artifact(…, container=…) takes the container of a stage, as in stage.container."
        raise StepError([Problem("foreign-container", message, hint=hint)])
    below = f"{slug(planned.pipeline)}/{planned.name}"
    kept = tools.options.artifacts
    return CopyRequest(
        container=container,
        source=work.scope.text(files.source),
        destination=None if files.destination is None else work.scope.text(files.destination),
        into=tools.copied(planned.pipeline, planned.name) / planned.directory,
        keep=Keep(kept, below, pack=files.archive) if kept else None,
    )
