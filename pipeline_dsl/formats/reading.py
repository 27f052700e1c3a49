"""What is read of a foreign file, or of several that belong together."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.errors import Problem
    from pipeline_dsl.formats.yaml import Comment, Entry
    from pipeline_dsl.model import Project

Entries: TypeAlias = "Mapping[int, Mapping[str, Entry]]"
"""For each definition, by its id, the entries of a file that gave its arguments."""

Comments: TypeAlias = "Mapping[str, tuple[Comment, ...]]"
"""The comments of each file, by its name."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """What was read.

    Arguments:
        project: the project that the files describe.
        warnings: what their tool does not do as they have it, and what is done here instead.
        entries: where the arguments of the project's definitions come from.
        comments: the files' comments.
    """

    project: Project
    warnings: tuple[Problem, ...]
    entries: Entries
    comments: Comments
