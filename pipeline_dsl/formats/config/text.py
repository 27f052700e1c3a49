"""Strings of a config, put into our syntax; what is known already of their expressions is filled in."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pipeline_dsl.formats.config import shell
from pipeline_dsl.formats.config.scope import Awaited, Itself, Known, Unknown
from pipeline_dsl.formats.config.syntax import Malformed, Reference, tokens
from pipeline_dsl.resolve.expressions import MalformedExpressionError, expressions, expressions_in_code

if TYPE_CHECKING:
    from pipeline_dsl.errors import Position
    from pipeline_dsl.formats.config.scope import Scope
    from pipeline_dsl.formats.diagnosis import Diagnosis


class Use(enum.Enum):
    """What a string is for."""

    VALUE = enum.auto()
    """Anything; ``$${`` stands for ``${`` in ours."""
    CODE = enum.auto()
    """A part of a variant, where ``$${`` stands for itself."""
    VARIABLE = enum.auto()
    """The value of an environment variable, which a shell looked through."""


def translated(text: str, at: Position, scope: Scope, use: Use, diagnosis: Diagnosis) -> str:
    """Put a string into our syntax.

    Arguments:
        text: the string.
        at: where it stands.
        scope: what can be seen from there.
        use: what it is for.
        diagnosis: takes what is wrong with it.
    """
    if "$" not in text and (use is not Use.VARIABLE or not set('"`\\') & set(text)):
        return text
    writer = _Writer(at, use, diagnosis)
    for token in tokens(text):
        match token:
            case str():
                writer.literal(token)
            case Malformed():
                writer.malformed(token)
            case Reference():
                writer.finding(token, scope)
    return writer.text()


class _Writer:
    def __init__(self, at: Position, use: Use, diagnosis: Diagnosis) -> None:
        self._at = at
        self._use = use
        self._diagnosis = diagnosis
        self._text = ""
        self._awaited: list[str] = []
        self._has_failed = False
        self._literal = ""
        """What has been met since the last expression and a shell may still change."""

    def text(self) -> str:
        """Give all that was written; complain where it has come to hold an expression that was none."""
        self._flush()
        if not self._has_failed and _expressions(self._text, self._use) != self._awaited:
            message = "this cannot be said in a pipeline file: there it would hold another expression."
            self._diagnosis.error("not-importable", message, self._at)
        return self._text

    def literal(self, text: str) -> None:
        self._literal += text

    def malformed(self, token: Malformed) -> None:
        message = f'"{token.text}" is not an expression: {token.why}.'
        hint = "PipelineLib has no way to say that it is meant for a shell."
        self._fail("malformed-expression", message, hint)

    def finding(self, reference: Reference, scope: Scope) -> None:
        match scope.find(reference):
            case Unknown(code, message, hint):
                self._fail(code, message, hint)
            case Known(text):
                self._flush()
                self._text += text if self._use is Use.CODE else text.replace("${", "$${")
            case Awaited(text):
                self._flush()
                self._check_dollar(reference)
                self._text += text
                self._awaited.append(text)
            case Itself(text):
                is_escaped = self._use is Use.VARIABLE and shell.ends_in_escape(self._literal)
                if is_escaped:
                    self._literal = self._literal[:-1]
                self._flush()
                if self._use is not Use.CODE and (is_escaped or self._text.endswith("$")):
                    self._text += "$"
                self._text += text

    def _flush(self) -> None:
        literal, self._literal = self._literal, ""
        if self._use is Use.VARIABLE:
            if did := shell.doubts(literal):
                message = f'the shell that PipelineLib gave "{literal}" to {did}.'
                self._diagnosis.warn("shell-in-environment", message, self._at, "Here it stays as it is.")
            literal = shell.unquoted(literal)
        self._text += literal

    def _check_dollar(self, reference: Reference) -> None:
        if self._use is not Use.CODE and self._text.endswith("$"):
            message = f'a "$" before {reference.text} cannot be said in a pipeline file.'
            self._fail("not-importable", message, "There it would escape the expression.")

    def _fail(self, code: str, message: str, hint: str) -> None:
        self._has_failed = True
        self._diagnosis.error(code, message, self._at, hint)


def _expressions(text: str, use: Use) -> list[str]:
    try:
        return [str(one) for one in (expressions_in_code if use is Use.CODE else expressions)(text)]
    except MalformedExpressionError:
        return [text]
