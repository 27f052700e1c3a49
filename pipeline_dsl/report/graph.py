"""The graph of stages: as text, as Mermaid, as Graphviz."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pipeline_dsl.engine.events import StageOutline

Stages: TypeAlias = "Iterable[StageOutline]"


def text(stages: Stages) -> str:
    """Write one line a stage: its name, and the names of those that it waits for."""
    return _lines(_text(stages))


def mermaid(stages: Stages) -> str:
    """Write a Mermaid flowchart, a box for each stage in a frame for each pipeline."""
    return _lines(_mermaid(list(stages)))


def dot(stages: Stages) -> str:
    """Write a Graphviz digraph, a box for each stage in a cluster for each pipeline."""
    return _lines(_dot(list(stages)))


FORMATS: Mapping[str, Callable[[Stages], str]] = {"dot": dot, "mermaid": mermaid, "text": text}
"""The forms of the graph by name."""


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _by_pipeline(stages: Stages) -> Iterator[tuple[str, list[StageOutline]]]:
    for pipeline, group in itertools.groupby(stages, lambda stage: stage.id.pipeline):
        yield pipeline, list(group)


def _text(stages: Stages) -> Iterator[str]:
    for pipeline, members in _by_pipeline(stages):
        yield pipeline
        for stage in members:
            yield f"  {stage.id.stage}" + (f" ← {', '.join(stage.needs)}" if stage.needs else "")


def _mermaid(stages: list[StageOutline]) -> Iterator[str]:
    nodes = {stage.id: f"s{number}" for number, stage in enumerate(stages)}
    names = {(stage.id.pipeline, stage.id.stage): nodes[stage.id] for stage in stages}
    yield "flowchart LR"
    for number, (pipeline, members) in enumerate(_by_pipeline(stages)):
        yield f'  subgraph p{number}["{_entities(pipeline)}"]'
        for stage in members:
            label = "<br>".join(_entities(line) for line in _label(stage))
            yield f'    {nodes[stage.id]}["{label}"]'
        yield "  end"
    for stage in stages:
        for need in stage.needs:
            yield f"  {names[stage.id.pipeline, need]} --> {nodes[stage.id]}"


def _dot(stages: list[StageOutline]) -> Iterator[str]:
    yield "digraph {"
    yield "  rankdir=LR;"
    yield "  node [shape=box];"
    for pipeline, members in _by_pipeline(stages):
        yield f"  subgraph {_quoted(f'cluster_{pipeline}')} {{"
        yield f"    label={_quoted(pipeline)};"
        for stage in members:
            label = _quoted("\n".join(_label(stage)))
            yield f"    {_node(pipeline, stage.id.stage)} [label={label}];"
        yield "  }"
    for stage in stages:
        for need in stage.needs:
            pipeline = stage.id.pipeline
            yield f"  {_node(pipeline, need)} -> {_node(pipeline, stage.id.stage)};"
    yield "}"


def _label(stage: StageOutline) -> list[str]:
    return [stage.id.stage, *(f"{step.kind} {step.title}" for step in stage.steps)]


def _node(pipeline: str, stage: str) -> str:
    return _quoted(f"{pipeline}/{stage}")


def _quoted(label: str) -> str:
    return json.dumps(label, ensure_ascii=False)


def _entities(label: str) -> str:
    """Write a label so that nothing in it is taken for Mermaid's or HTML's own signs."""
    return "".join(f"#{ord(sign)};" if sign in '"#&<>`' else sign for sign in label)
