"""References: names for what is only known while a pipeline runs."""

from __future__ import annotations

from typing import Self


class Ref(str):
    """What a stage will have produced by the time that it is needed, such as the id of its image.

    A reference can stand wherever a string can, also inside an f-string. Its text is ``${stage.name}``;
    the stage that it is used in waits for the stage that it names.

    Arguments:
        stage: name of the stage.
        name: name of the value.
    """

    __slots__ = ()

    def __new__(cls, stage: str, name: str) -> Self:
        """Spell the reference."""
        return super().__new__(cls, f"${{{stage}.{name}}}")
