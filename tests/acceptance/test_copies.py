"""Acceptance scenarios 01: files of the context in an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Build

pytestmark = pytest.mark.engine

FILES = {"NOTES.md": "It greets.\n", "greet.sh": "#!/bin/sh\necho Hello from $(pwd)\n"}
NOTES, GREET = "/srv/app/NOTES.md", "/srv/app/greet.sh"

ALL = """
    version: v4
    base: pipeline-dsl-test/debian
    variants:
      greeter:
        copies: [local]
        entrypoint: [./greet.sh]
"""
WITHOUT_NOTES = """
    version: v4
    base: pipeline-dsl-test/debian
    variants:
      greeter:
        copies:
          - from: local
            exclude: ["*.md"]
"""
INCLUDED = """
    version: v4
    base: pipeline-dsl-test/debian
    variants:
      greeter: {copies: [local]}
      loud-greeter:
        includes: [greeter]
        entrypoint: [./greet.sh, LOUD]
"""


def test_the_context_and_the_entrypoint_are_in_the_image(build: Build) -> None:
    """Scenario 01.1."""
    image = build(ALL, FILES, "greeter")
    assert {path: image.text(f"/srv/app/{path}") for path in FILES} == FILES
    config = image.config
    assert (config.User, config.Entrypoint, config.Cmd) == ("900", ["./greet.sh"], None)
    assert image.run() == ["Hello from /srv/app"]


def test_what_is_ignored_is_in_no_layer(build: Build) -> None:
    """Scenario 01.2."""
    paths = build(ALL, FILES | {".dockerignore": "/NOTES.md\n"}, "greeter").paths()
    assert GREET in paths
    assert NOTES not in paths


def test_what_a_copy_excludes_is_in_no_layer(build: Build) -> None:
    """Scenario 01.3."""
    paths = build(WITHOUT_NOTES, FILES, "greeter").paths()
    assert GREET in paths
    assert NOTES not in paths


def test_an_including_variant_copies_what_the_included_one_copies(build: Build) -> None:
    """Scenario 01.4."""
    image = build(INCLUDED, FILES, "loud-greeter")
    assert {path: image.text(f"/srv/app/{path}") for path in FILES} == FILES
    assert image.config.Entrypoint == ["./greet.sh", "LOUD"]
