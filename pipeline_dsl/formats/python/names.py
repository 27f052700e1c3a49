"""Names for what a generated pipeline file defines."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import TYPE_CHECKING

from pipeline_dsl import __all__ as authoring_names

if TYPE_CHECKING:
    from collections.abc import Iterable

_TAKEN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *authoring_names})


class Names:
    """Chooses variables, all of them different."""

    def __init__(self) -> None:
        self._chosen: set[str] = set()

    def choose(self, name: str, suffix: str) -> str:
        """Choose a variable: the name itself, made an identifier, if that means nothing else yet.

        Arguments:
            name: the name.
            suffix: what is added to a name that means something in Python, such as ``_variant``.
        """
        return self._free(_identifier(name, suffix))

    def choose_beside(self, name: str, suffix: str) -> str:
        """Choose a variable; the suffix is also added if the name is taken.

        Arguments:
            name: the name.
            suffix: what is added, such as ``_pipeline``.
        """
        variable = _identifier(name, suffix)
        return self._free(f"{_cleaned(name)}{suffix}" if variable in self._chosen else variable)

    def choose_within(self, name: str, whole: str, suffix: str) -> str:
        """Choose a variable for a part of something, which gives it a prefix if its name is taken.

        Arguments:
            name: the name of the part.
            whole: the variable of what it belongs to.
            suffix: what is added to a name that means something in Python.
        """
        variable = _identifier(name, suffix)
        return self._free(f"{whole}_{_cleaned(name)}" if variable in self._chosen else variable)

    def _free(self, variable: str) -> str:
        candidate, count = variable, 1
        while candidate in self._chosen:
            count += 1
            candidate = f"{variable}_{count}"
        self._chosen.add(candidate)
        return candidate


def variable_names(names: Iterable[str], suffix: str, chooser: Names | None = None) -> dict[str, str]:
    """Choose a variable for each name.

    Arguments:
        names: the names.
        suffix: what is added to a name that means something already, such as ``_variant``.
        chooser: knows which variables are taken.

    Returns:
        The variable of each name; all are different.
    """
    chooser = chooser or Names()
    return {name: chooser.choose(name, suffix) for name in names}


def _cleaned(name: str) -> str:
    return re.sub(r"\W", "_", name).lower()


def _identifier(name: str, suffix: str) -> str:
    variable = _cleaned(name)
    if variable.isidentifier() and variable not in _TAKEN and name not in _TAKEN:
        return variable
    variable += suffix
    return variable if variable.isidentifier() else f"_{variable}"
