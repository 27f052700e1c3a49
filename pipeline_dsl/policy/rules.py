"""Files of rules, in the form that Blubber reads with ``--policy``: ``spec/blubber.md`` §5."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem, did_you_mean
from pipeline_dsl.formats import yaml
from pipeline_dsl.policy.declaration import Violation
from pipeline_dsl.policy.path import follow
from pipeline_dsl.policy.rule import Rule, keeps, parse
from pipeline_dsl.policy.value import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_dsl.policy.declaration import Policy
    from pipeline_dsl.resolve import Resolved

_TOP = "enforcements"
_KEYS = ("path", "rule")


@dataclasses.dataclass(frozen=True)
class _Enforcement:
    """A rule and what it is about.

    Arguments:
        path: the settings in question.
        at: where the path is written.
        rule: the rule.
    """

    path: str
    at: Position
    rule: Rule


def read(text: str, file: str) -> Policy:
    """Read a file of rules.

    Arguments:
        text: what it holds, YAML or JSON.
        file: its name, for positions.

    Returns:
        A policy: every rule holds for what its path leads to, and every path leads somewhere.

    Raises:
        DefinitionError: something in the file is wrong; all that is wrong is named.
    """
    problems: list[Problem] = []
    enforcements = []
    for node in _entries(text, file):
        try:
            enforcements.append(_enforcement(node))
        except DefinitionError as error:
            problems += error.problems
    if problems:
        raise DefinitionError(problems)
    return functools.partial(_violations, tuple(enforcements))


def _entries(text: str, file: str) -> tuple[yaml.Node, ...]:
    document = yaml.parse(text, file)
    at = document.at if document else Position(file, 1)
    if not isinstance(document, yaml.Mapping):
        found = yaml.describe(document) if document else "nothing"
        raise _wrong("wrong-type", f"a file of rules is a mapping, not {found}.", at, f'It has "{_TOP}".')
    _check_keys(document, (_TOP,))
    entries = document.get(_TOP)
    if not isinstance(entries, yaml.Sequence):
        raise _wrong("wrong-type", f'"{_TOP}" is a list.', entries.at if entries else at)
    return entries.items


def _enforcement(node: yaml.Node) -> _Enforcement:
    if not isinstance(node, yaml.Mapping):
        message = f"an entry is a mapping, not {yaml.describe(node)}."
        raise _wrong("wrong-type", message, node.at, 'It has "path" and "rule".')
    _check_keys(node, _KEYS)
    path, rule = (_text(node, key) for key in _KEYS)
    return _Enforcement(str(path.value), path.at, parse(str(rule.value), rule.at))


def _check_keys(mapping: yaml.Mapping, known: Sequence[str]) -> None:
    problems = [
        Problem("unknown-key", f'there is no key "{entry.key}" here.', entry.at, _advise(entry.key, known))
        for entry in mapping
        if entry.key not in known
    ]
    problems += [
        Problem("repeated-key", f'"{entry.key}" is there twice.', entry.at) for entry in mapping.repeated
    ]
    present = {entry.key for entry in mapping}
    problems += [
        Problem("missing-key", f'"{key}" is required here.', mapping.at)
        for key in known
        if key not in present
    ]
    if problems:
        raise DefinitionError(problems)


def _advise(key: str, known: Sequence[str]) -> str:
    return did_you_mean(key, known) or f"There is only: {', '.join(known)}."


def _text(mapping: yaml.Mapping, key: str) -> yaml.Scalar:
    node = mapping.get(key)
    if isinstance(node, yaml.Scalar) and isinstance(node.value, str) and node.value:
        return node
    found = yaml.describe(node) if node else "nothing"
    raise _wrong("wrong-type", f'"{key}" is a string, not {found}.', node.at if node else mapping.at)


def _wrong(code: str, message: str, at: Position, hint: str = "") -> DefinitionError:
    return DefinitionError([Problem(code, message, at, hint)])


def _violations(enforcements: Sequence[_Enforcement], project: Resolved) -> Iterator[Violation]:
    problems: list[Problem] = []
    for enforcement in enforcements:
        try:
            yield from _broken(enforcement, project)
        except DefinitionError as error:
            problems += error.problems
    if problems:
        raise DefinitionError(problems)


def _broken(enforcement: _Enforcement, project: Resolved) -> Iterator[Violation]:
    rule = enforcement.rule
    for setting in follow(enforcement.path, enforcement.at, project):
        if not keeps(rule, setting.value):
            message = f'{written(setting.value)} breaks the rule "{rule.text}" of {rule.at}.'
            yield Violation(setting.variant, setting.field, message)
