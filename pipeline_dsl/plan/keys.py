"""What the keys of images hold of their recipes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_dsl.cache.key import Json
    from pipeline_dsl.plan.planned import PlannedBuild

_PROXY = re.compile(r"(?:http|https|ftp|no|all)_proxy", re.IGNORECASE)
_DECLARATION = re.compile(r"ARG ([A-Za-z_]\w*)")


def image_ingredients(planned: PlannedBuild) -> dict[str, Json]:
    """Give those components of an image's key that are known without reading files and asking the engine."""
    lines = [line for block in planned.dockerfile.lines for line in block.split("\n")]
    given = planned.parameters.arguments
    declared = {found[1] for found in map(_DECLARATION.match, lines) if found} if given else ()
    arguments = {name: given[name] for name in declared if name in given and not _PROXY.fullmatch(name)}
    return {"recipe": lines, "arguments": arguments}
