r"""Lists of patterns that take files away: ``.dockerignore``, and what a copy leaves out.

The rules are those of docker's own matcher, moby/patternmatcher, as docker and BuildKit use it when they walk
a tree (``MatchesUsingParentResults``):

- the last pattern that matches a path or a directory above it decides; ``!`` makes it decide for keeping;
- a negated pattern that matches a directory counts only where a pattern before it had ignored that directory:
  ``docs/draft`` followed by ``!docs`` still ignores the draft.

Docker's matcher lets some characters slip through to its regular expressions, where they mean what nobody
meant. Where they would, the pattern is refused (``_MISREAD``).
"""

from __future__ import annotations

import functools
import itertools
import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context import wildcard
from pipeline_dsl.context.wildcard import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    _Match: TypeAlias = Callable[[str], re.Match[str] | None]

_NOTHING = "(?!)"
_ANYTHING = "(?s:.*)"
# Both stand for "in any directory"; in the first, which is for patterns with other wildcards, docker takes
# no line feed.
_ANYWHERE = "(?:.*/)?"
_ANYWHERE_LITERAL = "(?s:.*/)?"

# Terms that docker reads as part of a regular expression when the pattern has a wildcard.
_MISREAD = (
    (re.compile(r"\\[^\W_]"), 'a backslash before a letter or digit; directories are separated by "/"'),
    (re.compile(r"\[.*([*?]|\[:|\\[^\W_]).*", re.DOTALL), "a wildcard or a letter's escape within [...]"),
    (re.compile(r"[|^]"), 'a "^" or "|" beside wildcards; write it as "\\^" or "\\|"'),
)
_REPETITION = re.compile(r"\{\d+(,\d*)?\}")


class Pattern(NamedTuple):
    """One pattern of a list.

    Arguments:
        text: the pattern, cleaned, without its ``!``.
        negated: whether it keeps what it matches.
        expression: regular expression of the paths that it matches in full.
        place: the file and the line, counted from 1, that it was read from; None for neither.
    """

    text: str
    negated: bool
    expression: str
    place: tuple[str, int] | None = None

    def __str__(self) -> str:
        return f"!{self.text}" if self.negated else self.text


class _Patterns(NamedTuple):
    patterns: tuple[Pattern, ...] = ()


class Ignore(_Patterns):
    """A list of patterns; it matches what is to be left out.

    >>> ignore = Ignore.of(["**/*.log", "node_modules", "!keep.log"])
    >>> [ignore.matches(path) for path in ("src/a.log", "keep.log", "node_modules/a/index.js")]
    [True, False, True]

    Arguments:
        patterns: the patterns in the order of the list.
    """

    @classmethod
    def parse(cls, text: str, file: str = ".dockerignore") -> Ignore:
        """Read the text of a ``.dockerignore``.

        Arguments:
            text: content of the file.
            file: its name for messages, relative to the project's root.

        Raises:
            DefinitionError: some patterns are malformed; there is a problem for each, with its line.
        """
        lines = enumerate(text.removeprefix("\ufeff").split("\n"), start=1)
        return cls(
            _read((_rooted(line.strip()), (file, number)) for number, line in lines if line[:1] != "#")
        )

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Ignore:
        """Take a list of patterns as BuildKit takes those of ``COPY --exclude``: no comments, ``/`` stays.

        Raises:
            DefinitionError: some patterns are malformed; there is a problem for each.
        """
        return cls(_read((pattern, None) for pattern in patterns))

    def matches(self, path: str) -> bool:
        """Say whether a path is left out.

        Arguments:
            path: relative path with slashes, clean: no ``.``, no ``..``, no slash at either end.
        """
        if not self._ignored(path):
            return False
        return not self._kept(path) or self._decided(path)

    def prunes(self, path: str) -> bool:
        """Say whether a directory is left out with everything below it, so that it need not be entered.

        Arguments:
            path: path of the directory, as for ``matches``.
        """
        return self.matches(path) and not self._returning.fullmatch(path)

    def reason(self, path: str) -> Pattern | None:
        """Find the pattern by which a path is left out; None when it is not."""
        if not self.matches(path):
            return None
        culprits = (
            pattern
            for pattern in reversed(self.patterns)
            if not pattern.negated and re.match(_with_descendants([pattern]), path)
        )
        return next(culprits, None)

    @functools.cached_property
    def _ignored(self) -> _Match:
        return re.compile(
            _with_descendants(pattern for pattern in self.patterns if not pattern.negated)
        ).match

    @functools.cached_property
    def _kept(self) -> _Match:
        return re.compile(_with_descendants(self._negated)).match

    @functools.cached_property
    def _returning(self) -> re.Pattern[str]:
        """Matches the directories below which a negated pattern may match."""
        return re.compile("|".join(_above(pattern.text.split("/")) for pattern in self._negated) or _NOTHING)

    @functools.cached_property
    def _runs(self) -> list[tuple[bool, re.Pattern[str]]]:
        """The patterns, those of the same sign that follow each other as one."""
        runs = itertools.groupby(self.patterns, lambda pattern: pattern.negated)
        return [(negated, re.compile(_any_of(patterns))) for negated, patterns in runs]

    @property
    def _negated(self) -> Iterator[Pattern]:
        return (pattern for pattern in self.patterns if pattern.negated)

    def _decided(self, path: str) -> bool:
        """Match a path that patterns of both signs match, by going down to it as docker does."""
        active = [False] * len(self._runs)
        ignored = False
        for ancestor in _down_to(path):
            ignored = False
            for index, (negated, run) in enumerate(self._runs):
                active[index] = active[index] or (negated == ignored and run.fullmatch(ancestor) is not None)
                if active[index]:
                    ignored = not negated
        return ignored


def _rooted(line: str) -> str:
    """Clean a line of a ``.dockerignore``: its patterns start at the root, with or without a slash."""
    if line.startswith("!"):
        return f"!{_rooted(line[1:].strip())}"
    cleaned = _clean(line) if line else line
    return cleaned[1:] if len(cleaned) > 1 and cleaned.startswith("/") else cleaned


def _clean(path: str) -> str:
    """Clean a path as Go does, which, unlike Python, keeps no double slash at its start."""
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _read(lines: Iterable[tuple[str, tuple[str, int] | None]]) -> tuple[Pattern, ...]:
    patterns: list[Pattern] = []
    malformed: list[tuple[str, tuple[str, int] | None]] = []
    for line, place in lines:
        if not line.strip():
            continue
        cleaned = _clean(line.strip())
        try:
            patterns.append(_pattern(cleaned, place))
        except MalformedError as reason:
            malformed.append((f'The pattern "{cleaned}" {reason}.', place))
    if malformed:
        from pipeline_dsl.errors import DefinitionError, Position, Problem  # noqa: PLC0415 -- rarely needed

        hint = "Correct it or take it away."
        raise DefinitionError(
            Problem("malformed-pattern", message, place and Position(*place), hint)
            for message, place in malformed
        )
    return tuple(patterns)


def _pattern(cleaned: str, place: tuple[str, int] | None) -> Pattern:
    negated = cleaned.startswith("!")
    text = cleaned[1:] if negated else cleaned
    if not text:
        raise MalformedError("negates nothing")
    return Pattern(text, negated, _expression(text), place)


def _expression(text: str) -> str:
    """Translate a pattern. Docker compares one that is literal but for an outer ``**`` as a string."""
    terms = wildcard.terms(text)
    if all(map(_is_literal, terms)):
        return re.escape(text)
    if terms[0].startswith("**") and all(map(_is_literal, terms[1:])):
        return (_ANYWHERE_LITERAL if terms[0] == "**/" else _ANYTHING) + re.escape("".join(terms[1:]))
    if terms[-1] == "**" and all(map(_is_literal, terms[:-1])):
        return re.escape(text[:-2]) + _ANYTHING
    _refuse_misread(text, terms)
    return "".join(map(_inner_expression, terms[:-1])) + (
        ".*" if terms[-1] == "**" else _inner_expression(terms[-1])
    )


def _is_literal(term: str) -> bool:
    return len(term) == 1 and term not in "*?]"


def _refuse_misread(text: str, terms: Iterable[str]) -> None:
    for term, (misread, name) in itertools.product(terms, _MISREAD):
        if misread.fullmatch(term):
            raise MalformedError(f"has {name}")
    if _REPETITION.search(text):
        raise MalformedError("has a number within braces beside wildcards")


def _inner_expression(term: str) -> str:
    return _ANYWHERE if term.startswith("**") else wildcard.expression(term)


def _any_of(patterns: Iterable[Pattern]) -> str:
    """Join patterns; those that match in any directory go through the directories together, to save time."""
    groups: dict[str, list[str]] = {}
    for pattern in patterns:
        heads = (head for head in (_ANYWHERE, _ANYWHERE_LITERAL) if pattern.expression.startswith(head))
        head = next(heads, "")
        groups.setdefault(head, []).append(pattern.expression.removeprefix(head))
    return "|".join(f"{head}(?:{'|'.join(tails)})" for head, tails in groups.items()) or _NOTHING


def _with_descendants(patterns: Iterable[Pattern]) -> str:
    return rf"(?:{_any_of(patterns)})(?:/|\Z)"


def _above(components: list[str]) -> str:
    """Match the directories above what a pattern matches; too many where that is not easily told."""
    first, *rest = components
    if "**" in first or "[" in first or "\\" in first:
        return _ANYTHING
    if not rest:
        return _NOTHING
    return f"{_expression(first)}(?:/{_above(rest)})?"


def _down_to(path: str) -> Iterator[str]:
    """Go from the topmost directory of a path to the path itself."""
    return itertools.accumulate(path.split("/"), lambda above, name: f"{above}/{name}")
