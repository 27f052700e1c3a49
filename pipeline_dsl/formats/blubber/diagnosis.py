"""What is found in a Blubber file while it is read: errors, all at once, and warnings."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem

if TYPE_CHECKING:
    from pipeline_dsl.formats.yaml import Node

_MOST_VALUES = 200_000
"""How many values a file may hold once its aliases are followed; no real one has a thousandth of it."""


@dataclasses.dataclass
class Diagnosis:
    """Collects what is wrong with a file, and counts its values.

    Arguments:
        errors: what Blubber rejects.
        warnings: what Blubber accepts and does not do as it is written.
    """

    errors: list[Problem] = dataclasses.field(default_factory=list)
    warnings: list[Problem] = dataclasses.field(default_factory=list)
    _values: int = 0

    def error(self, code: str, message: str, at: Position, hint: str = "") -> None:
        """Note an error."""
        self.errors.append(Problem(code, message, at, hint))

    def warn(self, code: str, message: str, at: Position, hint: str = "") -> None:
        """Note a warning."""
        self.warnings.append(Problem(code, message, at, hint))

    def count(self, node: Node) -> None:
        """Count a value that is read.

        Raises:
            DefinitionError: there are too many of them, which only aliases of aliases can bring about.
        """
        self._values += 1
        if self._values > _MOST_VALUES:
            self.error("too-large", "aliases make this file too large.", node.at)
            raise DefinitionError(self.errors)
