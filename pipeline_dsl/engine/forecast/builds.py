"""Foretelling the build step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.events import StageId
from pipeline_dsl.engine.forecast.document import Foretold
from pipeline_dsl.engine.forecast.unknown import UnknownError
from pipeline_dsl.resolve.expressions import sole_expression
from pipeline_dsl.resolve.steps import OWN_IMAGE

if TYPE_CHECKING:
    from pipeline_dsl.engine.forecast.images import ForeseenImage
    from pipeline_dsl.engine.forecast.prospect import Prospect

_OF_AN_IMAGE = ("imageID", "imageLocalName")
"""Values that stand for an image that a stage builds."""


def foretell(prospect: Prospect) -> Foretold:
    """Say what would become of the stage's image."""
    planned, scope = prospect.planned, prospect.scope
    prospect.leave_open("imageID")
    if planned.build is None:
        return Foretold("")
    image = prospect.images.image(planned, planned.build, scope)
    prospect.seen.images[prospect.id] = image
    if image.told.image and image.told.is_cached:
        scope.bind("imageID", image.told.image.removeprefix("sha256:"))
    if "imageLocalName" in planned.lends:
        scope.bind("imageLocalName", prospect.made_up_name)
        prospect.seen.lent[prospect.made_up_name] = lambda: f"key:{image_key(image)}"
    return image.told


def image_key(image: ForeseenImage) -> str:
    """Give the key of an image.

    Raises:
        UnknownError: it is not known.
    """
    if not image.told.key:
        raise UnknownError("its image may be built anew")
    return image.told.key


def built_image(prospect: Prospect, image: str) -> ForeseenImage | None:
    """Give the image that a stage of this run builds, if that is what a reference stands for.

    Its key is known even where it is not there.
    """
    if image == OWN_IMAGE:
        return prospect.image
    sole = sole_expression(image)
    if sole is None or sole.default is not None or sole.key not in _OF_AN_IMAGE:
        return None
    stage = sole.namespace or prospect.planned.name
    return prospect.seen.images.get(StageId(prospect.planned.pipeline, stage))
