"""Foretelling builds."""

from __future__ import annotations

import dataclasses
import functools
import threading
import time
from typing import TYPE_CHECKING

from pipeline_dsl.cache.ages import ago
from pipeline_dsl.cache.images import image_key
from pipeline_dsl.engine.events import StageId
from pipeline_dsl.engine.forecast.document import CACHED, Basis, Foretold
from pipeline_dsl.engine.forecast.unknown import UnknownError
from pipeline_dsl.engine.steps.explanation import image_explanation, image_subject
from pipeline_dsl.errors import PipelineError
from pipeline_dsl.plan.build import context_directory
from pipeline_dsl.plan.keys import image_ingredients
from pipeline_dsl.plan.planned import blamed_on_variant
from pipeline_dsl.plan.reasons import Reason, summary
from pipeline_dsl.plan.reasons.values import texts
from pipeline_dsl.resolve.expressions import interpolate_code

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.cache.record import Record
    from pipeline_dsl.engine.forecast.seen import Seen
    from pipeline_dsl.engine.forecast.sight import Sight
    from pipeline_dsl.engine.scope import Scope
    from pipeline_dsl.plan import Plan, PlannedBuild, PlannedStage

UNASKED = "the engine cannot be asked"
"""Why something may be cached."""

ANEW = Reason("option", "--no-cache is given")
"""Why something is done whatever was done before."""

_MAY, _WILL = "may build", "will build"


@dataclasses.dataclass(frozen=True)
class ForeseenImage:
    """What would become of an image.

    Arguments:
        told: the same in general.
        doubt: why its key is only what it would be if something had not changed; empty if it is certain.
    """

    told: Foretold
    doubt: str = ""


class Images:
    """The images of a run that does not take place.

    Arguments:
        plan: what there is to do.
        sight: what can be seen.
        seen: what earlier steps would leave.
        directory: a directory for files of earlier runs, which the caller removes.
    """

    def __init__(self, plan: Plan, sight: Sight, seen: Seen, directory: Path) -> None:
        self._plan = plan
        self._sight = sight
        self._seen = seen
        self._directory = directory
        self._known: dict[PlannedBuild, ForeseenImage] = {}
        self._latest: dict[str, Record | None] = {}
        self._unpacked: dict[StageId, Path] = {}

    def image(self, stage: PlannedStage, planned: PlannedBuild, scope: Scope) -> ForeseenImage:
        """Foretell the build of an image for a stage.

        Raises:
            PipelineError: it would fail.
        """
        if planned.is_open:
            try:
                return self._image(stage, self._settled(stage, planned, scope))
            except UnknownError as error:
                return ForeseenImage(self._open(planned, error.reason))
        if planned not in self._known:
            self._known[planned] = self._image(stage, planned)
        return self._known[planned]

    def _settled(self, stage: PlannedStage, planned: PlannedBuild, scope: Scope) -> PlannedBuild:
        """Find out what is built, if no files have to be fetched for that.

        Raises:
            UnknownError: that is only known in the run.
        """
        source = planned.source
        if source.repository:
            raise UnknownError(f"the files at {scope.text(source.repository)} are only fetched in the run")
        below = scope.text(source.directory)
        directory = context_directory(self._plan.root, below, planned.variants[-1])
        overlays = [self._copied(StageId(stage.pipeline, name)) / below for name in stage.files_from]
        return planned.settled(
            directory,
            lambda code: interpolate_code(code, scope.known),
            scope.texts(source.excludes),
            [overlay for overlay in overlays if overlay.is_dir()],
        )

    def _copied(self, giver: StageId) -> Path:
        """Give a directory of the files that a stage has copied out of its container before."""
        from pipeline_dsl.engine.copying.unpacking import unpack  # noqa: PLC0415 -- few plans need it

        if giver not in self._unpacked:
            record = self._seen.runs.get(giver)
            packed = self._sight.memory.open(record.result.get("files")) if record else None
            if packed is None:
                raise UnknownError(f"{giver.stage} copies out files that it may take")
            into = self._directory / f"copied-{len(self._unpacked)}"
            try:
                unpack(packed, into, threading.Event())
            except (OSError, PipelineError) as error:
                raise UnknownError(f"the files that {giver.stage} copied cannot be unpacked") from error
            self._unpacked[giver] = into
        return self._unpacked[giver]

    def _open(self, planned: PlannedBuild, reason: str) -> Foretold:
        """Say what is known of an image that depends on what a run finds out."""
        last = self._last(planned)
        if not self._sight.memory.is_asked:
            return Foretold(_WILL, ANEW.text, (ANEW,), last=age(last))
        if last is None and self._sight.memory.shared is None:
            return Foretold(_WILL, "never built here", (Reason("record", "never built here"),))
        return Foretold(_MAY, reason, (Reason("unknown", reason),), last=age(last))

    def _image(self, stage: PlannedStage, planned: PlannedBuild) -> ForeseenImage:
        basis, doubt = self._basis(planned)
        image = self._sight.image(basis.key.digest) if self._sight.memory.is_asked else ""
        told = self._told(stage, planned, basis, image, doubt)
        if told.state == _WILL:
            self._seen.will_make(stage, basis.key.digest)
        last = told.age if told.is_cached else age(self._last(planned))
        return ForeseenImage(told._replace(basis=basis, last=last, image=image), doubt)

    def _basis(self, planned: PlannedBuild) -> tuple[Basis, str]:
        """Give what an image depends on, and why that is so only if something has not changed."""
        context = planned.context
        if context is None:
            raise ValueError("an open build is settled first")
        with blamed_on_variant(planned.variants[-1]):
            files = self._plan.contexts.digest(context)
        names, doubts = planned.dockerfile.images, [] if self._sight.has_engine else [UNASKED]
        known = [self._base(planned, name) for name in names]
        doubts += [
            f"nobody can say what {name} is" for name, base in zip(names, known, strict=True) if not base
        ]
        bases = [
            base or _remembered(self._last(planned), name) for name, base in zip(names, known, strict=True)
        ]
        platform = planned.parameters.platform or self._sight.platform
        if not platform and (last := self._last(planned)):
            platform = str(last.components.get("platform", ""))
        key = image_key(image_ingredients(planned), files, bases, platform)
        manifest = functools.partial(self._plan.contexts.manifest, context)
        called = tuple(name.rpartition(":")[2] if name in self._seen.lent else name for name in names)
        return Basis(key, called, manifest), next(iter(doubts), "")

    def _base(self, planned: PlannedBuild, name: str) -> str:
        if name in self._seen.lent:
            return self._seen.lent[name]()
        return self._sight.base(name, planned.source.pull, planned.parameters.platform)

    def _told(
        self, stage: PlannedStage, planned: PlannedBuild, basis: Basis, image: str, doubt: str
    ) -> Foretold:
        if not self._sight.memory.is_asked:
            return Foretold(_WILL, ANEW.text, (ANEW,))
        found = self._cached(basis.key.digest, image, self._sight.memory.foresee(basis.key), doubt)
        return found or self._twin(stage, basis.key.digest) or self._missing(planned, basis, doubt)

    def _cached(self, key: str, image: str, record: Record | None, doubt: str) -> Foretold | None:
        built = f"built {ago(age(record) or 0)}" if record else ""
        if image and not doubt:
            return Foretold(CACHED, built, age=age(record))
        if image or (record and not self._sight.has_engine):
            return Foretold(f"may be {CACHED}", doubt, (Reason("unknown", doubt),), age=age(record))
        shared = self._sight.memory.shared
        if shared and self._sight.is_shared(key):
            return Foretold(CACHED, f"found in {shared.repository}", age=age(record))
        return None

    def _twin(self, stage: PlannedStage, key: str) -> Foretold | None:
        """Tell of another stage that builds the same; None if there is none."""
        found = self._seen.maker(stage, key)
        if found is None:
            return None
        maker, is_before = found
        reason = f"{maker.stage} builds the same"
        return Foretold(CACHED if is_before else _MAY, reason, (Reason("twin", reason),))

    def _missing(self, planned: PlannedBuild, basis: Basis, doubt: str) -> Foretold:
        last = self._last(planned)
        reasons = image_explanation(self._sight.memory, last, basis.key, basis.bases, basis.files)
        reasons = reasons or (Reason("unknown", doubt),)
        return Foretold(_WILL, summary(reasons), reasons)

    def _last(self, planned: PlannedBuild) -> Record | None:
        subject = image_subject(self._plan.project, planned)
        if subject not in self._latest:
            self._latest[subject] = self._sight.memory.latest("image", subject)
        return self._latest[subject]


def age(record: Record | None) -> float | None:
    """Say how many seconds ago something was done."""
    return max(time.time() - record.made, 0) if record else None


def _remembered(last: Record | None, name: str) -> str:
    """Give what told the content of a base image the last time."""
    if last is None:
        return "unknown"
    digests = zip(texts(last.result.get("bases")), texts(last.components.get("bases")), strict=False)
    return dict(digests).get(name, "unknown")
