"""What a key was made of, now and the last time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.cache.key import Json, canonical, make_key
from pipeline_dsl.plan.reasons.reason import Reason
from pipeline_dsl.plan.reasons.values import changed, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.cache.record import Record

Explain: TypeAlias = Callable[[Json, Json], Iterable[Reason]]
"""Takes a component as it is and as it was, which are not equal, and says why not."""


def compared(
    kind: str,
    components: Mapping[str, Json],
    last: Record | None,
    explanations: Mapping[str, Explain],
    never: str,
) -> tuple[Reason, ...]:
    """Say in what a key differs from the last one.

    Arguments:
        kind: the kind of the key.
        components: what it was made of.
        last: the last record; None if there is none.
        explanations: how to explain each component, in the order of what is most telling.
        never: what to say if there is no record.

    Returns:
        The reasons, each component's in its turn; none where the keys are equal.
    """
    if last is None:
        return (Reason("record", never),)
    if components.keys() != last.components.keys():
        return (_scheme(components, last),)
    found = tuple(differences(components, last.components, explanations))
    if not found and make_key(kind, components).digest != last.key:
        return (_scheme(components, last),)
    return found


def by_element(
    component: str, now: Mapping[str, Json], before: Mapping[str, Json], new: str, absent: str
) -> Iterator[Reason]:
    """Say which elements there are only now, and which there are no more.

    Arguments:
        component: the reasons' component.
        now: the elements by what they are called.
        before: the last ones.
        new: says that one is new, its name being ``{}``.
        absent: says that one is gone.
    """
    yield from (Reason(component, new.format(name)) for name in now if name not in before)
    yield from (Reason(component, absent.format(name)) for name in before if name not in now)


def differences(
    now: Mapping[str, Json], before: Mapping[str, Json], explanations: Mapping[str, Explain]
) -> Iterator[Reason]:
    """Say in what components differ.

    Arguments:
        now: the components by name.
        before: the last ones; one that is missing in either is None.
        explanations: how to explain each, in the order of what is most telling. What remains unexplained is
            told as it is.
    """
    others = sorted((now.keys() | before.keys()) - explanations.keys())
    for name in (*explanations, *others):
        one, other = now.get(name), before.get(name)
        if not _is_same(one, other):
            explain = explanations.get(name)
            told = list(explain(one, other)) if explain else []
            yield from told or [_unexplained(name, one, other)]


def _unexplained(name: str, now: Json, before: Json) -> Reason:
    if sorted(map(canonical, items(now))) == sorted(map(canonical, items(before))) != []:
        return Reason(name, f"the {name} come in another order")
    return changed(name, name, now, before)


def _scheme(components: Mapping[str, Json], last: Record) -> Reason:
    names = (*components, *(name for name in last.components if name not in components))
    details = (
        f"{name}: {'no longer counts' if name in last.components else 'counts now'}"
        for name in names
        if name not in components or name not in last.components
    )
    return Reason("scheme", "what counts for a key has changed with this version", tuple(details))


def _is_same(one: Json, other: Json) -> bool:
    """Tell whether two values are the same to a key, to which 1 is not 1.0, but a tuple is a list."""
    return repr(one) == repr(other) or canonical(one) == canonical(other)  # the former is much cheaper
