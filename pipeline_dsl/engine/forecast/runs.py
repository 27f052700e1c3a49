"""Foretelling the run step, and what is copied out of its container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cache.ages import ago
from pipeline_dsl.cache.key import make_key
from pipeline_dsl.engine.actions.ingredients import container, run_ingredients, service_ingredients
from pipeline_dsl.engine.forecast.builds import built_image, image_key
from pipeline_dsl.engine.forecast.document import CACHED, Basis, Foretold
from pipeline_dsl.engine.forecast.images import ANEW, UNASKED, age
from pipeline_dsl.engine.forecast.unknown import UnknownError
from pipeline_dsl.plan.reasons import Reason, run_reasons, summary
from pipeline_dsl.plan.reasons.values import items, mapping

if TYPE_CHECKING:
    from pipeline_dsl.cache.key import Json
    from pipeline_dsl.cache.record import Record
    from pipeline_dsl.engine.forecast.prospect import Prospect
    from pipeline_dsl.resolve import ResolvedRun, ResolvedService

_MAY, _WILL = "may run", "will run"
_NEVER = Reason("record", "never passed here")


def foretell(prospect: Prospect) -> Foretold:
    """Say what would become of the stage's container."""
    run = prospect.planned.stage.run
    prospect.scope.bind("container", prospect.made_up_name)
    prospect.leave_open("output", "artifactURLs")
    if run is None:
        return Foretold("")
    told = _foretold(prospect, run)
    return told._replace(last=told.age if told.is_cached else age(prospect.latest("run")))


def foretell_copy(prospect: Prospect) -> Foretold:
    """Say what would become of the files that the stage copies."""
    run, record = prospect.told.get("run"), prospect.seen.runs.get(prospect.id)
    if run is None or run.state == _WILL:
        return Foretold("will copy")
    if run.state == _MAY:
        return Foretold("may copy")
    if record is None:  # another stage runs the same
        return run._replace(basis=None)
    copies = [mapping(copy) for copy in items(record.result.get("copies"))]
    prospect.scope.bind("artifactURLs", "\n".join("" for _ in copies))
    count = sum(int(str(copy.get("files", 0))) for copy in copies)
    return run._replace(
        basis=None, reason=f"{count:,} file{'s' * (count != 1)}" if run.is_cached else run.reason
    )


def _foretold(prospect: Prospect, run: ResolvedRun) -> Foretold:
    obstacle = _obstacle(prospect)
    try:
        basis, doubt = _basis(prospect, run)
    except UnknownError as error:
        is_certain = obstacle or (prospect.latest("run") is None and prospect.sight.memory.shared is None)
        reason = obstacle or (_NEVER if is_certain else Reason("unknown", error.reason))
        return Foretold(_WILL if is_certain else _MAY, reason.text, (reason,))
    if obstacle:
        told = Foretold(_WILL, obstacle.text, (obstacle,))
    else:
        told = _cached(prospect, basis, doubt) or _twin(prospect, basis) or _missing(prospect, basis)
    if told.state == _WILL and prospect.planned.is_cacheable:
        prospect.seen.will_make(prospect.planned, basis.key.digest)
    return told._replace(basis=basis)


def _obstacle(prospect: Prospect) -> Reason | None:
    """Say why the container runs whatever was done before; None if it does not."""
    planned, options = prospect.planned, prospect.options
    run = planned.stage.run
    if options.no_cache:
        return ANEW
    if options.runs_again(planned.name):
        return Reason("option", "--rerun is given")
    if planned.stage.cache == "never":
        is_usual = bool(run and (run.services or run.credentials))
        usual = ", as is usual with services and credentials" if is_usual else ""
        return Reason("option", f'cache="never"{usual}')
    if planned.is_cacheable:
        return None
    if "container" in planned.borrowed:
        return Reason("option", "other stages take its container")
    return Reason("option", "it takes files from another stage's container")


def _basis(prospect: Prospect, run: ResolvedRun) -> tuple[Basis, str]:
    """Give what a run depends on, and why that is so only if something has not changed.

    Raises:
        UnknownError: it is only known in the run.
    """
    scope, planned = prospect.scope, prospect.planned
    image, doubt = _image(prospect, run)
    services: list[dict[str, Json]] = []
    for service in run.services:
        beside, more = _service_image(prospect, service)
        services.append(service_ingredients(scope, service, beside))
        doubt = doubt or more
    started = container(scope, run, prospect.options.environment, lambda _: None)
    return Basis(make_key("run", run_ingredients(scope, planned, started, image, services))), doubt


def _image(prospect: Prospect, run: ResolvedRun) -> tuple[str, str]:
    """Give what tells the image of a run, and why that is not certain."""
    built = built_image(prospect, run.image)
    if built:
        return image_key(built), built.doubt
    wanted = prospect.scope.text(run.image)
    known = prospect.seen.key_of(wanted)
    if known != wanted:
        return known, ""
    found = prospect.sight.existing(wanted)
    if not found:
        raise UnknownError(f"the engine has no image {wanted}" if prospect.sight.has_engine else UNASKED)
    return found, ""


def _service_image(prospect: Prospect, service: ResolvedService) -> tuple[str, str]:
    planned = prospect.planned.services.get(service.name)
    if planned:
        image = prospect.images.image(prospect.planned, planned, prospect.scope)
        return image_key(image), image.doubt
    name = prospect.scope.text(service.image)
    lent = prospect.seen.lent.get(name)
    known = lent() if lent else prospect.sight.base(name)
    if known:
        return known, "" if prospect.sight.has_engine else UNASKED
    last = prospect.latest("run")
    told = map(mapping, items(last.components.get("services"))) if last else ()
    remembered = next((str(one["image"]) for one in told if one.get("name") == service.name), "unknown")
    return remembered, f"nobody can say what {name} is" if prospect.sight.has_engine else UNASKED


def _cached(prospect: Prospect, basis: Basis, doubt: str) -> Foretold | None:
    is_for_session = prospect.planned.stage.cache == "session"
    record = None if is_for_session else prospect.sight.memory.foresee(basis.key)
    if record is None or not _has_files(prospect, record):
        return None
    old = age(record) or 0.0
    # Under a doubt, too: what follows is then told as if it had gone, and has the same doubt.
    prospect.seen.runs[prospect.id] = record
    prospect.scope.bind("output", str(record.result.get("output", "")))
    if doubt:
        return Foretold(f"may be {CACHED}", doubt, (Reason("unknown", doubt),), age=old)
    return Foretold(CACHED, f"passed {ago(old)}", age=old)


def _has_files(prospect: Prospect, record: Record) -> bool:
    """Tell whether the files that the stage copied are there, if somebody wants them."""
    planned, memory = prospect.planned, prospect.sight.memory
    place = (planned.pipeline, planned.name)
    is_wanted = prospect.options.artifacts is not None or place in prospect.plan.givers
    if not is_wanted or not planned.stage.copy or memory.shared:
        return True
    digest = mapping(record.result.get("files")).get("object")
    return memory.store is not None and memory.store.has(str(digest))


def _twin(prospect: Prospect, basis: Basis) -> Foretold | None:
    """Tell of another stage that runs the same; None if there is none."""
    found = prospect.seen.maker(prospect.planned, basis.key.digest)
    if found is None:
        return None
    maker, is_before = found
    reason = f"{maker.stage} runs the same"
    return Foretold(CACHED if is_before else _MAY, reason, (Reason("twin", reason),))


def _missing(prospect: Prospect, basis: Basis) -> Foretold:
    if prospect.planned.stage.cache == "session":
        reasons: tuple[Reason, ...] = (Reason("option", 'cache="session"'),)
    else:
        reasons = run_reasons(basis.key.components, prospect.latest("run"))
    reasons = reasons or (Reason("record", "the files that it copied are not there any more"),)
    return Foretold(_WILL, summary(reasons), reasons)
