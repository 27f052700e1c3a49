"""The build step: the image of a variant, from the files that are there by then."""

from __future__ import annotations

import functools
import textwrap
from typing import TYPE_CHECKING

from pipeline_dsl.cache.ages import ago
from pipeline_dsl.checkout import CancelledError, Network, clone
from pipeline_dsl.engine.actions.failure import blamed_on
from pipeline_dsl.engine.actions.outcome import Outcome
from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.plan.build import context_directory
from pipeline_dsl.resolve.expressions import interpolate_code

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.engine.docker import BuildResult, Output
    from pipeline_dsl.engine.steps.build import Built
    from pipeline_dsl.engine.work import Work
    from pipeline_dsl.plan import PlannedBuild


def take(work: Work, output: Output) -> Outcome:
    """Build the stage's image, or find it, and say how much of it was new."""
    planned = work.planned.build
    if planned is None:
        return Outcome()
    built = build(work, planned, output)
    work.results.image = built
    work.scope.bind_late("imageID", functools.partial(_image_id, work, built, output))
    if "imageLocalName" in work.planned.lends:
        image = work.tools.builds.image(built, output)
        digest = f"key:{built.key.digest}" if built.is_certain else image
        work.tools.bases.lend(image, work.lent_name, digest)
        work.scope.bind("imageLocalName", work.lent_name)
    if built.result is None:
        return Outcome(f"built {ago(built.age)}" if built.age is not None else "", is_cached=True)
    return Outcome(_account(built.result))


def build(work: Work, planned: PlannedBuild, output: Output) -> Built:
    """Build an image for a stage, or find it.

    Raises:
        StepError: an image that it needs cannot be pulled, files are missing, or an instruction failed.
        EngineError: the engine cannot be reached or failed by itself.
        Cancelled: the run was cancelled meanwhile.
    """
    with blamed_on(planned.variants[-1].at):
        return work.tools.builds.build(settled(work, planned), output)


def settled(work: Work, planned: PlannedBuild) -> PlannedBuild:
    """Find out what is built, now that all stages before have passed."""
    if not planned.is_open:
        return planned
    directory, overlays = _context(work, planned)
    return planned.settled(
        directory,
        lambda code: interpolate_code(code, work.scope.known),
        work.scope.texts(planned.source.excludes),
        overlays,
    )


def _image_id(work: Work, built: Built, output: Output) -> str:
    return work.tools.builds.image(built, output).removeprefix("sha256:")


def _context(work: Work, planned: PlannedBuild) -> tuple[Path, list[Path]]:
    """Give the directory that an image is built from, and those of copied files that lie over it."""
    source, variant = planned.source, planned.variants[-1]
    if source.repository:
        url, settings = work.scope.text(source.repository), work.tools.options.settings
        network = Network(proxy=settings.proxies.http, cancel=work.tools.cancel)
        try:
            return clone(url, work.tools.directory.path / "contexts", network), []
        except CancelledError as error:
            raise Cancelled from error
    below = work.scope.text(source.directory)
    overlays = [work.tools.copied(work.planned.pipeline, name) / below for name in work.planned.files_from]
    directory = context_directory(work.tools.plan.root, below, variant)
    return directory, [overlay for overlay in overlays if overlay.is_dir()]


def _account(result: BuildResult) -> str:
    """Say how much of a build was new, and what came first."""
    if not result.steps:  # Engine 20.10 tells only one of two builds of a step that they share
        return "no steps of its own"
    if not result.executed:
        return f"all {result.steps} steps cached"
    first = textwrap.shorten(result.executed[0], 60, placeholder=" …")
    return f"{len(result.executed)} of {result.steps} steps executed, from {first}"
