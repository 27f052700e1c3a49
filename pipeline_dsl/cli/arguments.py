"""Kinds of words that a command line takes."""

from __future__ import annotations

import argparse


def positive(word: str) -> int:
    """Read a number that is at least 1."""
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a number from 1 on")
    return int(word)
