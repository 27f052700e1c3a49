"""Which stages come before which: ``spec/pipelinelib.md`` §2."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.errors import did_you_mean
from pipeline_dsl.formats import kinds
from pipeline_dsl.formats.config.expand import is_falsy, spelled
from pipeline_dsl.formats.kinds import WrongKindError
from pipeline_dsl.formats.yaml import Node, Scalar, describe
from pipeline_dsl.resolve.order import circle, foundations_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_dsl.formats.config.outline import Outline
    from pipeline_dsl.formats.diagnosis import Diagnosis

Graph: TypeAlias = "dict[str, tuple[str, ...]]"
"""For each stage that runs, by its name in the config, those that it waits for directly; in an order in which
they could run one by one."""


def arranged(stages: Iterable[Outline], execution: Node | None, diagnosis: Diagnosis) -> Graph:
    """Work out which stages run, and what each waits for.

    Stages that do nothing are left out; what waited for them waits for what they waited for.

    Arguments:
        stages: all stages of a pipeline.
        execution: what the pipeline says of the order.
        diagnosis: takes what is wrong with it.
    """
    all_stages = tuple(stages)
    if is_falsy(execution) or execution is None:
        known = _known_once(all_stages, diagnosis)
        arcs = [tuple(known)]
    else:
        known = _last_of_each(all_stages, diagnosis)
        arcs = _arcs(execution, known, diagnosis)
    graph: Graph = {name: () for arc in arcs for name in arc}
    for arc in arcs:
        for before, after in itertools.pairwise(arc):
            graph[after] = tuple(dict.fromkeys((*graph[after], before)))
    if names := circle(graph):
        message = f"stages wait for one another in a circle, each for the next: {' → '.join(names)}."
        diagnosis.error("stage-cycle", message, known[names[0]].at)
        return {}
    return _without_idle(graph, known, diagnosis)


def _known_once(stages: tuple[Outline, ...], diagnosis: Diagnosis) -> dict[str, Outline]:
    known: dict[str, Outline] = {}
    for stage in stages:
        first = known.setdefault(stage.name, stage)
        if first is stage:
            continue
        if stage.name:
            message = f'stage "{stage.name}" is defined twice, first at {first.at}.'
            diagnosis.error("duplicate-name", message, stage.at, "Give one of them another name.")
        else:
            message = f"name: is required; there is a stage without one at {first.at} already."
            diagnosis.error("missing-key", message, stage.at)
    return known


def _last_of_each(stages: tuple[Outline, ...], diagnosis: Diagnosis) -> dict[str, Outline]:
    """With an order of its own, PipelineLib takes the last of several stages of a name."""
    known: dict[str, Outline] = {}
    for stage in stages:
        if stage.name in known:
            message = f'stage "{stage.name}" is defined at {known[stage.name].at}, too.'
            diagnosis.warn("replaced-stage", message, stage.at, "The last one counts.")
        known[stage.name] = stage
    return known


def _arcs(execution: Node, known: Mapping[str, Outline], diagnosis: Diagnosis) -> list[tuple[str, ...]]:
    try:
        arcs = [
            tuple(name for item in kinds.items(arc) if (name := _member(item, known, diagnosis)))
            for arc in kinds.items(execution)
        ]
    except WrongKindError as wrong:
        message = f'"execution" is a list of lists of names of stages, not {describe(wrong.node)}.'
        diagnosis.error("wrong-type", message, wrong.node.at)
        return []
    named = {name for arc in arcs for name in arc}
    for name, stage in known.items():
        if name not in named:
            message = (
                f'stage "{name}" never runs: "execution" does not name it.'
                if name
                else ('a stage without a name never runs: "execution" cannot name it.')
            )
            diagnosis.warn("unreferenced-stage", message, stage.at, "So it is left out.")
    return arcs


def _member(node: Node, known: Mapping[str, Outline], diagnosis: Diagnosis) -> str | None:
    name = spelled(node) if isinstance(node, Scalar) else ""
    if name in known and name:
        return name
    message = f'"execution" names {describe(node)}, which is no stage of this pipeline.'
    diagnosis.error("unknown-stage", message, node.at, did_you_mean(name, known))
    return None


def _without_idle(graph: Graph, known: Mapping[str, Outline], diagnosis: Diagnosis) -> Graph:
    idle = {name for name in graph if not known[name].steps}
    for name in graph:
        if name in idle:
            diagnosis.warn("idle-stage", f'stage "{name}" does nothing.', known[name].at, "It is left out.")

    def waits(name: str) -> tuple[str, ...]:
        found = (waits(one) if one in idle else (one,) for one in graph[name])
        return tuple(dict.fromkeys(itertools.chain.from_iterable(found)))

    in_file = [name for name in known if name in graph]
    order = foundations_first(in_file, lambda name: graph[name])
    return {name: waits(name) for name in order if name not in idle}
