"""What a policy is: a function that says where a resolved project breaks a rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from pipeline_dsl.resolve import Resolved

if TYPE_CHECKING:
    import types


@dataclasses.dataclass(frozen=True)
class Violation:
    """A variant breaks a rule.

    Arguments:
        variant: name of the variant.
        field: the setting that breaks it, such as ``runs.insecurely``.
        message: what is wrong with it, in one sentence.
        hint: what to do about it; empty when the message says it all.
    """

    variant: str
    field: str
    message: str
    hint: str = ""


Policy: TypeAlias = Callable[[Resolved], Iterable[Violation]]
"""Looks at a resolved project and gives what is wrong with it; nothing where all is well."""

_Policy = TypeVar("_Policy", bound=Policy)
_MARK = "_is_pipeline_dsl_policy"


def policy(function: _Policy) -> _Policy:
    """Declare a function to be a policy of the file that it stands in.

    Example:
        >>> @policy
        ... def small_entrypoints(project: Resolved) -> Iterator[Violation]:
        ...     for variant in project.variants.values():
        ...         if len(variant.entrypoint or ()) > 5:
        ...             yield Violation(variant.name, "entrypoint", "has more than five words.")

    Arguments:
        function: takes the resolved project and gives violations, as a generator or a list.

    Returns:
        The function as it is.
    """
    setattr(function, _MARK, True)
    return function


def declared(module: types.ModuleType) -> tuple[Policy, ...]:
    """Give the policies that a module declares or imports, in the order of their names' first mention."""
    found = (value for value in vars(module).values() if callable(value))
    return tuple(dict.fromkeys(value for value in found if getattr(value, _MARK, False) is True))
