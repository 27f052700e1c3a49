"""The front end that a Blubber file's header names: it means nothing to us, and what we write names one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.formats.conversion import to_blubber, to_pipeline
from pipeline_dsl.load import load, locate

if TYPE_CHECKING:
    from pathlib import Path

OURS = "docker-registry.wikimedia.org/repos/releng/blubber/buildkit"
OTHER = "docker-registry.wikimedia.org/wikimedia/blubber-buildkit"
FILE = (
    "version: v4\nbase: foo\nvariants:\n  # about test\n  test: {entrypoint: [ls]}\n  # syntax=not a header\n"
)


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("", []),
        (f"# syntax={OURS}:v0.9\n", []),
        (f"#syntax = {OTHER}:v0.11.1@sha256:{'0' * 64}\n", []),
        ("# syntax=evil.example/front-end\n", []),
        (f"# one\n# syntax={OURS}\n# two\n# syntax=evil.example/a\n", ["# one", "# two"]),
        ("# one\n\n# syntax=after the header\n", ["# one", "# syntax=after the header"]),
    ],
)
def test_whatever_front_end_a_file_names_it_means_the_same(
    header: str, kept: list[str], tmp_path: Path
) -> None:
    """And of its other comments none is lost."""
    converted = to_pipeline(header + FILE, "blubber.yaml", "service").text
    comments = [line.strip() for line in converted.splitlines() if line.strip().startswith("#")]
    assert sorted(comments) == sorted([*kept, "# about test", "# syntax=not a header"])
    pipeline = tmp_path / "pipeline.py"
    pipeline.write_text(converted)
    first, *others = to_blubber(load(locate(pipeline)), lossy=False).text.splitlines()
    assert first.startswith(f"# syntax={OURS}:v")
    assert others == ["version: v4", "base: foo", "variants:", "  test:", "    entrypoint: [ls]"]
