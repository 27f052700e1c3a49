"""Acceptance scenarios 03 and 08: packages of Debian's and of other repositories; build arguments."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Build
    from tests.acceptance.repository import Repository

pytestmark = pytest.mark.engine

COMPILER = """
    version: v4
    base: pipeline-dsl-test/debian
    apt: {packages: [gcc, libc6-dev]}
    variants:
      compiler: {entrypoint: [gcc, --version]}
"""
RELEASE = """
    version: v4
    base: pipeline-dsl-test/trusting
    apt:
      sources:
        - url: {url}
          distribution: calm
          components: [main]
      packages:
        calm: [greeting]
    variants:
      greeter: {{}}
"""
SIGNED = """
    version: v4
    base: pipeline-dsl-test/debian
    apt:
      sources:
        - url: {url}
          distribution: calm
          components: [main]
          signed-by: |
{key}
      packages: [greeting]
    variants:
      greeter: {{entrypoint: [greeting]}}
"""
MAKE = """
    version: v4
    base: pipeline-dsl-test/debian
    apt: {packages: [make]}
    variants:
      made:
        arguments: {TASTE: sour}
        builder:
          requirements: [Makefile]
          command: make $TASTE
"""
MAKEFILE = "sour sweet:\n\techo $@ > taste-of-$@\n"


def test_packages_of_debian_are_installed(build: Build) -> None:
    """Scenario 03.1."""
    image = build(COMPILER, {}, "compiler")
    assert image.has("/usr/bin/gcc")
    assert image.run()[0].startswith("gcc (Debian")


def test_a_release_of_another_repository_whose_key_the_base_has(build: Build, repository: Repository) -> None:
    """Scenario 03.2."""
    image = build(RELEASE.format(url=repository.url), {}, "greeter")
    assert image.text("/usr/share/greeting/README") == "This greets.\n"


def test_a_package_of_a_repository_signed_by_a_key_of_ones_own_runs(
    build: Build, repository: Repository
) -> None:
    """Scenario 03.3."""
    key = textwrap.indent(repository.key, " " * 12)
    image = build(SIGNED.format(url=repository.url, key=key), {}, "greeter")
    assert image.run() == ["Hello from the package greeting"]


def test_a_repository_whose_key_is_unknown_is_not_trusted(
    build: Build, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """What makes scenarios 03.2 and 03.3 worth something."""
    untrusting = RELEASE.replace("trusting", "debian")
    with pytest.raises(AssertionError):
        build(untrusting.format(url=repository.url), {}, "greeter")
    assert "NO_PUBKEY" in capsys.readouterr().out


def test_an_argument_of_the_build_replaces_the_default_of_the_variant(build: Build) -> None:
    """Scenario 08.1."""
    image = build(MAKE, {"Makefile": MAKEFILE}, "made", "--build-arg", "TASTE=sweet")
    assert image.text("/srv/app/taste-of-sweet") == "sweet\n"
    assert not image.has("/srv/app/taste-of-sour")
