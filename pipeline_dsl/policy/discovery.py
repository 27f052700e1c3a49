"""Finding the policies that somebody asks for by the path of a file or by name."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import types
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pipeline_dsl.errors import DefinitionError, Position, Problem, UsageError, did_you_mean
from pipeline_dsl.policy.declaration import declared
from pipeline_dsl.policy.evaluation import evaluate
from pipeline_dsl.policy.failure import failure
from pipeline_dsl.policy.standard import STANDARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_dsl.policy.declaration import Policy

GROUP = "pipeline_dsl.policies"
"""The entry points by which an installed package offers policies."""

_RULE_FILES = (".json", ".yaml", ".yml")


def load_policies(specifications: Sequence[str]) -> tuple[Policy, ...]:
    """Find policies.

    Arguments:
        specifications: for each, one of these: the path of a Python file or of a file of Blubber's rules,
            ending in ``.py``, ``.yaml``, ``.yml`` or ``.json``; ``NAME`` or ``NAME=VALUE,VALUE`` for a
            standard policy; the name of an entry point of the group ``pipeline_dsl.policies``.

    Raises:
        UsageError: there is no such policy, or it does not take such values.
        DefinitionError: something in the file, or in the package, is wrong.
    """
    return tuple(chain.from_iterable(map(_load, specifications)))


def _load(specification: str) -> tuple[Policy, ...]:
    name, is_given, values = specification.partition("=")
    if name in STANDARD:
        given = tuple(value.strip() for value in values.split(",")) if is_given else ()
        return (STANDARD[name](given),)
    file = Path(specification)
    if file.suffix == ".py":
        return evaluate(file, _read(specification))
    if file.suffix in _RULE_FILES:
        return (_rules(specification),)
    return _installed(specification)


def _rules(specification: str) -> Policy:
    if importlib.util.find_spec("yaml") is None:
        message = f"The policy {specification} needs PyYAML, which is not installed."
        hint = "Install it with: pip install 'pipeline-dsl[yaml]'."
        raise UsageError([Problem("not-installed", message, hint=hint)])
    from pipeline_dsl.policy.rules import read  # noqa: PLC0415 -- other policies work without PyYAML

    return read(_read(specification), specification)


def _read(specification: str) -> str:
    try:
        return Path(specification).read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"this is not UTF-8: {error.reason} at byte {error.start}."
        raise DefinitionError([Problem("policy-unreadable", message, Position(specification, 1))]) from None
    except OSError as error:
        message = f"The policy {specification} cannot be read: {error.strerror}."
        hint = "A policy is a file: download it first." if "://" in specification else ""
        raise UsageError([Problem("policy-unreadable", message, hint=hint)]) from None


def _installed(name: str) -> tuple[Policy, ...]:
    offered = importlib.metadata.entry_points(group=GROUP)
    matching = tuple(offered.select(name=name))
    if not matching:
        known = sorted({*STANDARD, *offered.names})
        hint = did_you_mean(name.partition("=")[0], known) or f"There are: {', '.join(known)}."
        hint += " A file of policies ends in .py, .yaml, .yml or .json."
        raise UsageError([Problem("unknown-policy", f'There is no policy "{name}".', hint=hint)])
    if len(matching) > 1:
        values = " and ".join(point.value for point in matching)
        message = f'"{name}" is the name of several installed policies: {values}.'
        raise UsageError([Problem("ambiguous-policy", message, hint="Uninstall the package of one of them.")])
    return _offered(matching[0])


def _offered(point: importlib.metadata.EntryPoint) -> tuple[Policy, ...]:
    """Load an entry point: a policy, or a module that declares policies."""
    try:
        loaded: object = point.load()
    except (Exception, SystemExit) as error:
        raise DefinitionError([failure(f'policy "{point.name}"', error)]) from error
    if callable(loaded):
        return (cast("Policy", loaded),)
    policies = declared(loaded) if isinstance(loaded, types.ModuleType) else ()
    if not policies:
        message = f'policy "{point.name}": {point.value} is neither a policy nor a module that declares some.'
        raise DefinitionError([Problem("no-policy", message)])
    return policies
