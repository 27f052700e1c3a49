"""Acceptance scenario 07: a service with packages of npm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Build

pytestmark = pytest.mark.engine

FILES = {
    "package.json": '{"name": "greeter", "version": "1.0.0", "dependencies": {"ms": "2.1.3"}}\n',
    "main.js": 'console.log(`A day has ${require("ms")("1d")} ms.`);\n',
}
BLUBBER = """
    version: v4
    variants:
      service:
        base: pipeline-dsl-test/node
        node: {requirements: [package.json]}
        copies: [local]
        entrypoint: [node, main.js]
"""


def test_a_service_runs_with_what_npm_installs(build: Build) -> None:
    """Scenario 07.1."""
    assert build(BLUBBER, FILES, "service").run() == ["A day has 86400000 ms."]
