"""Writing configs: from a project to what a person would have written, as PipelineLib's schema has it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats.blubber.losses import losses as blubber_losses
from pipeline_dsl.formats.blubber.write import document, lost_comments
from pipeline_dsl.formats.config import shapes
from pipeline_dsl.formats.config.arcs import arcs
from pipeline_dsl.formats.config.losses import lost, stage_losses
from pipeline_dsl.formats.config.spelling import Place
from pipeline_dsl.formats.config.text import Use
from pipeline_dsl.formats.config.writing import Values
from pipeline_dsl.formats.order import all_variants, built_by, texts
from pipeline_dsl.formats.yaml.dump import Data, dump
from pipeline_dsl.model import Build, Promote, Publish, Run, Stage
from pipeline_dsl.model.definition import fields
from pipeline_dsl.model.stage import STEPS
from pipeline_dsl.resolve import resolve
from pipeline_dsl.resolve.expressions import expressions_in_code
from pipeline_dsl.resolve.references import bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.errors import Problem
    from pipeline_dsl.model import Pipeline, Project, Variant
    from pipeline_dsl.model.variant import Settings
    from pipeline_dsl.resolve import ResolvedPipeline

BLUBBER_FILE = "blubber.yaml"
"""The file that variants are in, beside the config."""


@dataclasses.dataclass(frozen=True)
class Written:
    """A config that was written.

    Arguments:
        text: what it holds.
        losses: what of the project it cannot say.
        inline: variants that stand in it, for they need values that only a config can give them.
    """

    text: str
    losses: tuple[Problem, ...]
    inline: frozenset[Variant]


def write(project: Project, *, lossy: bool = False) -> Written:
    """Write a project's pipelines as a config.

    Arguments:
        project: the project.
        lossy: whether what a config cannot say is left out, with a comment that names it, instead of being
            an error.

    Raises:
        DefinitionError: the project holds what a config cannot say, and ``lossy`` is not set.
    """
    writer = _Writer(project)
    resolved = resolve(project)
    found = {pipeline.name: pipeline for pipeline in resolved.pipelines}
    pipelines: dict[str, Data] = {
        pipeline.name: writer.pipeline(pipeline, found[pipeline.name]) for pipeline in project.pipelines
    }
    losses = tuple(dict.fromkeys(writer.losses))
    if not pipelines:
        losses = (*losses, lost("the project has no pipelines, and a config nothing else.", project))
    if losses and not lossy:
        raise DefinitionError(losses)
    text = lost_comments(losses) + dump({"pipelines": pipelines})
    return Written(text, losses, frozenset(writer.inline))


class _Writer:
    def __init__(self, project: Project) -> None:
        self._project = project
        self._variants = all_variants(project)
        self.losses: list[Problem] = []
        self.inline: set[Variant] = set()

    def pipeline(self, pipeline: Pipeline, resolved: ResolvedPipeline) -> dict[str, Data]:
        written: dict[str, Data] = {}
        stages = {stage.name: stage for stage in pipeline.stages}
        if not all(map(self._holds_expressions, self._variants)):
            written["blubberfile"] = BLUBBER_FILE
        if pipeline.directory != ".":
            written["directory"] = pipeline.directory
        values = Values(Place("", frozenset()), self.losses, pipeline)
        if fetch := values.keys(pipeline.fetch, shapes.FETCH):
            written["fetch"] = fetch
        if pipeline.notify:
            written |= self._notify(pipeline, values)
        in_order = {stage.name: stage.needs for stage in resolved.stages}
        execution: list[Data] = [list(arc) for arc in arcs(in_order)]
        names = in_order if not execution else stages
        written["stages"] = [self._stage(stages[name], resolved) for name in names]
        if execution:
            written["execution"] = execution
        return written

    def _stage(self, stage: Stage, pipeline: ResolvedPipeline) -> Data:
        self.losses += stage_losses(stage)
        resolved = next(one for one in pipeline.stages if one.name == stage.name)
        is_inline = bool(stage.build) and self._needs_values(stage)
        written: dict[str, Data] = {"name": stage.name}
        if is_inline:
            written["blubberfile"] = self._inline(stage)
        for step in STEPS:
            place = Place(stage.name, frozenset(bound(resolved, before=step)))
            value = self._step(step, stage, Values(place, self.losses, stage))
            if value is not None:
                written[step] = value
        if stage.notify:
            written |= self._notify(
                stage, Values(Place(stage.name, frozenset(bound(resolved))), self.losses, stage)
            )
        if not is_inline and written == {"name": stage.name, "build": stage.name, "run": True}:
            return {"name": stage.name}
        return written

    def _step(self, step: str, stage: Stage, values: Values) -> Data:
        if not getattr(stage, step):
            return None
        return _STEPS[step](stage, values)

    @staticmethod
    def _notify(whose: Stage | Pipeline, values: Values) -> dict[str, Data]:
        email = whose.notify.email if whose.notify else None
        written = values.keys(email, shapes.EMAIL) if email else {}
        return {"notify": {"email": written}} if written else {}

    def _needs_values(self, stage: Stage) -> bool:
        """Tell whether a stage builds what holds expressions: these have a value inside a config only."""
        return any(map(self._holds_expressions, (self._project, *built_by(stage))))

    @staticmethod
    def _holds_expressions(whole: Settings) -> bool:
        names = [field.name for field in fields(type(whole)) if field.name not in ("variants", "pipelines")]
        strings = (text for name in names for text in texts(getattr(whole, name)))
        return any(True for text in strings for _ in expressions_in_code(text))

    def _inline(self, stage: Stage) -> Data:
        """Write the variant that a stage builds, and all that it needs."""
        variants = built_by(stage)
        self.losses += blubber_losses(self._project, variants)
        self.inline.update(filter(self._holds_expressions, variants))
        values = Values(Place(stage.name, frozenset({"stage"})), self.losses, stage)
        return values.translated(document(self._project, variants), Use.CODE)


def _run(stage: Stage, values: Values) -> Data:
    written = values.keys(stage.run, shapes.RUN) if isinstance(stage.run, Run) else {}
    return written or True


def _deploy(stage: Stage, values: Values) -> Data:
    if stage.deploy is None:
        return None
    chart = {"name": "${setup.projectShortName}", **values.keys(stage.deploy.chart, shapes.CHART)}
    return {"chart": chart, **values.keys(stage.deploy, shapes.DEPLOY)}


def _trigger(stage: Stage, values: Values) -> Data:
    return dict(values.keys(stage.trigger, shapes.TRIGGER)) if stage.trigger else None


def _build(stage: Stage, values: Values) -> Data:
    if not isinstance(stage.build, Build):
        return stage.build.name if stage.build else None
    written = values.keys(stage.build, shapes.BUILD)
    return {"variant": stage.build.variant.name, **written} if written else stage.build.variant.name


def _publish(stage: Stage, values: Values) -> Data:
    if not isinstance(stage.publish, Publish):
        return True
    written = values.keys(stage.publish, shapes.PUBLISH)
    if stage.publish.tags == ():
        written["tags"] = [""]  # PipelineLib takes an empty list for none
    return written or True


def _promote(stage: Stage, values: Values) -> Data:
    entries = (Promote(),) if isinstance(stage.promote, bool) else stage.promote or ()
    chart = {"chart": "${setup.projectShortName}"}
    return [values.keys(one, shapes.PROMOTE) or dict(chart) for one in entries]


_STEPS: dict[str, Callable[[Stage, Values], Data]] = {
    "build": _build,
    "run": _run,
    "copy": lambda stage, values: [values.artifact(files) for files in stage.copy],
    "publish": lambda stage, values: {"image": _publish(stage, values)},
    "promote": _promote,
    "deploy": _deploy,
    "exports": lambda stage, values: values.exports(stage.exports),
    "trigger": _trigger,
}
