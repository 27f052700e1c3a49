"""Acceptance scenarios 02: who owns the files, who runs them, where, and with which variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Build

pytestmark = pytest.mark.engine

FILES = {"README.md": "It greets.\n", "greet.sh": "#!/bin/sh\necho I am $(id -u)\n"}

BLUBBER = """
    version: v4
    base: pipeline-dsl-test/debian
    variants:
      usual:
        copies: [local]
        entrypoint: [/srv/app/greet.sh]
      owned:
        includes: [usual]
        lives: {in: /usr/local/greeter, as: greeter-owner, uid: 1234, gid: 1235}
        entrypoint: [/usr/local/greeter/greet.sh]
      trusting:
        includes: [owned]
        runs: {insecurely: true}
      run-by-another:
        includes: [usual]
        runs: {as: greeter-runner, uid: 4321, gid: 4320}
      in-an-environment:
        includes: [usual]
        runs: {environment: {COLOUR: red, SHAPE: "round and flat"}}
      elsewhere:
        includes: [usual]
        runs: {in: /var/lib/dpkg}
"""


def test_by_default_somebody_owns_what_runuser_runs(build: Build) -> None:
    """Scenario 02.1."""
    image = build(BLUBBER, FILES, "usual")
    assert image.ids("passwd").items() >= {"somebody": (65533, 65533), "runuser": (900, 900)}.items()
    assert image.ids("group").items() >= {"somebody": (65533,), "runuser": (900,)}.items()
    assert {image.owner(f"/srv/app/{path}") for path in FILES} == {(65533, 65533)}
    assert (image.config.User, image.config.Entrypoint) == ("900", ["/srv/app/greet.sh"])
    assert image.run() == ["I am 900"]


def test_files_live_where_and_with_whom_the_variant_says(build: Build) -> None:
    """Scenario 02.2."""
    image = build(BLUBBER, FILES, "owned")
    assert image.ids("passwd")["greeter-owner"] == (1234, 1235)
    assert image.ids("group")["greeter-owner"] == (1235,)
    assert {image.owner(f"/usr/local/greeter/{path}") for path in FILES} == {(1234, 1235)}
    assert (image.config.User, image.config.WorkingDir) == ("900", "/usr/local/greeter")


def test_it_is_run_by_whom_the_variant_says(build: Build) -> None:
    """Scenario 02.3."""
    image = build(BLUBBER, FILES, "run-by-another")
    assert image.ids("passwd")["greeter-runner"] == (4321, 4320)
    assert image.ids("group")["greeter-runner"] == (4320,)
    assert image.config.User == "4321"
    assert image.run() == ["I am 4321"]


def test_run_insecurely_it_is_run_by_who_owns_it(build: Build) -> None:
    """Scenario 02.4."""
    image = build(BLUBBER, FILES, "trusting")
    assert image.config.User == "1234"
    assert image.run() == ["I am 1234"]


def test_it_has_the_variables_of_the_variant(build: Build) -> None:
    """Scenario 02.5."""
    environment = build(BLUBBER, FILES, "in-an-environment").environment
    assert environment.items() >= {"COLOUR": "red", "SHAPE": "round and flat"}.items()


def test_it_runs_where_the_variant_says(build: Build) -> None:
    """Scenario 02.6."""
    assert build(BLUBBER, FILES, "elsewhere").config.WorkingDir == "/var/lib/dpkg"
