"""The settings by name: which there are, and how each is called in files, in the environment and by flags."""

from __future__ import annotations

import dataclasses
import json
import re
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.settings.schema import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

Path: TypeAlias = tuple[str, ...]
"""Where a setting stands: its keys, then, in a table of settings, that of its entry."""

PREFIX = "PIPELINE_DSL_"


@dataclasses.dataclass(frozen=True)
class Name:
    """A setting.

    Arguments:
        path: its keys.
        is_table: whether it holds entries by name, each of which can be set by itself.
        is_text: whether it is a string, which an environment variable or a flag gives as it is.
    """

    path: Path
    is_table: bool
    is_text: bool

    def __str__(self) -> str:
        return dotted(self.path)

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + "_".join(self.path).upper()


def dotted(path: Path) -> str:
    """Write a path as TOML does."""
    return ".".join(key if re.fullmatch(r"[\w-]+", key) else json.dumps(key) for key in path)


def value_types(cls: type) -> dict[str, object]:
    """Give the types of a section's settings, without their rules, by name."""
    return {name: _bare(hint) for name, hint in typing.get_type_hints(cls).items()}


def _bare(hint: object) -> object:
    """Leave the None away that stands for a setting that is left out."""
    alternatives = [one for one in typing.get_args(hint) if one is not type(None)]
    return alternatives[0] if type(None) in typing.get_args(hint) else hint


def entry_type(annotation: object) -> object:
    """Give the type of a table's entries; None if it is no table."""
    return typing.get_args(annotation)[1] if typing.get_origin(annotation) is Mapping else None


def _names(cls: type, path: Path = ()) -> Iterator[Name]:
    for key, annotation in value_types(cls).items():
        if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
            yield from _names(annotation, (*path, key))
        else:
            is_text = annotation is str or typing.get_origin(annotation) is typing.Literal
            yield Name((*path, key), entry_type(annotation) is not None, is_text)


NAMES = {name.path: name for name in _names(Settings)}
"""All settings, in the order of the reference."""


def keys_at(path: Path) -> tuple[str, ...]:
    """Give the keys that are known in a section, or in an entry of a table; none where any key is."""
    annotation: object = Settings
    for key in path:
        entries = entry_type(annotation)
        known = value_types(annotation) if isinstance(annotation, type) else {}
        annotation = entries or known.get(key)
    return tuple(value_types(annotation)) if isinstance(annotation, type) else ()
