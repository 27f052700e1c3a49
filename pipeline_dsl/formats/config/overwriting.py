"""Whether a publish step is to move tags, as PipelineLib always does without being asked.

An import says so where a tag is one that a later run would want again: a fixed text such as ``latest``, or
one that holds no value which is another one for each commit or run. Such values are the run's time, the
commit, the git tag, and what another stage has given.
"""

from __future__ import annotations

from pipeline_dsl.model.context import NAMESPACE
from pipeline_dsl.resolve.expressions import expressions

_PASSING = ("timestamp", "commit", "tag", "GIT_COMMIT")


def moves_tags(tag: object, tags: object) -> bool:
    """Tell whether one of an image's tags is one that it takes away from another image.

    Arguments:
        tag: the first tag; None for the usual one.
        tags: the others, or what gives them; None for the usual ones.
    """
    if tag is not None and _is_lasting(str(tag)):
        return True
    if isinstance(tags, list | tuple):
        return any(_is_lasting(str(one)) for one in tags if one)
    return tags is not None


def _is_lasting(tag: str) -> bool:
    found = tuple(expressions(tag))
    return not any(one.namespace != NAMESPACE or one.key in _PASSING for one in found)
