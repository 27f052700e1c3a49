"""Large directories are copied in pieces: what changes takes only some of them to be copied again."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cli.main import main
from pipeline_dsl.context import division
from tests.caching.images import content_of
from tests.caching.machine import Machine

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.caching.images import Content
    from tests.conftest import MakeProject

pytestmark = pytest.mark.engine

PROJECT = """
    prepare = "mkdir -p deep/low && chmod 700 deep"
    box = Variant("box", base="{base}", builder=Builder(command=prepare), copies=["local"])
    part = Variant("part", base="{base}", copies=[Copy("local", source="deep", destination="/opt/part")])
    ci = Pipeline("ci")
    ci.stage("box", build=box)
    ci.stage("part", build=part)
"""


@pytest.mark.parametrize("name", ["é", os.fsdecode(b"\xff")], ids=["in a session", "sent whole"])
def test_an_image_is_what_it_would_be_of_the_whole(  # noqa: PLR0913, PLR0917 -- all that it takes
    make_project: MakeProject,
    docker: SdkDocker,
    small_base: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    """Directories that a piece brings along are there already, or are of the base image."""
    root = make_project(PROJECT.format(base=small_base), {".dockerignore": "**/*.o\n"})
    for number, path in enumerate(["deep", "deep/low", "deep/low/er", "deep/empty", "other", "other/0"]):
        (root / path).mkdir(mode=0o701 + 8 * number)
        for file in ("one", "two", "some.o", name):
            (root / path / file).write_bytes(f"{path} {number}\n".encode())
    (root / "deep" / "link").symlink_to("low/er")
    (root / "deep" / "low" / "lost").symlink_to("../nowhere")
    (root / "deep" / "one").chmod(0o4711)
    monkeypatch.chdir(root)

    def built(least: int, copied: str) -> dict[str, Content]:
        """Build both images; gives what is in them."""
        monkeypatch.setattr(division, "_LEAST", least)
        assert main(["run", "--plain", "--no-cache"]) == 0
        assert f" {copied} " in capsys.readouterr().out
        images = [docker.image(f"pipeline-dsl/{root.name}:{variant}") for variant in ("box", "part")]
        return {image.tags[0]: content_of(docker, image.id) for image in images if image}

    divided = built(1, ".pipeline-dsl/context/7/")
    whole = built(1000, ".pipeline-dsl/context/")
    assert [divided[image].difference(whole[image]) for image in divided] == [{}, {}]


def test_only_what_follows_a_change_is_copied_again(make_project: MakeProject, tmp_path: Path) -> None:
    root = make_project("""
        ci = Pipeline("ci")
        ci.stage("box", build=Variant("box", base=BASE, copies=["local"]))
    """)
    for number in range(10_000):
        path = root / f"src/{number // 100:02}/{number:04}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n")
    machine = Machine(tmp_path / "store")
    assert machine.run(root).outcome.code == 0

    (root / "src/99/9999").write_text(f"{uuid.uuid4()}\n")
    last = machine.run(root)
    (root / "src/00/0000").write_text(f"{uuid.uuid4()}\n")
    first = machine.run(root)

    assert "1 of 5 steps executed, from [6/6] COPY" in last.text, last.text
    assert "2 of 5 steps executed, from [5/6] COPY" in first.text, first.text
