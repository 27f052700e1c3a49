"""Telling configs from Blubber files."""

from __future__ import annotations

from pathlib import PurePath

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats import yaml
from pipeline_dsl.formats.yaml import Mapping

_OF_BLUBBER = ("version", "variants", "base")


def is_config(text: str, name: str) -> bool:
    """Tell whether a text is a config: by its keys, or by its name where they do not say.

    Arguments:
        text: what the file holds.
        name: what it is called.
    """
    is_called_so = "config" in PurePath(name).name
    try:
        document = yaml.parse(text, name)
    except DefinitionError:
        return is_called_so
    if not isinstance(document, Mapping):
        return is_called_so
    keys = {entry.key for entry in document}
    if "pipelines" in keys or not keys.intersection(_OF_BLUBBER):
        return "pipelines" in keys or is_called_so
    return False
