"""Comparing the pipelines of two projects: their graphs, and every step of every stage."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem
from pipeline_dsl.formats.plain import plain
from pipeline_dsl.resolve.order import foundations_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline_dsl.errors import Position
    from pipeline_dsl.formats.plain import Plain
    from pipeline_dsl.resolve import ResolvedPipeline
    from pipeline_dsl.resolve.steps import ResolvedStage


_STAGE = re.compile(r"(?<!\$)\$\{([A-Za-z0-9_-]*)\.stage(?:\|[^}]*)?\}")
"""The name of a stage."""

_BARE = re.compile(r"\$(\$\{[A-Za-z0-9_-]+\})")
"""What stands for itself with and without being told, but in environment variables."""


def difference(what: str, before: list[str], after: list[str], at: Position | None, hint: str) -> Problem:
    """Say that something is not the same, with a diff.

    Arguments:
        what: what it is.
        before: all that is known of it in the one project, as lines.
        after: the same in the other one.
        at: where it is.
        hint: what to do about it.
    """
    diff = difflib.unified_diff(before, after, "before", "after", lineterm="", n=2)
    return Problem("not-equivalent", f"{what} is not the same in both.", at, hint, "\n".join(diff))


def pipeline_differences(
    original: Iterable[ResolvedPipeline], converted: Iterable[ResolvedPipeline], hint: str
) -> Iterator[Problem]:
    """Find what differs between pipelines.

    Whether a tag that exists may be moved does not count: PipelineLib knows no such question.

    Arguments:
        original: the pipelines of one project.
        converted: those of the other one.
        hint: what to do about a difference.
    """
    before = {pipeline.name: pipeline for pipeline in original}
    after = {pipeline.name: pipeline for pipeline in converted}
    for name in {**before, **after}:
        yield from _differences(name, before.get(name), after.get(name), hint)


def _differences(
    name: str, before: ResolvedPipeline | None, after: ResolvedPipeline | None, hint: str
) -> Iterator[Problem]:
    if before is None or after is None:
        lines = [[f"pipeline {name}"] if one else [] for one in (before, after)]
        yield difference(f'pipeline "{name}"', lines[0], lines[1], None, hint)
        return
    if (before.fetch, before.directory) != (after.fetch, after.directory):
        yield difference(
            f'pipeline "{name}"', _lines(plain(before.fetch)), _lines(plain(after.fetch)), None, hint
        )
    stages, others = ({stage.name: stage for stage in one.stages} for one in (before, after))
    for stage in {**stages, **others}:
        accounts = [_account(stage, one) for one in (stages, others)]
        if accounts[0] != accounts[1]:
            at = (stages.get(stage) or others[stage]).at
            yield difference(f'stage "{stage}" of pipeline "{name}"', accounts[0], accounts[1], at, hint)


def _account(name: str, stages: Mapping[str, ResolvedStage]) -> list[str]:
    """Give all that is known of a stage, as lines: what it waits for in the end, and its steps."""
    if name not in stages:
        return []
    stage = stages[name]
    if stage.publish:
        stage = dataclasses.replace(stage, publish=dataclasses.replace(stage.publish, overwrite=False))
    written = plain(stage)
    if isinstance(written, dict):
        del written["at"], written["references"]  # those are in the steps
        before = foundations_first([name], lambda one: stages[one].needs)
        written["needs"] = [one for one in sorted(before) if one != name]
    return _lines(_normal(written, name))


def _normal(value: Plain, stage: str, key: str = "") -> Plain:
    """Give what means the same one form: names of stages, what stands for itself, a notice to nobody."""
    match value:
        case str():
            named = _STAGE.sub(lambda match: match[1] or stage, value)
            return named if key == "environment" else _BARE.sub(r"\1", named)
        case list():
            return [_normal(item, stage, key) for item in value]
        case {"kind": "Notify", "email": None, "webhook": None}:
            return None
        case dict() if value.get("kind") == "Each":
            variable, body = value["variable"], value["value"]
            own = re.compile(rf"\$\{{{re.escape(stage)}\.(?!(?:{_alternatives(variable)})[|}}])")
            return _normal_items({**value, "value": _replaced(body, own, "${.")}, stage, key)
        case dict():
            return _normal_items(value, stage, key)
    return value


def _normal_items(value: dict[str, Plain], stage: str, key: str) -> Plain:
    inner = {
        name: _normal(item, stage, key if key == "environment" else name) for name, item in value.items()
    }
    return {str(_normal(name, stage, key)): item for name, item in inner.items()}


def _alternatives(variable: Plain) -> str:
    return "|".join(re.escape(str(name)) for name in (variable if isinstance(variable, list) else [variable]))


def _replaced(value: Plain, pattern: re.Pattern[str], text: str) -> Plain:
    """Replace something in all strings of a value; in a loop a stage's values have its name or none."""
    match value:
        case str():
            return pattern.sub(text, value)
        case list():
            return [_replaced(item, pattern, text) for item in value]
        case dict():
            return {key: _replaced(item, pattern, text) for key, item in value.items()}
    return value


def _lines(value: Plain) -> list[str]:
    return json.dumps(value, indent=1, ensure_ascii=False).splitlines()
