r"""What is to be copied out of a container: a path, or a pattern of paths.

The wildcards are those of COPY (``plan/wildcard.py``), with two more of a shell's: ``**`` stands for any
number of directories, none included, and ``[!…]`` is another way to write ``[^…]``. Unlike a shell's, they
match names that begin with a dot.
"""

from __future__ import annotations

import dataclasses
import itertools
import posixpath
import re

from pipeline_dsl.context import wildcard
from pipeline_dsl.context.wildcard import MalformedError
from pipeline_dsl.errors import Problem, StepError

_NEGATION_LENGTH = len("[!]")


@dataclasses.dataclass(frozen=True)
class Source:
    """What is to be copied.

    Arguments:
        path: absolute path of a file or directory, or of the directory where the wildcards begin.
        pattern: matches what is taken of it, by the path below ``path``; None when all of it is.
        directory: whether only directories are meant, as a slash at the end says.
    """

    path: str
    pattern: re.Pattern[str] | None
    directory: bool

    def takes(self, inner: str, *, directory: bool) -> bool:
        """Say whether something below ``path`` is to be copied: it, or a directory above it, is meant."""
        if self.pattern is None:
            return True
        match = self.pattern.fullmatch(inner)
        return match is not None and (directory or not self.directory or match["below"] is not None)


def parse_source(text: str) -> Source:
    """Read a source as its author wrote it.

    Raises:
        StepError: a wildcard in it cannot be read.
    """
    names = [name for name in relative(text).split("/") if name]
    literal = list(itertools.takewhile(lambda name: not wildcard.has_wildcard(name), names))
    try:
        pattern = _compiled(names[len(literal) :])
    except MalformedError as reason:
        problem = Problem("malformed-pattern", f"the source {text!r} {reason}.", hint="Correct it.")
        raise StepError([problem]) from reason
    return Source("/" + "/".join(literal), pattern, text.endswith(("/", "/.")) or text == ".")


def relative(path: str) -> str:
    """Make a path relative to a root that it cannot leave: without a slash at either end, clean."""
    return posixpath.normpath("/" + path.lstrip("/"))[1:]


def _compiled(names: list[str]) -> re.Pattern[str] | None:
    if not names:
        return None
    kept = [name for name, following in itertools.pairwise([*names, ""]) if not name == following == "**"]
    *above, last = (_ANY_NAME if name == "**" else _name(name) for name in kept)
    expression = "".join(f"(?:{name}/)*" if name is _ANY_NAME else f"{name}/" for name in above)
    return re.compile(rf"{expression}{last}(?P<below>/.*)?", re.DOTALL)


_ANY_NAME = "[^/]+"


def _name(pattern: str) -> str:
    return "".join(wildcard.expression(_with_caret(term)) for term in wildcard.terms(pattern))


def _with_caret(term: str) -> str:
    if term.startswith("[!") and len(term) > _NEGATION_LENGTH:
        return f"[^{term[2:]}"
    return term
