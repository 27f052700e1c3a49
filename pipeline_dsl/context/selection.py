"""Which files of a build context one instruction takes."""

from __future__ import annotations

from typing import NamedTuple


class Selection(NamedTuple):
    """The files that one instruction of a Dockerfile takes from the build context.

    Arguments:
        sources: paths relative to the context's root, with the wildcards of COPY; ``.`` is everything.
        exclude: patterns, as in ``.dockerignore`` and relative to the directory copied, of files left out.
        prefix: directory of the context in which the instruction finds them; their own places if empty.
    """

    sources: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    prefix: str = ""
