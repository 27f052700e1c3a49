"""Foretelling the publish step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cache.ages import ago
from pipeline_dsl.cache.key import make_key
from pipeline_dsl.engine.actions.publish import bind_pushed, push_ingredients, push_request
from pipeline_dsl.engine.forecast.builds import built_image, image_key
from pipeline_dsl.engine.forecast.document import CACHED, Basis, Foretold
from pipeline_dsl.engine.forecast.images import ANEW, UNASKED, age
from pipeline_dsl.engine.forecast.unknown import UnknownError
from pipeline_dsl.plan.reasons import Reason, publish_reasons, summary

if TYPE_CHECKING:
    from pipeline_dsl.cache.record import Record
    from pipeline_dsl.engine.forecast.prospect import Prospect
    from pipeline_dsl.engine.steps.publish import PublishRequest
    from pipeline_dsl.resolve import ResolvedPublish

_MAY, _WILL = "may push", "will push"
_VALUES = ("imageName", "imageFullName", "imageTag", "imageTags", "publishedImage", "publishedDigest")


def foretell(prospect: Prospect) -> Foretold:
    """Say what would become of the stage's push."""
    planned = prospect.planned.stage.publish
    prospect.leave_open(*_VALUES)
    if planned is None:
        return Foretold("")
    last = prospect.latest("publish")
    try:
        told = _foretold(prospect, planned, last)
    except UnknownError as error:
        is_first = last is None and prospect.sight.memory.shared is None
        reason = Reason("record", "never pushed here") if is_first else Reason("unknown", error.reason)
        told = Foretold(_WILL if is_first else _MAY, reason.text, (reason,))
    return told._replace(last=age(last))


def _foretold(prospect: Prospect, planned: ResolvedPublish, last: Record | None) -> Foretold:
    settings = prospect.options.settings
    request = push_request(prospect.scope, planned, settings, prospect.plan.project)
    bind_pushed(prospect.scope, settings, request, None)
    built = built_image(prospect, planned.image)
    image = image_key(built) if built else prospect.seen.key_of(prospect.scope.text(planned.image))
    basis = Basis(make_key("publish", push_ingredients(request, image)))
    told = _known(prospect, request, basis, built.doubt if built else "")
    if told is None:
        reasons = publish_reasons(basis.key.components, last)
        told = Foretold(_WILL, summary(reasons), reasons)
    return told._replace(basis=basis)


def _known(prospect: Prospect, request: PublishRequest, basis: Basis, doubt: str) -> Foretold | None:
    """Say what is certain whatever was published before; None if there is nothing."""
    memory, settings = prospect.sight.memory, prospect.options.settings
    if not memory.is_asked:
        return Foretold(_WILL, ANEW.text, (ANEW,))
    record = memory.foresee(basis.key)
    if record is None:
        return None
    old, digest = age(record) or 0.0, str(record.result.get("digest", ""))
    if not prospect.sight.has_engine:
        doubt = doubt or UNASKED
    elif settings.registry.credential:
        doubt = doubt or f"only a run logs in to {request.registry}"
    if doubt:
        return Foretold(f"may be {CACHED}", doubt, (Reason("unknown", doubt),), age=old)
    if prospect.sight.is_published(request, digest):
        prospect.scope.bind("publishedDigest", digest)
        return Foretold(CACHED, f"pushed {ago(old)}", age=old)
    gone = Reason("registry", f"{request.registry} has not all of its tags as they were pushed")
    return Foretold(_WILL, gone.text, (gone,))
