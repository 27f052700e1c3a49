"""Sizes and ages, as people write them and as they read them."""

from __future__ import annotations

import argparse
import math
import re

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kKMGT])(i?))?B?")
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_POWERS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4}
_STEP, _BINARY_STEP = 1000, 1024
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def size(word: str) -> int:
    """Read a size, such as ``500MB``, ``20G`` or ``8GiB``, in bytes."""
    read = _SIZE.fullmatch(word.strip())
    if read is None:
        raise argparse.ArgumentTypeError(f"{word!r} is not a size such as 500MB, 20GB or 8GiB")
    number, prefix, binary = read.groups(default="")
    step = _BINARY_STEP if binary else _STEP
    return round(float(number) * math.pow(step, _POWERS[prefix]))


def age(word: str) -> float:
    """Read an age, such as ``90s``, ``15m``, ``12h``, ``30d`` or ``4w``, in seconds."""
    read = _AGE.fullmatch(word.strip())
    if read is None:
        raise argparse.ArgumentTypeError(f"{word!r} is not an age such as 90s, 15m, 12h, 30d or 4w")
    number, unit = read.groups()
    return float(number) * _SECONDS[unit]


def shown_size(count: float) -> str:
    """Write a number of bytes with three digits or so."""
    for prefix in ("", "k", "M", "G"):
        if round(count) < _STEP:
            return f"{count:.1f} {prefix}B" if prefix and count < _STEP / 10 else f"{count:.0f} {prefix}B"
        count /= _STEP
    return f"{count:.1f} TB"
