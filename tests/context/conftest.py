"""A directory to build from, and a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cache.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "root"
    for name in ("README.md", "src/app.js", "src/lib/x.js", "docs/guide.md", "node_modules/a/index.js"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(name)
    (directory / "link").symlink_to("src/lib")
    (directory / ".dockerignore").write_text("node_modules\n**/*.log\n")
    (directory / "empty").mkdir()
    return directory


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")
