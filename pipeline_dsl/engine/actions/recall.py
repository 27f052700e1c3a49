"""Runs that have passed before: what they depend on, what came of them, and what is kept of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pipeline_dsl.cache.ages import ago
from pipeline_dsl.cache.key import make_key
from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.reading import read_context
from pipeline_dsl.context.selection import Selection
from pipeline_dsl.engine.actions.build import build
from pipeline_dsl.engine.actions.ingredients import run_ingredients, service_ingredients
from pipeline_dsl.engine.actions.outcome import Outcome
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.expectation import unexpected
from pipeline_dsl.engine.tarball import pack
from pipeline_dsl.plan.reasons import run_reasons, summary
from pipeline_dsl.resolve.steps import OWN_IMAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pipeline_dsl.cache.key import Json
    from pipeline_dsl.cache.store import Record
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.work import Work
    from pipeline_dsl.plan.containers import Container
    from pipeline_dsl.plan.reasons import Reason
    from pipeline_dsl.resolve import ResolvedRun, ResolvedService


def recalled(work: Work, planned: ResolvedRun, container: Container, output: Output) -> Outcome | None:
    """Give what came of the same run before; None if it is to be done now, which ``output`` is told why.

    Raises:
        FailedError: it is to be done, but everything is expected to be cached.
    """
    again = work.tools.options.runs_again(work.planned.name)
    components = _components(work, planned, container, output) if work.planned.is_cacheable else None
    memory = work.tools.memory
    if components is not None:
        work.results.key = key = make_key("run", components)
        record = None if again else memory.in_session(key) or _found(work)
        if record and _has_files(work, record):
            work.results.record = record
            work.scope.bind("output", str(record.result["output"]))
            return Outcome(f"passed {ago(time.time() - record.made)}", is_cached=True)
    _tell(work, components, output, again=again)
    return None


def remember(work: Work, copies: Sequence[Mapping[str, Json]] = (), files: Path | None = None) -> None:
    """Keep what came of a run that has just passed.

    Arguments:
        work: the stage.
        copies: what came of each of its copies.
        files: the directory of all that was copied; None if there is none.
    """
    key, memory = work.results.key, work.tools.memory
    if key is None:
        return
    packed = memory.add(pack(read_context(files, [Selection((".",))], Ignore()), {})) if files else None
    if files and packed is None:
        return
    result: dict[str, Json] = {
        "output": str(work.scope.values.of(work.scope.stage).get("output", "")),
        "copies": list(copies),
        "files": packed,
    }
    for_session = work.planned.stage.cache == "session"
    memory.write(key, work.subject, result, work.results.seconds, for_session=for_session)


def _found(work: Work) -> Record | None:
    key = work.results.key
    if key is None or work.planned.stage.cache == "session":
        return None
    return work.tools.memory.find(key, work.subject)


def _has_files(work: Work, record: Record) -> bool:
    """Have the files that were copied, if somebody wants them; tell whether all that is wanted is there."""
    if work.are_files_wanted:
        work.results.files = work.tools.memory.open(record.result["files"])
        return work.results.files is not None
    return True


def _components(
    work: Work, planned: ResolvedRun, container: Container, output: Output
) -> dict[str, Json] | None:
    """Give what a run depends on; None if that cannot be told."""
    image = _image(work, planned)
    if image is None:
        return None
    services = [_service(work, one, output) for one in planned.services]
    return run_ingredients(work.scope, work.planned, container, image, services)


def _image(work: Work, planned: ResolvedRun) -> str | None:
    own = work.results.image
    if planned.image == OWN_IMAGE and own:
        return own.key.digest if own.is_certain else None
    wanted = work.scope.text(planned.image)
    known = work.tools.builds.key_of(wanted)
    if known != wanted:
        return known
    image = work.tools.docker.image(wanted)
    return work.tools.builds.key_of(image.id) if image else None


def _service(work: Work, service: ResolvedService, output: Output) -> dict[str, Json]:
    planned = work.planned.services.get(service.name)
    if planned:
        image = build(work, planned, output).key.digest
    else:
        image = work.tools.bases.digest(work.scope.text(service.image), output)
    return service_ingredients(work.scope, service, image)


def _tell(work: Work, components: Mapping[str, Json] | None, output: Output, *, again: bool) -> None:
    """Say why a container runs, where that is of interest."""
    memory = work.tools.memory
    reasons: tuple[Reason, ...] = ()
    if components is not None and memory.store and not again and work.planned.stage.cache == "success":
        reasons = run_reasons(components, memory.latest("run", work.subject))
    if work.tools.options.expect_cached:
        raise unexpected(f"{work.planned.run_title} would run", reasons)
    if reasons:
        output(Stream.PROGRESS, f"not cached: {summary(reasons)}")
