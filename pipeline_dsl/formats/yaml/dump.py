"""Writing YAML that YAML 1.1 readers, go-yaml and SnakeYAML among them, read as it is meant."""

from __future__ import annotations

import re
from typing import TypeAlias

import yaml

Data: TypeAlias = "str | int | bool | list[Data] | dict[str, Data] | None"

_MISREAD = re.compile(r"[yYnN]|[-+]?(?:\.[0-9_]+|[0-9][0-9_:.]*)(?:[eE][-+]?[0-9]+)?|0o?[0-7_]+|=|<<")
"""Plain words that one of the readers takes for something else than a string."""


class _Dumper(yaml.SafeDumper):
    """Writes lists of scalars on one line, long texts as blocks, and doubtful words in quotes."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 -- whatever it is
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else '"' if _MISREAD.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _represent_text)


def dump(document: dict[str, Data]) -> str:
    """Write a mapping as a YAML document, keys in their own order.

    Arguments:
        document: what to write.
    """
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=100, allow_unicode=True
    )
