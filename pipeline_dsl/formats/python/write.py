"""Writing a pipeline file: from a project to the Python that a person would have written for it."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pipeline_dsl.formats.order import all_variants, built_by, late_variants, referred
from pipeline_dsl.formats.python.expressions import Expressions
from pipeline_dsl.formats.python.layout import WIDTH, Atom, Group, Item, statement
from pipeline_dsl.formats.python.names import Names, variable_names
from pipeline_dsl.formats.python.parts import HEADER, owner, parts
from pipeline_dsl.formats.python.references import References
from pipeline_dsl.formats.python.remarks import END, Remarks
from pipeline_dsl.model import Pipeline, Stage, Variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline_dsl.formats.reading import Comments, Entries
    from pipeline_dsl.model import Project


def write(project: Project, entries: Entries | None = None, comments: Comments | None = None) -> str:
    """Write the pipeline file of a project.

    Arguments:
        project: the project.
        entries: where the arguments of its definitions come from: for each definition, by its id, the
            entries of the file that was read.
        comments: the comments of the files that were read; each goes where what it is about goes.

    Returns:
        The text of the file.
    """
    return _Writer(project, entries or {}, comments or {}).text()


_ENCODING = re.compile(r"#.*?coding[:=]")
"""What Python takes for the name of the file's encoding, in the first two lines of a file."""


@dataclasses.dataclass(frozen=True)
class _Block:
    """A stage.

    Arguments:
        stage: the stage.
        ahead: statements of variants that come before it.
        value: the call that makes it.
        above: comments above it.
        below: comments below it.
    """

    stage: Stage
    ahead: list[str]
    value: Group
    above: tuple[str, ...]
    below: tuple[str, ...]


class _Writer:
    def __init__(self, project: Project, entries: Entries, comments: Comments) -> None:
        self._project = project
        self._entries = entries
        self._variants = all_variants(project)
        self._late = late_variants(project)
        self._names = Names()
        self._variables = variable_names((one.name for one in self._variants), "_variant", self._names)
        self._pipelines = {
            one.name: self._names.choose_beside(one.name, "_pipeline") for one in project.pipelines
        }
        self._stages: dict[Stage, str] = {}
        """The variables of the stages that are referred to."""
        self._remarks = Remarks(comments, parts(project, self._variants, entries))
        self._written: set[Variant] = set()
        self._used: set[str] = set()

    def text(self) -> str:
        above, below = self._remarks.take_up_to(HEADER, self._project.at)
        header = _lines((*above, *below))
        statements = list(self._statements())
        header += _lines(self._remarks.take_rest(HEADER))
        rest = _lines(self._remarks.take_rest(END))
        has_encoding = any(map(_ENCODING.match, header.splitlines()[:2]))
        top = [self._import(), header] if has_encoding else [header, self._import()]
        return "\n".join(part for part in (*top, *statements, rest) if part)

    def _import(self) -> str:
        names = sorted(self._used, key=lambda name: (name.islower(), name.casefold()))  # classes come first
        line = f"from pipeline_dsl import {', '.join(names)}\n"
        if len(line.rstrip()) <= WIDTH:
            return line
        return statement(
            "", Group("from pipeline_dsl import (", tuple(Item(Atom(one)) for one in names), ")")
        )

    def _statements(self) -> Iterator[str]:
        """Write the project's own settings as soon as the variants that they refer to are there."""
        awaited = set(referred(self._project))
        is_settled = False
        for variant in self._variants:
            if not (awaited - self._written or is_settled):
                yield from self._project_statement()
                is_settled = True
            if variant not in self._late:
                yield self._variant_statement(variant)
        if not (awaited - self._written or is_settled):
            yield from self._project_statement()
            is_settled = True
        for pipeline in self._project.pipelines:
            yield self._pipeline_block(pipeline)
        for variant in self._variants:
            if variant not in self._written:
                yield self._variant_statement(variant)
        if not is_settled:
            yield from self._project_statement()

    def _project_statement(self) -> Iterator[str]:
        expressions = self._expressions(HEADER)
        items = tuple(expressions.arguments(self._project, without=("variants", "pipelines")))
        if len(items) > 1 or not (self._variants or self._pipelines):
            self._used.add("Project")
            above = _lines(self._remarks.take_rest(HEADER))
            yield above + statement("", Group("Project(", items, ")"))

    def _variant_statement(
        self,
        variant: Variant,
        stages: Mapping[str, Stage] | None = None,
        pipeline: Pipeline | None = None,
    ) -> str:
        self._written.add(variant)
        self._used.add("Variant")
        expressions = self._expressions(owner(variant), stages, pipeline)
        above, below = self._remarks.take_up_to(owner(variant), variant.at)
        value = Group("Variant(", tuple(expressions.arguments(variant)), ")")
        above += self._remarks.take_rest(owner(variant))
        return _lines(above) + statement(self._variables[variant.name], value) + _lines(below)

    def _pipeline_block(self, pipeline: Pipeline) -> str:
        """Write a pipeline and its stages, and the variants that build on images of these."""
        self._used.add("Pipeline")
        above, below = self._remarks.take_up_to(owner(pipeline), pipeline.at)
        items = tuple(self._expressions(owner(pipeline)).arguments(pipeline, without=("stages",)))
        blocks: list[_Block] = []
        known: dict[str, Stage] = {}
        for stage in pipeline.stages:
            ahead = [variant for variant in built_by(stage) if variant not in self._written]
            variants = [self._variant_statement(variant, known, pipeline) for variant in ahead]
            blocks.append(self._stage_block(stage, pipeline, known, variants))
            known[stage.name] = stage
        above += self._remarks.take_rest(owner(pipeline))
        text = _lines(above) + statement(self._pipelines[pipeline.name], Group("Pipeline(", items, ")"))
        for block in blocks:  # which stages need a variable is known only now
            text += "".join(f"\n{variant}\n" for variant in block.ahead) + _lines(block.above)
            text += statement(self._stages.get(block.stage, ""), block.value) + _lines(block.below)
        return text + _lines(below)

    def _stage_block(
        self, stage: Stage, pipeline: Pipeline, known: Mapping[str, Stage], ahead: list[str]
    ) -> _Block:
        name = owner(stage, pipeline)
        expressions = self._expressions(name, known, pipeline)
        above, below = self._remarks.take_up_to(name, stage.at)
        opening = f"{self._pipelines[pipeline.name]}.stage("
        value = Group(opening, tuple(expressions.arguments(stage, in_order=True)), ")")
        return _Block(stage, ahead, value, (*above, *self._remarks.take_rest(name)), below)

    def _expressions(
        self, name: str, stages: Mapping[str, Stage] | None = None, pipeline: Pipeline | None = None
    ) -> Expressions:
        prefix = self._pipelines[pipeline.name] if pipeline else ""

        def variable(of: Variant | Stage) -> str:
            return self._variables[of.name] if isinstance(of, Variant) else self._stage_variable(of, prefix)

        references = References(dict(stages or {}), variable, self._used.add)
        return Expressions(name, self._remarks, self._entries, references)

    def _stage_variable(self, stage: Stage, pipeline: str) -> str:
        if stage not in self._stages:
            self._stages[stage] = self._names.choose_within(stage.name, pipeline, "_stage")
        return self._stages[stage]


def _lines(comments: Iterable[str]) -> str:
    return "".join(f"{comment}\n" for comment in comments)
