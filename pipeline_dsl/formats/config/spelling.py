"""Strings in our syntax, put into PipelineLib's."""

from __future__ import annotations

import dataclasses
import re

from pipeline_dsl.formats.config import shell
from pipeline_dsl.formats.config.text import Use

_TOKEN = re.compile(
    r"\$\$\{(?P<escaped>[A-Za-z0-9_-]+\})"
    r"|(?P<unsayable>\$\$\{)"
    r"|\$\{(?P<namespace>[A-Za-z0-9_-]*)\.(?P<key>[A-Za-z0-9._-]+)(?:\|[^}]*)?\}"
    r"|\$\{(?P<bare>[A-Za-z0-9_-]+)(?P<default>\|[^}]*)?\}"
    r"|(?P<malformed>\$\{)"
)
_IN_CODE = re.compile(
    r"\$\{(?P<namespace>[A-Za-z0-9_-]*)\.(?P<key>[A-Za-z0-9._-]+)(?:\|[^}]*)?\}"
    r"|\$\{(?P<bare>[A-Za-z0-9_-]+)(?P<default>\|[^}]*)?\}"
    r"|(?P<malformed>\$\{)"
)
_NOT_THERE = ("publishedDigest",)
"""Values of a stage that PipelineLib does not give."""


class UnsayableError(Exception):
    """A string says something that PipelineLib has no words for; the text names it."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a string stands.

    Arguments:
        stage: name of the stage.
        bound: the names of those of the stage's own values that are known there.
        loop: inside the value of an `Each` the names of its variables.
    """

    stage: str
    bound: frozenset[str]
    loop: frozenset[str] | None = None

    def spelled(self, text: str, use: Use = Use.VALUE) -> str:
        """Put a string into PipelineLib's syntax.

        Arguments:
            text: the string, in ours.
            use: what it is for.

        Raises:
            UnsayableError: that cannot be done.
        """
        written, end = "", 0
        for match in (_IN_CODE if use is Use.CODE else _TOKEN).finditer(text):
            literal = text[end : match.start()]
            written += shell.quoted(literal) if use is Use.VARIABLE else literal
            written += self._token(match, use)
            end = match.end()
        rest = text[end:]
        return written + (shell.quoted(rest) if use is Use.VARIABLE else rest)

    def _token(self, match: re.Match[str], use: Use) -> str:
        groups = match.groupdict()
        if escaped := groups.get("escaped"):
            self._check_bare(escaped.removesuffix("}"), f"${{{escaped}")
            return f"\\${{{escaped}" if use is Use.VARIABLE else f"${{{escaped}"
        if groups.get("unsayable") or groups["malformed"]:
            raise UnsayableError(f'PipelineLib aborts on a "${{" that starts no expression: "{match.string}"')
        if bare := groups["bare"]:
            if groups["default"] is not None:
                raise UnsayableError(f"PipelineLib puts the default in the place of {match[0]}")
            self._check_bare(bare, match[0])
            return match[0]
        return self._reference(groups["namespace"] or "", str(groups["key"]), match[0])

    def _check_bare(self, name: str, text: str) -> None:
        """Make sure that an expression without a dot stands for itself."""
        if name in (self.bound if self.loop is None else self.loop) or name == "stage":
            raise UnsayableError(f"PipelineLib puts the stage's own value in the place of {text}")

    def _reference(self, namespace: str, key: str, text: str) -> str:
        if key in _NOT_THERE:
            raise UnsayableError(f"PipelineLib has no value for {text}")
        if namespace or self.loop is None or key in self.loop:
            return text
        if key not in self.bound and key != "stage":
            raise UnsayableError(f"PipelineLib does not look at outer loops for {text}")
        return f"${{{self.stage}{text.removeprefix('${')}"
