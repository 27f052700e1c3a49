"""Why an image is pushed again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pipeline_dsl.plan.reasons import wording
from pipeline_dsl.plan.reasons.comparison import Explain, by_element, compared
from pipeline_dsl.plan.reasons.run import other_image
from pipeline_dsl.plan.reasons.values import changed, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_dsl.cache.key import Json
    from pipeline_dsl.cache.record import Record
    from pipeline_dsl.plan.reasons.reason import Reason


def publish_reasons(components: Mapping[str, Json], last: Record | None) -> tuple[Reason, ...]:
    """Say why an image is pushed again.

    Arguments:
        components: what the key was made of: ``image``, ``name``, ``tags`` and ``registry``.
        last: the last record of the same step.
    """
    return compared("publish", components, last, _EXPLANATIONS, "never pushed here")


def _value(component: str, now: Json, before: Json) -> Iterable[Reason]:
    return [changed(component, f"the {component}", now, before)]


def _tags(now: Json, before: Json) -> Iterable[Reason]:
    one, other = (dict.fromkeys(map(wording.quoted, texts(tags))) for tags in (now, before))
    return by_element("tag", one, other, "the tag {} is new", "the tag {} is gone")


_EXPLANATIONS: dict[str, Explain] = {
    "image": other_image,
    "tags": _tags,
    "name": partial(_value, "name"),
    "registry": partial(_value, "registry"),
}
