"""Writing YAML that YAML 1.1 readers, go-yaml and SnakeYAML among them, read as it is meant."""

from __future__ import annotations

import re
from typing import TypeAlias

import yaml

Data: TypeAlias = "str | int | float | bool | list[Data] | dict[str, Data] | None"

_MISREAD = re.compile(r"[yYnN]|[-+]?(?:\.[0-9_]+|[0-9][0-9_:.]*)(?:[eE][-+]?[0-9]+)?|0o?[0-7_]+")
"""Plain words that one of the readers takes for something else than a string."""


class _Dumper(yaml.SafeDumper):
    """Writes lists of words on one line, long texts as blocks, and doubtful words in quotes."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 -- whatever it is
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 -- PyYAML's
        """Indent a list more than the key that it belongs to."""
        super().increase_indent(flow, False)  # noqa: FBT003 -- PyYAML's own signature


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, _style(text))


def _style(text: str) -> str | None:
    """Choose how a string is written; None leaves it to PyYAML."""
    lines = text.replace("\t", "").split("\n")
    if _MISREAD.fullmatch(text) or not all(map(str.isprintable, lines)):
        return '"'
    return "|" if len(lines) > 1 else None


def _represent_list(dumper: yaml.SafeDumper, items: list[Data]) -> yaml.SequenceNode:
    nested = any(isinstance(item, list | dict) or (isinstance(item, str) and "\n" in item) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=not nested)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)


def dump(document: dict[str, Data]) -> str:
    """Write a mapping as a YAML document, keys in their own order.

    Arguments:
        document: what to write.
    """
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=100, allow_unicode=True
    )
