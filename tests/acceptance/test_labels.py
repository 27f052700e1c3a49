"""Acceptance scenarios 99: the labels of an image, of one without a base too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import __version__

if TYPE_CHECKING:
    from tests.acceptance.conftest import Build

pytestmark = pytest.mark.engine

BLUBBER = """
    version: v4
    variants:
      bare: {copies: [local]}
"""


def test_an_image_says_what_made_it(build: Build) -> None:
    """Scenario 99.1."""
    labels = build(BLUBBER, {"greeting": "Hello\n"}, "bare").labels
    assert labels["blubber.version"] == f"1.8.0+pipeline-dsl.{__version__}"


def test_an_image_says_which_variant_it_is(build: Build) -> None:
    """Scenario 99.2."""
    assert build(BLUBBER, {"greeting": "Hello\n"}, "bare").labels["blubber.variant"] == "bare"
