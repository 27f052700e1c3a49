"""Acceptance scenarios 06: programs with packages of pip, of poetry, and of Debian."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Build
    from tests.acceptance.image import Image

pytestmark = pytest.mark.engine

VERSIONS = """\
import sys
from importlib.metadata import PackageNotFoundError, version

for package in sys.argv[1:]:
    try:
        print(package, version(package))
    except PackageNotFoundError:
        print(package, "is not there")
"""


def wheel(name: str, version: str) -> bytes:
    """Make a package: poetry can install one from a file whatever its index gives."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: own\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return packed.getvalue()


GREETING, CHECKS = "wheels/greeting-1.5.0-py3-none-any.whl", "wheels/checks-3.0.0-py3-none-any.whl"
FILES: dict[str, str | bytes] = {
    "versions.py": VERSIONS,
    "requirements.txt": "colorama==0.4.6\n",
    "pyproject.toml": f"""\
[tool.poetry]
name = "greeter"
version = "1.0.0"
description = "Greets."
authors = ["Nobody <nobody@example.test>"]

[tool.poetry.dependencies]
python = "^3.9"
greeting = {{ path = "{GREETING}" }}

[tool.poetry.group.dev.dependencies]
checks = {{ path = "{CHECKS}" }}
""",
    GREETING: wheel("greeting", "1.5.0"),
    CHECKS: wheel("checks", "3.0.0"),
}
BLUBBER = """
    version: v4
    base: pipeline-dsl-test/python
    python: {version: python3}
    entrypoint: [python3, versions.py]
    variants:
      pip:
        python: {requirements: [requirements.txt]}
        copies: [local]
      system:
        apt: {packages: [python3-toml]}
        python: {requirements: [requirements.txt], use-system-site-packages: true}
        copies: [local]
      pinned:
        python:
          requirements: [requirements.txt]
          pip-version: 24.3.1
          setuptools-version: ==75.6.0
          tox-version: ~=4.23.0
          wheel-version: 0.45.0
        copies: [local]
      poetry-1:
        python: {requirements: [pyproject.toml, wheels/], poetry: {version: ==1.5.1}}
        copies: [local]
      poetry-2-only:
        python: {requirements: [pyproject.toml, wheels/], poetry: {version: ==2.0.1, only: main}}
        copies: [local]
      poetry-2-without:
        python: {requirements: [pyproject.toml, wheels/], poetry: {version: ==2.0.1, without: dev}}
        copies: [local]
"""


def versions(image: Image, *packages: str) -> dict[str, str]:
    """Ask the image's program for the versions of packages."""
    return dict(line.split(" ", 1) for line in image.run(*packages))


def test_a_program_runs_with_what_pip_installs(build: Build) -> None:
    """Scenario 06.1."""
    assert versions(build(BLUBBER, FILES, "pip"), "colorama", "toml") == {
        "colorama": "0.4.6",
        "toml": "is not there",
    }


def test_a_program_runs_with_packages_of_the_system_too(build: Build) -> None:
    """Scenario 06.2."""
    assert versions(build(BLUBBER, FILES, "system"), "colorama", "toml") == {
        "colorama": "0.4.6",
        "toml": "0.10.2",
    }


def test_the_tools_of_python_have_the_versions_that_are_asked_for(build: Build) -> None:
    """Scenario 06.3."""
    found = versions(build(BLUBBER, FILES, "pinned"), "colorama", "pip", "setuptools", "tox", "wheel")
    assert found == {
        "colorama": "0.4.6",
        "pip": "24.3.1",
        "setuptools": "75.6.0",
        "tox": "4.23.2",
        "wheel": "0.45.0",
    }


@pytest.mark.parametrize(
    ("variant", "poetry"),
    [
        pytest.param("poetry-1", "1.5.1", id="06.4"),
        pytest.param("poetry-2-only", "2.0.1", id="06.5"),
        pytest.param("poetry-2-without", "2.0.1", id="06.6"),
    ],
)
def test_a_program_runs_with_what_poetry_installs_and_not_with_what_is_for_development(
    build: Build, variant: str, poetry: str
) -> None:
    """Scenarios 06.4 (poetry 1), 06.5 (poetry 2, one group only) and 06.6 (without a group)."""
    assert versions(build(BLUBBER, FILES, variant), "greeting", "checks", "poetry") == {
        "greeting": "1.5.0",
        "checks": "is not there",
        "poetry": poetry,
    }
