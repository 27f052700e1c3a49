"""The syntax of Dockerfiles: how words, paths and commands are written in one."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\\"'$"})
_VARIABLE = re.compile(r"\$(?:[a-zA-Z_]\w*|\{[a-zA-Z_]\w*(?::[-+][^{}\"'\\$]*)?\}|(?P<faulty>\{[^}]*\}?))")

_LONGEST_LINE = 65_535
_LONGEST_COMMAND = 131_071
"""Bytes: what the front end takes for a line, and the kernel for an argument."""


class InexpressibleError(ValueError):
    """Something cannot be written in a Dockerfile.

    Arguments:
        message: what, as the end of a sentence.
        hint: what to do instead.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def quoted(value: str) -> str:
    """Write a value of ARG or LABEL, or a path of WORKDIR, every character of which is meant as it is.

    Raises:
        InexpressibleError: it holds a line break.
    """
    return _in_quotes(value, value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$"))


def expanding(value: str) -> str:
    """Write a value of ENV. ``$NAME``, ``${NAME}``, ``${NAME:-default}`` and ``${NAME:+other}`` stand for a
    variable; any other ``$`` is a ``$``.

    Raises:
        InexpressibleError: it holds a line break, or another ``${``.
    """  # noqa: D205 -- one sentence of its own would say less
    start, written = 0, []
    for variable in _VARIABLE.finditer(value):
        if variable["faulty"]:
            raise InexpressibleError(
                f"the value {value!r} holds {variable[0]!r}, which names no variable",
                "Write ${NAME}, ${NAME:-default} or ${NAME:+other}.",
            )
        written += [quoted(value[start : variable.start()])[1:-1], variable[0]]
        start = variable.end()
    return _in_quotes(value, "".join([*written, quoted(value[start:])[1:-1]]))


def directory(path: str) -> str:
    """Write the path of WORKDIR."""
    return path if re.fullmatch(r"[\w/.@%+,:=~-]+", path) else quoted(path)


def array(words: Sequence[str]) -> str:
    """Write words as a JSON array, which nothing is expanded in."""
    return json.dumps(list(words), ensure_ascii=False)


def paths(words: Sequence[str]) -> str:
    """Write the sources and the destination of COPY."""
    escaped = [word.translate(_SPECIAL) for word in words]
    if all(re.fullmatch(r"[^\s\[\]\"'#<-][^\s\"']*", word) for word in words):
        return " ".join(escaped)
    return array(escaped)


def mount(**options: str | None) -> str:
    """Write a mount of RUN; an option that is None is a flag.

    Raises:
        InexpressibleError: there would be no file system but the mounted one, or an option holds a character
            that engines disagree about.
    """
    for value in options.values():
        if value is not None and re.search(r"[\\\"'\n\r]", value):
            raise InexpressibleError(
                f"the mount of {value!r} has a quote, a backslash or a line break in its path",
                "Mount a directory with a plainer name.",
            )
    if re.fullmatch(r"/[/.]*", options["target"] or ""):
        raise InexpressibleError("nothing can be mounted at /", "Name a directory below it.")
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(
        key if value is None else f"{key}={value}" for key, value in options.items()
    )
    return "--mount=" + re.sub(r"([\s\"])", r"\\\1", line.getvalue())


def run(commands: Sequence[str], mounts: Iterable[str] = ()) -> str:
    """Write RUN, one command a line.

    Arguments:
        commands: texts for the shell, each executed only if those before it passed.
        mounts: what `mount` wrote.

    Raises:
        InexpressibleError: there is too much text for a front end, or for the shell.
    """
    flags = "".join(f"{one} \\\n    " for one in mounts)
    text = " \\\n && ".join(commands)
    if not all(map(_is_plain, commands)):
        text = array(["/bin/sh", "-c", " && ".join(commands)])
    longest = max(len(line.encode()) for line in text.split("\n"))
    if longest > _LONGEST_LINE or len(text.encode()) > _LONGEST_COMMAND:
        raise InexpressibleError(
            f"a command or script of {len(text.encode()):,} bytes is too long",
            "Keep it in a file of the project, and run that.",
        )
    return f"RUN {flags}{text}"


def _in_quotes(value: str, written: str) -> str:
    if re.search(r"[\n\r\0]", value):
        raise InexpressibleError(f"the value {value!r} holds a line break", "Put the text into a file.")
    return f'"{written}"'


def _is_plain(command: str) -> bool:
    """Tell whether a text reaches the shell unharmed, whatever the version of the front end.

    Lines are joined, a leading bracket starts an array, dashes start a flag, and ``<<`` starts a here
    document in newer versions. The texts that `write` makes are many lines long and safe.
    """
    if command.startswith("printf '%s\\n' \\\n"):
        return True
    return not re.search(r"[\n\r]|<<|\\\s*$|^\s*(?:\[|--|#)|^\s*$", command)


def write(text: str, path: str) -> Iterator[str]:
    """Give the shell commands that write a text to a file.

    Arguments:
        text: what the file is to hold.
        path: the file, in a directory that exists.
    """
    *lines, rest = text.split("\n")
    if lines:
        yield "printf '%s\\n' \\\n" + "".join(f"    {_line(line)} \\\n" for line in lines) + f"    > {path}"
    if rest or not lines:
        yield f"printf '%s' {_line(rest)} {'>>' if lines else '>'} {path}"


def _line(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
