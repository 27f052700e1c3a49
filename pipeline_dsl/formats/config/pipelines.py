"""Reading a pipeline: its settings, its graph, and where its stages find their variants."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

from pipeline_dsl.errors import did_you_mean
from pipeline_dsl.formats import kinds
from pipeline_dsl.formats.closure import closures
from pipeline_dsl.formats.config import shapes
from pipeline_dsl.formats.config.expand import Expander, is_falsy, is_late
from pipeline_dsl.formats.config.graph import Graph, arranged
from pipeline_dsl.formats.config.notices import read_notices
from pipeline_dsl.formats.config.outline import Outline, outlines
from pipeline_dsl.formats.config.scope import Scope
from pipeline_dsl.formats.config.shapes import Form
from pipeline_dsl.formats.config.steps import StageReader, Variants
from pipeline_dsl.formats.config.text import Use
from pipeline_dsl.formats.kinds import WrongKindError
from pipeline_dsl.formats.yaml import Entry, Mapping, Scalar, describe, mappings
from pipeline_dsl.model import Pipeline, Stage

if TYPE_CHECKING:
    from pipeline_dsl.formats.complaint import Arguments
    from pipeline_dsl.formats.config.gather import Found
    from pipeline_dsl.formats.config.sources import Key, Sources
    from pipeline_dsl.formats.config.values import Values
    from pipeline_dsl.formats.diagnosis import Diagnosis

_KEYS: shapes.Keys = {
    "name": ("name", Form.LITERAL),
    "directory": ("directory", Form.LITERAL),
    "fetch": ("fetch", shapes.FETCH),
    "notify": ("notify", shapes.NOTIFY),
    "stages": ("stages", Form.VALUE),
}


@dataclasses.dataclass(frozen=True)
class PipelineOutline:
    """A pipeline as far as it can be known before its Blubber files are.

    Arguments:
        name: its name.
        entry: all that the config says of it.
        stages: its stages by their names in the config.
        graph: which of them run, and what they wait for.
    """

    name: str
    entry: Entry
    node: Mapping
    stages: dict[str, Outline]
    graph: Graph

    @functools.cached_property
    def _before(self) -> dict[str, frozenset[str]]:
        return closures(self.graph)

    @functools.cached_property
    def _bound(self) -> dict[str, frozenset[str]]:
        return {name: stage.bound() for name, stage in self.stages.items()}

    @functools.cached_property
    def _labels(self) -> dict[str, str]:
        return {name: stage.label for name, stage in self.stages.items()}

    def scope(self, stage: Outline) -> Scope:
        """Say what can be seen from a stage at its start."""
        return Scope(
            pipeline=self.name,
            stage=stage.name,
            bound=frozenset(),
            ancestors={name: self._bound[name] for name in self._before[stage.name]},
            stages=self._labels,
        )


def outlined(entry: Entry, diagnosis: Diagnosis) -> PipelineOutline | None:
    """Outline a pipeline; None if something is wrong with its outline.

    Arguments:
        entry: its name, and all that the config says of it.
        diagnosis: takes what is wrong.
    """
    node = entry.value
    if not isinstance(node, Mapping):
        message = f'pipeline "{entry.key}" must be a mapping, not {describe(node)}.'
        diagnosis.error("wrong-type", message, node.at)
        return None
    for one in node:
        if one.key not in shapes.PIPELINE:
            message = f'PipelineLib passes over the unknown key "{one.key}" without a word.'
            hint = did_you_mean(one.key, shapes.PIPELINE) or "So does this."
            diagnosis.warn("ignored-key", message, one.at, hint)
    stages = node.get("stages")
    if stages is None:
        diagnosis.error("missing-key", "stages: is required.", node.at)
        return None
    try:
        made = outlines(kinds.items(stages), diagnosis)
    except WrongKindError as wrong:
        message = f"stages: must be {wrong.wanted}, not {describe(wrong.node)}."
        diagnosis.error("wrong-type", message, wrong.node.at)
        return None
    count = len(diagnosis.errors)
    graph = arranged(made, node.get("execution"), diagnosis)
    if not graph:
        if len(diagnosis.errors) == count:
            message = f'pipeline "{entry.key}" has no stages that run.'
            diagnosis.error("empty-pipeline", message, entry.at)
        return None
    return PipelineOutline(entry.key, entry, node, {one.name: one for one in made}, graph)


class PipelineReader:
    """Reads an outlined pipeline.

    Arguments:
        outline: its outline.
        values: reads values.
        diagnosis: takes what is wrong.
    """

    def __init__(self, outline: PipelineOutline, values: Values, diagnosis: Diagnosis) -> None:
        self._outline = outline
        self._values = values
        self._diagnosis = diagnosis
        self._keys: dict[str, Key | None] = {}
        self._files: dict[Key, str] = {}

    def find_sources(self, sources: Sources) -> None:
        """Find the Blubber file of each stage that builds something."""
        for name in self._outline.graph:
            stage = self._outline.stages[name]
            if "build" in stage.steps:
                self._keys[name] = self._source(stage, sources)
        self._add_named(sources)
        self._files = {key: source.name for key, source in sources.found.items()}

    def _add_named(self, sources: Sources) -> None:
        """Add the Blubber file that the pipeline names even if no stage builds from it."""
        entry = self._outline.node.entry("blubberfile")
        if entry and isinstance(entry.value, Scalar) and not is_falsy(entry.value):
            path = str(entry.value.value)
            if "${" not in path and sources.is_there(path):
                sources.add_file(path, entry.value.at)

    def _source(self, stage: Outline, sources: Sources) -> Key | None:
        outline = self._outline
        own, general = stage.node.entry("blubberfile"), outline.node.entry("blubberfile")
        entry = own if own and not is_falsy(own.value) else general
        if entry is None or is_falsy(entry.value):
            return sources.add_file(f"{outline.name}/blubber.yaml", stage.steps["build"].at)
        scope = dataclasses.replace(outline.scope(stage), is_fixed=True)
        if isinstance(entry.value, Scalar):
            path = self._values.read(entry.value, Form.TEXT, scope)
            if not isinstance(path, str):
                return None
            if "${" in path:
                message = f'which Blubber file "{path}" is will only be known at run time.'
                self._diagnosis.error("not-importable", message, entry.value.at)
                return None
            return sources.add_file(path, entry.value.at)
        try:
            count = len(self._diagnosis.errors)
            document = Expander(self._diagnosis, Use.CODE).expanded(kinds.mapping(entry.value), scope)
            name = f"{outline.name}-{stage.label}" if entry is own else outline.name
            for late in filter(is_late, mappings(document)):
                message = "what is in a Blubber file cannot wait for run time."
                self._diagnosis.error("not-importable", message, late.at)
            key = sources.add_inline(kinds.mapping(document), name)
            return key if len(self._diagnosis.errors) == count else None
        except WrongKindError as wrong:
            self._values.wrong(wrong)
            return None

    def read(self, variants: Found) -> Pipeline | None:
        """Read it; None if something is wrong with it.

        Arguments:
            variants: the variants of all Blubber files.
        """
        stages = [self._stage(self._outline.stages[name], variants) for name in self._outline.graph]
        arguments = self._arguments()
        found = [stage for stage in stages if stage is not None]
        arguments["stages"] = (found, self._outline.node.entry("stages") or self._outline.entry)
        made = self._values.make(Pipeline, arguments, self._outline.entry.at, _KEYS)
        return made if isinstance(made, Pipeline) and len(found) == len(stages) else None

    def _stage(self, stage: Outline, variants: Found) -> Stage | None:
        key = self._keys.get(stage.name)
        known = None
        if key is not None and key in variants:
            known = Variants(self._files[key], variants[key])
        scope = self._outline.scope(stage)
        return StageReader(stage, scope, known, self._values, self._diagnosis).read()

    def _arguments(self) -> Arguments:
        node = self._outline.node
        arguments: Arguments = {"name": (self._outline.name, self._outline.entry)}
        scope = Scope(self._outline.name, "", frozenset(), {}, {}, is_of_pipeline=True)
        directory = node.entry("directory")
        if directory and not is_falsy(directory.value):
            path = self._values.read(directory.value, Form.LITERAL, scope)
            if path is not None and str(path).strip("/.") != "":
                arguments["directory"] = (_relative(str(path)), directory)
        fetch = node.entry("fetch")
        if fetch and not is_falsy(fetch.value):
            read = self._values.definition(fetch.value, shapes.FETCH, scope)
            if read is not None and read != shapes.FETCH.kind():
                arguments["fetch"] = (read, fetch)
        notify = node.entry("notify")
        notice = read_notices(notify, self._values, scope)
        if notify is not None and notice is not None:
            arguments["notify"] = (notice, notify)
        return arguments

    def waits(self) -> dict[str, list[str]]:
        """Say for each stage which ones it waits for directly, all as they are called here."""
        labels = {name: stage.label for name, stage in self._outline.stages.items()}
        return {labels[name]: [labels[one] for one in needs] for name, needs in self._outline.graph.items()}


def _relative(path: str) -> str:
    return "/".join(part for part in path.split("/") if part not in ("", "."))
