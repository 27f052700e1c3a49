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


def variable_names(names: Iterable[str], suffix: str) -> dict[str, str]:
    """Choose a variable for each name: the name itself, made an identifier.

    Arguments:
        names: the names.
        suffix: what is added to a name that means something already, such as ``_variant``.

    Returns:
        The variable of each name; all are different.
    """
    chosen: dict[str, str] = {}
    for name in names:
        variable = re.sub(r"\W", "_", name).lower()
        if not variable.isidentifier() or variable in _TAKEN or name in _TAKEN:
            variable += suffix
        candidate, count = variable, 1
        while candidate in chosen.values():
            count += 1
            candidate = f"{variable}_{count}"
        chosen[name] = candidate
    return chosen
