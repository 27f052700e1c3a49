"""What the store loads: a run that finds nothing to do waits for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = {"asyncio", "dataclasses", "docker", "inspect", "logging", "pathlib", "platformdirs", "pydantic"}
SLOW |= {"requests", "rich", "shutil", "subprocess", "tempfile", "threading"}


@pytest.mark.parametrize("module", ["key", "record", "store", "prune", "verify"])
def test_nothing_slow_is_loaded(module: str) -> None:
    program = f"import sys, pipeline_dsl.cache.{module}; print(*sys.modules)"
    # Without site-packages' own hooks, which may load anything.
    told = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True)
    assert SLOW.isdisjoint(told.stdout.split())
