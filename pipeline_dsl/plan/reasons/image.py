"""Why an image is built again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pipeline_dsl.plan.reasons.bases import base_reasons
from pipeline_dsl.plan.reasons.comparison import Explain, compared
from pipeline_dsl.plan.reasons.files import file_reasons
from pipeline_dsl.plan.reasons.recipe import recipe_reasons
from pipeline_dsl.plan.reasons.values import changed, named, texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_dsl.cache.key import Json
    from pipeline_dsl.cache.record import Record
    from pipeline_dsl.context.manifest import Manifest
    from pipeline_dsl.plan.reasons.reason import Reason


def image_reasons(
    components: Mapping[str, Json],
    last: Record | None,
    *,
    bases: Sequence[str],
    files: Manifest | None,
    last_files: Manifest | None,
) -> tuple[Reason, ...]:
    """Say why an image is built again.

    Arguments:
        components: what the key was made of: ``recipe`` (lines, with marks in the place of names),
            ``arguments`` (by name), ``bases`` (digests), ``files`` (a manifest's digest) and ``platform``.
        last: the last record of the same image. If its result has ``bases``, the references of the base
            images, one that was exchanged for another is told from one with a new digest.
        bases: references of the base images.
        files: the files of the build context; None if they cannot be told.
        last_files: the files of the last record; None if nobody remembers.

    Returns:
        The reasons; none where the keys are equal, see ``gone``.
    """
    earlier = texts(last.result.get("bases")) if last else []
    explanations: dict[str, Explain] = {
        "files": lambda _now, _before: file_reasons(files, last_files),
        "recipe": lambda now, before: recipe_reasons(texts(now), texts(before), bases),
        "bases": lambda now, before: base_reasons(texts(now), texts(before), bases, earlier),
        "arguments": partial(named, "argument", "the build argument "),
        "platform": lambda now, before: [changed("platform", "the platform", now, before)],
    }
    return compared("image", components, last, explanations, "never built here")
