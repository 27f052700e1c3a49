"""What the tests of this folder share: holding variants to policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.model import Project
from pipeline_dsl.policy import enforce
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.errors import Problem
    from pipeline_dsl.model import Variant
    from pipeline_dsl.policy import Policy


class Hold(Protocol):
    """Holds variants, and the project that they make up, to policies; gives what is wrong."""

    def __call__(
        self, policies: Iterable[Policy], *variants: Variant, project: Project | None = None
    ) -> list[Problem]: ...


class FollowRules(Protocol):
    """Holds variants to rules by path, as a file has them; gives what is wrong, a line each."""

    def __call__(self, rules: dict[str, str], *variants: Variant) -> list[str]: ...


def _hold(policies: Iterable[Policy], *variants: Variant, project: Project | None = None) -> list[Problem]:
    try:
        enforce(resolve(project or Project("p", variants=variants)), policies)
    except DefinitionError as error:
        return list(error.problems)
    return []


@pytest.fixture
def hold() -> Hold:
    return _hold


@pytest.fixture
def follow_rules() -> FollowRules:
    from pipeline_dsl.policy.rules import read  # noqa: PLC0415 -- the other tests need no YAML

    def follow(rules: dict[str, str], *variants: Variant) -> list[str]:
        entries = "".join(f'- path: "{path}"\n  rule: "{rule}"\n' for path, rule in rules.items())
        problems = _hold([read(f"enforcements:\n{entries}", "p.yaml")], *variants)
        return [f"{problem.message} {problem.hint}".rstrip() for problem in problems]

    return follow
