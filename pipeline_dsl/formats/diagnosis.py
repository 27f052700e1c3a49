"""What is found in a file while it is read: errors, all at once, and warnings."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem, did_you_mean
from pipeline_dsl.formats.yaml import Mapping, Node, mappings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_MOST_VALUES = 50_000
"""How many values a file may hold once its aliases are followed; no real one has a hundredth of it."""

_MOST_VARIANTS = 1_000
"""How many variants a file may have; no real one has a tenth of it."""

_MOST_COMPARED = 200
"""With how many names one is compared in order to suggest a nearer one: it takes its time."""


@dataclasses.dataclass
class Diagnosis:
    """Collects what is wrong with a file, and counts its values.

    Arguments:
        errors: what the tool that the file is for rejects.
        warnings: what that tool accepts and does not do as it is written.
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
            DefinitionError: there are too many of them, as aliases of aliases can bring about.
        """
        self._values += 1
        if self._values > _MOST_VALUES:
            self.error("too-large", f"this file holds more than {_MOST_VALUES} values.", node.at)
            raise self.failure()

    def check_size(self, document: Mapping) -> None:
        """Look at how many variants there are.

        Raises:
            DefinitionError: there are too many.
        """
        variants = document.get("variants")
        if isinstance(variants, Mapping) and len(variants.entries) > _MOST_VARIANTS:
            message = f"this file has more than {_MOST_VARIANTS} variants."
            self.error("too-large", message, variants.at)
            raise self.failure()

    def failure(self) -> DefinitionError:
        """Give the error that names all errors, in the order of the file."""
        return DefinitionError(in_order(self.errors))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Put problems into the order of the file, each only once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.at or Position("", 0)))


def suggestion(name: str, known: Collection[str]) -> str:
    """Suggest the nearest known name, unless there are too many to look through."""
    return did_you_mean(name, known) if len(known) <= _MOST_COMPARED else ""


def check_keys(document: Mapping, diagnosis: Diagnosis) -> None:
    """Warn of keys that are given more than once."""
    for mapping in mappings(document):
        for entry in mapping.repeated:
            message = f'"{entry.key}" is given more than once; the last one counts.'
            diagnosis.warn("repeated-key", message, entry.at)
