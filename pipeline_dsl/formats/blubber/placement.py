"""The place of a Blubber file among others: what becomes of what it defines."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.model import Variant


@dataclasses.dataclass(frozen=True)
class Placement:
    """What becomes of what a file defines; by default it stays as it is.

    Arguments:
        names: new names of variants.
        shared: variants that another file defines in the same way, by their name in this one.
        common: name of the variant that the settings of the top level become; every other one includes it.
            They are those of the project if this is empty.
    """

    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    shared: Mapping[str, Variant] = dataclasses.field(default_factory=dict)
    common: str = ""
