"""A few thousand of the inputs of `fuzz.py`, in a process of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.formats import fuzz


def test_nothing_but_our_errors_comes_of_mutated_and_hostile_files() -> None:
    """No input takes seconds, and the process stays small."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.formats.fuzz", "3000"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.match(r"3000 inputs in \d+ s, \d+ of them understood", ended.stdout), ended.stderr


def test_an_unforeseen_exception_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The input is in its text."""

    def fail(_: str) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(fuzz, "digest", fail)
    with pytest.raises(AssertionError, match=r"ZeroDivisionError\(\) with 'version: v4"):
        fuzz.main(1)
