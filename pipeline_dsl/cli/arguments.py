"""Kinds of words that a command line takes."""

from __future__ import annotations

import argparse

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
