"""What tells a command from all that mean something else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import MakeProject

_HERE = Path(__file__).parents[2]
_TELL = """
import os
from pipeline_dsl.fastpath.surroundings import Surroundings
print(Surroundings(["run"], os.environ).shared_fingerprint())
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package as its users do, in a directory of its own."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
    subprocess.run([*command, str(_HERE)], check=True)
    return target


def told(package: Path, directory: str) -> str:
    command = [sys.executable, "-c", _TELL]
    environ = {**os.environ, "PYTHONPATH": str(package)}
    ended = subprocess.run(command, cwd=directory, env=environ, capture_output=True, text=True, check=True)
    return ended.stdout


def test_an_installed_package_is_told_by_what_its_installer_has_recorded(
    make_project: MakeProject, installed: Path
) -> None:
    directory = str(make_project('Variant("one", base=BASE)'))
    (record,) = installed.glob("pipeline_dsl-*.dist-info/RECORD")
    before, text, times = told(installed, directory), record.read_text(), record.stat()
    record.write_text(text.replace("pipeline_dsl/errors.py,sha256=", "pipeline_dsl/errors.py,sha256=another"))
    os.utime(record, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert told(installed, directory) != before
    record.write_text(text)
    assert told(installed, directory) == before


def test_an_installed_package_that_was_edited_since_is_another(
    make_project: MakeProject, installed: Path
) -> None:
    directory = str(make_project('Variant("one", base=BASE)'))
    before = told(installed, directory)
    file = installed / "pipeline_dsl" / "errors.py"
    file.write_text(f"{file.read_text()}# one more line\n")
    edited = told(installed, directory)
    assert edited != before
    file.write_text(f"{file.read_text()}# and another\n")
    assert told(installed, directory) not in (before, edited)
