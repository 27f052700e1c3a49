"""Paths: how a rule says which settings it is about, in the names of Blubber's configuration."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, cast

from pipeline_dsl.errors import DefinitionError, Problem, did_you_mean
from pipeline_dsl.formats.blubber.shapes import VARIANT, Form, Shape
from pipeline_dsl.model import Apt, Lives, Runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline_dsl.errors import Position
    from pipeline_dsl.formats.blubber.shapes import AnyForm
    from pipeline_dsl.policy.value import Value
    from pipeline_dsl.resolve import Resolved, ResolvedVariant

_KEYS: Mapping[str, tuple[str, AnyForm]] = {key: VARIANT[key] for key in VARIANT if key != "includes"}
"""What a resolved variant consists of: it includes nothing any more."""

_ZERO: Mapping[Form, Value] = {
    Form.TEXT: "",
    Form.STRING: "",
    Form.BASE: "",
    Form.FLAG: False,
    Form.NUMBER: 0,
    Form.ENVIRONMENT: {},
    Form.PACKAGES: {},
}
"""What stands for a setting that is not set, by its form; an empty list for all other forms."""

_ELEMENTS: Mapping[Form, Value] = {Form.ENVIRONMENT: "", Form.PACKAGES: ()}
"""The same for what stands under a name of the author's choice."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting of a variant.

    Arguments:
        variant: name of the variant.
        field: its path within the variant.
        value: its value.
    """

    variant: str
    field: str
    value: Value


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where in a variant a path leads.

    Arguments:
        section: the first key of the path.
        arguments: the names that lead from what holds the section's settings to the value.
        form: the form of the value; that of a list of definitions is none.
        name: the rest of the path: a name of the author's choice; empty for none.
    """

    section: str
    arguments: tuple[str, ...]
    form: Form | None
    name: str


def follow(path: str, at: Position, resolved: Resolved) -> Iterator[Setting]:
    """Find the settings that a path leads to.

    ``variants.NAME.…`` leads to that variant, any other path to every variant. Below ``node``, ``php``,
    ``python`` and ``builder`` are all build steps of the kind, those of ``builders`` among them.

    Arguments:
        path: keys of Blubber's configuration, with dots between them.
        at: where it is written.
        resolved: the project.

    Raises:
        DefinitionError: it leads nowhere.
    """
    variants, field = _variants(path, at, resolved)
    place = _place(field, path, at)
    for variant in variants:
        for holder in _holders(variant, place.section):
            yield Setting(variant.name, field, _value(holder, place))


def _variants(path: str, at: Position, resolved: Resolved) -> tuple[Sequence[ResolvedVariant], str]:
    first, _, rest = path.partition(".")
    if first != "variants":
        return tuple(resolved.variants.values()), path
    for name in sorted(resolved.variants, key=len, reverse=True):  # a name may hold dots
        if rest.startswith(f"{name}."):
            return (resolved.variants[name],), rest.removeprefix(f"{name}.")
    if rest in resolved.variants or not rest:
        raise _lost(path, at, "it names no setting of a variant.", "Write variants.NAME.SETTING.")
    name = rest.partition(".")[0]
    hint = did_you_mean(name, resolved.variants) or f"There are: {', '.join(resolved.variants)}."
    message = f'"{path}" leads nowhere: there is no variant "{name}".'
    raise DefinitionError([Problem("unknown-variant", message, at, hint)])


def _place(field: str, path: str, at: Position) -> _Place:
    keys = field.split(".")
    known = _KEYS
    arguments: list[str] = []
    for number, key in enumerate(keys):
        if key not in known:
            hint = did_you_mean(key, known) or f"There are: {', '.join(known)}."
            raise _lost(path, at, f'there is no key "{key}".', hint)
        argument, form = known[key]
        if isinstance(form, Shape):
            arguments += [argument] if number else []
            known = form.keys
            continue
        plain = form if isinstance(form, Form) else None
        name = ".".join(keys[number + 1 :])
        if name and plain not in _ELEMENTS:
            raise _lost(path, at, f'nothing stands below "{key}".', "Elements of lists have no paths.")
        return _Place(keys[0], (*arguments, argument), plain, name)
    raise _lost(path, at, f'"{keys[-1]}" is a section.', f"Name a setting of it: {', '.join(known)}.")


def _holders(variant: ResolvedVariant, section: str) -> Sequence[object]:
    """Give what holds the settings of a section, None where the variant has no such thing."""
    form = _KEYS[section][1]
    if not isinstance(form, Shape):
        return [variant]
    if form.kind is Apt:
        return [variant.apt]
    if form.kind is Lives:
        return [_lives(variant)]
    if form.kind is Runs:
        return [_runs(variant)]
    return [step for step in variant.builders if isinstance(step, form.kind)] or [None]


def _lives(variant: ResolvedVariant) -> Lives:
    owner = variant.owner
    return Lives(directory=variant.directory, user=owner.name, uid=owner.uid, gid=owner.gid)


def _runs(variant: ResolvedVariant) -> Runs:
    runner = variant.runner
    return Runs(
        directory=variant.run_directory or variant.directory,
        user=runner.name,
        uid=runner.uid,
        gid=runner.gid,
        environment=variant.environment,
        insecurely=variant.insecurely,
    )


def _value(holder: object, place: _Place) -> Value:
    found = functools.reduce(_argument, place.arguments, holder)
    if place.name and place.form:
        return cast("Mapping[str, Value]", found).get(place.name, _ELEMENTS[place.form])
    if found is None:
        return _ZERO.get(place.form, ()) if place.form else ()
    if place.form is Form.COMMAND and isinstance(found, str):
        return (found,)
    return cast("Value", found)


def _argument(holder: object, name: str) -> object:
    return None if holder is None else getattr(holder, name)


def _lost(path: str, at: Position, why: str, hint: str) -> DefinitionError:
    return DefinitionError([Problem("unknown-path", f'"{path}" leads nowhere: {why}', at, hint)])
