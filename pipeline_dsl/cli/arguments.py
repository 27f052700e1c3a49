"""Kinds of words that a command line takes."""

from __future__ import annotations

import argparse
import re

import pydantic

from pipeline_dsl.model.types import ImageReference

_REFERENCE = pydantic.TypeAdapter(ImageReference)


def positive(word: str) -> int:
    """Read a number that is at least 1."""
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a number from 1 on")
    return int(word)


def image_name(word: str) -> str:
    """Read a name that an image can be given."""
    try:
        _REFERENCE.validate_python(word)
    except pydantic.ValidationError:
        valid = False
    else:
        valid = "@" not in word
    if not valid:
        raise argparse.ArgumentTypeError(f"{word!r} is not NAME[:TAG], the name in lower case")
    return word


def image_platform(word: str) -> str:
    """Read the name of a platform."""
    if not re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9]+)?", word):
        raise argparse.ArgumentTypeError(f"{word!r} is not OS/ARCH[/VARIANT], such as linux/arm64")
    return word
