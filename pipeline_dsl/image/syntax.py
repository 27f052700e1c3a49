"""The syntax of Dockerfiles: how words, paths and commands are written in one."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class InexpressibleError(ValueError):
    """Something cannot be written in a Dockerfile.

    Arguments:
        message: what, as the end of a sentence.
        hint: what to do instead.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def quoted(value: str, *, literally: bool = False) -> str:
    """Write the value of ENV, ARG or LABEL.

    Arguments:
        value: the value.
        literally: whether a ``$`` in it is a ``$``; else it starts the name of a variable.

    Raises:
        InexpressibleError: it holds a line break.
    """
    if "\n" in value or "\r" in value:
        raise InexpressibleError(
            f"the value {value!r} holds a line break, which no variable of a Dockerfile can",
            "Put the text into a file.",
        )
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped.replace("$", chr(92) + "$") if literally else escaped}"'


def array(words: Sequence[str]) -> str:
    """Write words as a JSON array, which nothing is expanded in."""
    return json.dumps(list(words), ensure_ascii=False)


def paths(words: Sequence[str]) -> str:
    """Write the sources and the destination of COPY."""
    escaped = [word.replace("\\", "\\\\").replace("$", "\\$") for word in words]
    if all(re.fullmatch(r"[^\s\[\]\"'#<-][^\s\"']*", word) for word in words):
        return " ".join(escaped)
    return array(escaped)


def mount(**options: str | None) -> str:
    """Write a mount of RUN; an option that is None is a flag."""
    fields = [key if value is None else f"{key}={value}" for key, value in options.items()]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return f"--mount={line.getvalue()}"


def run(commands: Sequence[str], mounts: Iterable[str] = ()) -> str:
    """Write RUN, one command a line.

    Arguments:
        commands: texts for the shell, each executed only if those before it passed.
        mounts: what `mount` wrote.
    """
    flags = "".join(f"{one} \\\n    " for one in mounts)
    if all(map(_is_plain, commands)):
        return f"RUN {flags}" + " \\\n && ".join(commands)
    return f"RUN {flags}{array(['/bin/sh', '-c', ' && '.join(commands)])}"


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
    if rest:
        yield f"printf '%s' {_line(rest)} >> {path}"


def _line(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
