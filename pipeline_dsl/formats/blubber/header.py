"""The lines at the head of a Blubber file that are meant for BuildKit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_dsl.formats import yaml

if TYPE_CHECKING:
    from pipeline_dsl.formats.yaml import Comment

_FRONT_END = re.compile(r"#\s*syntax\s*=", re.IGNORECASE)


def remarks(text: str) -> tuple[Comment, ...]:
    """Find the comments of a Blubber file that people have written for people.

    Not those of its header, the comments that it begins with, that name a front end for BuildKit: whichever
    that is, this package takes its place.

    Arguments:
        text: the text, which has to be well-formed.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    header = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    found = yaml.comments(text)
    return tuple(one for one in found if one.line > header or not _FRONT_END.match(one.text))
