"""Why a container is run again."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

from pipeline_dsl.plan.reasons import wording
from pipeline_dsl.plan.reasons.comparison import Explain, by_element, compared, differences
from pipeline_dsl.plan.reasons.reason import Reason
from pipeline_dsl.plan.reasons.values import arguments, command, items, mapping, named, now_and_last, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline_dsl.cache.key import Json
    from pipeline_dsl.cache.record import Record


def run_reasons(components: Mapping[str, Json], last: Record | None) -> tuple[Reason, ...]:
    """Say why a container is run again.

    Arguments:
        components: what the key was made of: ``image``, ``entrypoint`` (None for the image's own),
            ``arguments``, ``environment``, ``credentials`` (each a list: its id and the variables that it
            comes in), ``memory`` (bytes; 0 for no limit), ``cpus`` (0 for no limit), ``tail`` (lines; -1 for
            all), ``copies`` (each with ``source`` and ``destination``) and ``services`` (each with ``name``,
            ``image``, ``entrypoint``, ``arguments``, ``environment`` and ``health``).
        last: the last record of the same step.

    Returns:
        The reasons. Of another image, only that it is another one.
    """
    return compared("run", components, last, _EXPLANATIONS, "never passed here")


def other_image(now: Json, before: Json) -> Iterable[Reason]:
    """Say that an image is another one.

    Arguments:
        now: its id or its key.
        before: the last one's.
    """
    return [Reason("image", "its image is another one", now_and_last(now, before))]


def _memory(now: Json, before: Json) -> Iterable[Reason]:
    return [Reason("memory", f"the memory limit is {_bytes(now)}, was {_bytes(before)}")]


def _bytes(value: Json) -> str:
    """Write a number of bytes as ``Run(memory=…)`` takes it."""
    if value is None:
        return "none"
    if not isinstance(value, int):
        return wording.brief(value)
    power = next((power for power in (3, 2, 1) if value and value % (1 << 10 * power) == 0), 0)
    return f"{value >> 10 * power}{'bkmg'[power]}" if value else "none"


def _cpus(now: Json, before: Json) -> Iterable[Reason]:
    one, other = (wording.brief(value or "none") for value in (now, before))
    return [Reason("cpus", f"the limit of processors is {one}, was {other}")]


def _tail(now: Json, before: Json) -> Iterable[Reason]:
    one, other = ("all" if value == -1 else wording.brief(value) for value in (now, before))
    return [Reason("tail", f"the number of lines kept of its output is {one}, was {other}")]


def _credentials(now: Json, before: Json) -> Iterator[Reason]:
    one, other = _by_id(now), _by_id(before)
    new, absent = "the credential {} is new", "the credential {} is gone"
    yield from by_element("credential", one, other, new, absent)
    for name in one:
        if name in other and one[name] != other[name]:
            subject = f"the credential {name} comes in"
            yield Reason(
                "credential", f"{subject} {wording.words(one[name])}, was in {wording.words(other[name])}"
            )


def _by_id(value: Json) -> dict[str, list[str]]:
    variables: dict[str, list[str]] = {}
    for credential in items(value):
        name, *rest = texts(credential) or [""]
        variables.setdefault(wording.quoted(name), []).extend(rest)
    return variables


def _copies(now: Json, before: Json) -> Iterator[Reason]:
    one, other = (dict.fromkeys(map(_copy, items(value))) for value in (now, before))
    yield from by_element("copy", one, other, "it now copies {}", "it no longer copies {}")


def _copy(value: Json) -> str:
    ends = mapping(value)
    return " to ".join(wording.path(wording.as_text(ends.get(end))) for end in ("source", "destination"))


def _services(now: Json, before: Json) -> Iterator[Reason]:
    one, other = _by_name(now), _by_name(before)
    yield from by_element("service", one, other, "the service {} is new", "the service {} is gone")
    for name in one:
        for reason in differences(one[name], other.get(name, one[name]), _CONTAINER):
            yield dataclasses.replace(reason, component="service", text=f"service {name}: {reason.text}")


def _by_name(value: Json) -> dict[str, Mapping[str, Json]]:
    services = map(mapping, items(value))
    return {wording.quoted(wording.as_text(service.get("name"))): service for service in services}


_CONTAINER: dict[str, Explain] = {
    "entrypoint": partial(command, "command", "the command"),
    "arguments": partial(arguments, "command"),
    "environment": partial(named, "environment", "environment: "),
    "image": other_image,
    "health": partial(command, "health", "the health command"),
}
_EXPLANATIONS: dict[str, Explain] = {
    **_CONTAINER,
    "credentials": _credentials,
    "services": _services,
    "copies": _copies,
    "memory": _memory,
    "cpus": _cpus,
    "tail": _tail,
}
