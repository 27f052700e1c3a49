"""Docker's own configuration, ``config.json``: what of it is read without the SDK."""

# pathlib takes longer to load than the file takes to be read.
# ruff: noqa: PTH111, PTH118, PTH123
from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class ConfigurationError(Exception):
    """Docker's configuration cannot be read; the text says which file, and nothing of what is in it."""


def read_configuration(environ: Mapping[str, str]) -> Mapping[str, object]:
    """Read docker's configuration, from the file that the engine's SDK takes as well.

    Arguments:
        environ: the variables; DOCKER_CONFIG names another directory than ``~/.docker``.

    Returns:
        What is in it; nothing where there is none.

    Raises:
        ConfigurationError: it cannot be read, or is no JSON object.
    """
    for path in _paths(environ):
        try:
            with open(path, "rb") as file:
                told: object = json.loads(file.read())
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise ConfigurationError(f"{path} holds no JSON object")
        return told
    return {}


def _paths(environ: Mapping[str, str]) -> Iterator[str]:
    if environ.get("DOCKER_CONFIG"):
        yield os.path.join(environ["DOCKER_CONFIG"], "config.json")
    home = environ.get("HOME") or os.path.expanduser("~")
    yield os.path.join(home, ".docker", "config.json")
