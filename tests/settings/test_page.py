"""The page of settings tells all of them, with their defaults, and its examples can be used."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.settings import Settings
from pipeline_dsl.settings.names import NAMES, keys_at
from pipeline_dsl.settings.showing import plain

if TYPE_CHECKING:
    from tests.settings.conftest import Machine

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def told(path: tuple[str, ...]) -> str:
    """Give the section that is about a setting."""
    titles = {word: text for title, text in SECTIONS.items() for word in title.split(", ")}
    return titles[path[0]] if path != ("locked",) else titles["What the system locks"]


@pytest.mark.parametrize("path", NAMES, ids=".".join)
def test_each_setting_is_told_in_its_section(path: tuple[str, ...]) -> None:
    assert re.search(rf"`{path[-1]}(?:\.[A-Z]+)?`", told(path)) or len(path) == 1


@pytest.mark.parametrize("table", ["credentials", "triggers"])
def test_each_key_of_an_entry_is_told(table: str) -> None:
    assert [key for key in keys_at((table, "any")) if f"`{key}`" not in told((table,))] == []


def test_the_defaults_that_are_told_are_those() -> None:
    for path in NAMES:
        row = re.search(rf"^\| `{path[-1]}` \| `([^`]*)` \|", told(path), re.MULTILINE)
        if row and path != ("registry", "public"):
            value: object = Settings()
            for key in path:
                value = getattr(value, key)
            assert json.loads(row[1]) == plain(value), path


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_can_be_a_file(machine: Machine, example: str) -> None:
    machine.settings(system=example)
