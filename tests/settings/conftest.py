"""A machine of a test's own: its system's file, its user's file, its environment."""

from __future__ import annotations

import dataclasses
import textwrap
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.settings import Settings, places, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline_dsl.settings import Effective


@dataclasses.dataclass(frozen=True)
class Machine:
    """Where its files are."""

    fixed: Path
    system: Path
    user: Path

    def says(self, system: str = "", user: str = "") -> None:
        for file, text in ((self.system, system), (self.user, user)):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text), "utf-8")

    def read(
        self, environ: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None
    ) -> Effective:
        return read(environ or {}, overrides)

    def settings(self, system: str = "", user: str = "") -> Settings:
        self.says(system, user)
        return self.read().settings


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(
        *(tmp_path / name / "pipeline-dsl" / "settings.toml" for name in ("fixed", "system", "user"))
    )
    monkeypatch.setattr(places, "_FIXED", made.fixed.parent)  # tests do not write to /etc
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "system"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    return made
