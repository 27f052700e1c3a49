"""The two users of an image: one owns the application's files, the other runs it."""

from __future__ import annotations

from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.types import AbsoluteDirectory, Environment, NumericId, UserName


@definition
class Lives(Definition):
    """Where the application lives and whose its files are. This user also runs all builders."""

    directory: AbsoluteDirectory | None = None
    """Application directory, the working directory of everything; ``/srv/app`` by default."""

    user: UserName | None = None
    """Name of the user; ``somebody`` by default."""

    uid: NumericId | None = None
    """Numeric id of the user; 65533 by default."""

    gid: NumericId | None = None
    """Numeric id of the user's group; 65533 by default."""


@definition
class Runs(Definition):
    """As whom, where and with which environment the finished image runs."""

    directory: AbsoluteDirectory | None = None
    """Working directory of the finished image; the application directory by default."""

    user: UserName | None = None
    """Name of the user; ``runuser`` by default."""

    uid: NumericId | None = None
    """Numeric id of the user; 900 by default."""

    gid: NumericId | None = None
    """Numeric id of the user's group; 900 by default."""

    environment: Environment | None = None
    """Environment variables, for builders and in the finished image. ``$NAME`` in a value stands for
    another variable."""

    insecurely: bool | None = None
    """Run as the user that owns the files, so that the application can change its own code."""
