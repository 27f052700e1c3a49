"""Doubts: what Blubber takes and then crashes on, or does something else with than is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.formats.yaml import Mapping, Node, Scalar, mappings
from pipeline_dsl.model import Builder, Python

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.formats.diagnosis import Diagnosis
    from pipeline_dsl.model.definition import Definition

_SHORTEST = 7
"""How long the name of an interpreter must be for Blubber to look at its beginning."""


def check(definition: Definition, diagnosis: Diagnosis) -> None:
    """Note what is doubtful about a definition.

    Arguments:
        definition: the definition, with its place.
        diagnosis: takes the warnings.
    """
    match definition:
        case Builder(command=str(command)) if "%" in command:
            message = 'Blubber crashes on a "%" in a command that is no list.'
            diagnosis.warn("percent-sign", message, definition.at, "Here it stands for itself.")
        case Python(version=str(version), pip_version=None) if len(version) < _SHORTEST:
            message = f'Blubber crashes on "{version}", shorter than "python3", without a pip-version.'
            diagnosis.warn("short-interpreter", message, definition.at, "Here the newest pip is installed.")
        case _:
            pass


def check_mounts(mounts: Iterable[Node], diagnosis: Diagnosis) -> None:
    """Note what is doubtful about what a builder mounts.

    Arguments:
        mounts: the mounts, as they are written.
        diagnosis: takes the warnings.
    """
    for mount in mounts:
        origin = mount.get("from") if isinstance(mount, Mapping) else mount
        if isinstance(origin, Scalar) and origin.value == "local":
            message = "Blubber takes local, as what is mounted, for an image of that name."
            diagnosis.warn("mounted-context", message, origin.at, "Here it is the build context.")


def check_merges(document: Mapping, diagnosis: Diagnosis) -> None:
    """Warn of keys that Blubber, other than a reader of the file, lets a ``<<`` further down replace."""
    for mapping in mappings(document):
        for entry in mapping.contested:
            message = f'Blubber lets the "<<" further down replace "{entry.key}".'
            diagnosis.warn("contested-key", message, entry.at, 'Here it holds. Move "<<" to the top.')
