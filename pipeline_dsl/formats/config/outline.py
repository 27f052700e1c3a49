"""The outline of a stage: its name, and which steps it has once short forms are spelled out."""

from __future__ import annotations

import dataclasses
import itertools
import re
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Position, did_you_mean
from pipeline_dsl.formats.config.expand import is_falsy, spelled
from pipeline_dsl.formats.config.shapes import STAGE
from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Scalar, describe
from pipeline_dsl.model.stage import STEPS
from pipeline_dsl.resolve.references import BOUND_BY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.formats.diagnosis import Diagnosis

_RESERVED = ("setup", "teardown")
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_-]+")


@dataclasses.dataclass(frozen=True)
class Outline:
    """A stage as far as others have to know it.

    Arguments:
        name: its name in the config; empty where it has none.
        label: its name here.
        node: all that the config says of it.
        steps: the entries of the steps that it takes.
        at: where it starts.
    """

    name: str
    label: str
    node: Mapping
    steps: dict[str, Entry]
    at: Position

    def bound(self, before: str = "") -> frozenset[str]:
        """Name the values that it has before a step is taken, or at its end."""
        taken = itertools.takewhile(lambda step: step != before, STEPS)
        return frozenset(name for step in taken if step in self.steps for name in self._bound_by(step))

    def _bound_by(self, step: str) -> tuple[str, ...]:
        exports = self.steps[step].value
        if step == "exports" and isinstance(exports, Mapping):
            return tuple(entry.key for entry in exports)
        return BOUND_BY.get(step, ())


def outlines(nodes: tuple[Node, ...], diagnosis: Diagnosis) -> list[Outline]:
    """Outline the stages of a pipeline.

    Arguments:
        nodes: the items of ``stages``.
        diagnosis: takes what is wrong with them.
    """
    made: list[Outline] = []
    for number, node in enumerate(nodes, 1):
        diagnosis.count(node)
        if not isinstance(node, Mapping):
            diagnosis.error("wrong-type", f"a stage is a mapping, not {describe(node)}.", node.at)
            continue
        name = _name(node, diagnosis)
        if name is not None:
            labels = {one.label for one in made if one.name != name}
            label = _label(name, number, node, labels, diagnosis)
            made.append(Outline(name, label, node, _steps(node, diagnosis), node.at))
    return made


def _name(node: Mapping, diagnosis: Diagnosis) -> str | None:
    """Give the name of a stage; None if it cannot have it."""
    name = node.get("name")
    if name is None or (isinstance(name, Scalar) and name.value in (None, "")):
        return ""
    if not isinstance(name, Scalar):
        diagnosis.error("wrong-type", f"name: must be a string, not {describe(name)}.", name.at)
        return None
    if spelled(name) in _RESERVED:
        message = f'name: "{spelled(name)}" is taken by the pipeline itself.'
        diagnosis.error("reserved-name", message, name.at, "Give the stage another name.")
        return None
    return spelled(name)


def _label(name: str, number: int, node: Mapping, taken: set[str], diagnosis: Diagnosis) -> str:
    """Give a stage a name that is allowed here."""
    wanted = _NOT_ALLOWED.sub("-", name).lstrip("-_") or f"stage-{number}"
    label, count = wanted, 1
    while label in taken:
        count += 1
        label = f"{wanted}-{count}"
    if not name:
        message = f'a stage has no name; here it is called "{label}".'
        diagnosis.warn("nameless-stage", message, node.at, "Give it a name.")
    elif label != name:
        message = f'stage "{name}" is called "{label}" here.'
        hint = "A name is made of letters, digits, dashes and underscores."
        diagnosis.warn("renamed-stage", message, node.at, hint)
    return label


def _steps(node: Mapping, diagnosis: Diagnosis) -> dict[str, Entry]:
    for entry in node:
        if entry.key not in STAGE:
            hint = did_you_mean(entry.key, STAGE)
            diagnosis.error("unknown-key", f'there is no key "{entry.key}" in a stage.', entry.at, hint)
    if [entry.key for entry in node] == ["name"]:
        return dict(_implied(node))
    given = {entry.key: entry for entry in node}
    return {step: given[step] for step in STEPS if step in given and _is_taken(step, given[step].value)}


def _implied(node: Mapping) -> Iterator[tuple[str, Entry]]:
    """Give the steps of a stage that has a name only."""
    yield "build", Entry("build", node.at, Scalar("${.stage}", "${.stage}", node.at))
    yield "run", Entry("run", node.at, Scalar(value=True, text="true", at=node.at))


def _is_taken(step: str, node: Node) -> bool:
    if step == "publish" and isinstance(node, Mapping) and node.entry("image"):
        return not is_falsy(node.get("image"))
    return not is_falsy(node)
