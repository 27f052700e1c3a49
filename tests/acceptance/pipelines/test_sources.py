"""What a run is about: the files as they lie there, a git ref, or a patch of a CI system."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.pipelines.told import SAY, said, with_variables
from tests.checkout.servers import serve_http
from tests.checkout.upstream import Upstream, git, new_upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.acceptance.pipelines.leftovers import Leftovers
    from tests.conftest import CommandLine, MakeProject

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

SERVICE = f"""
box = Variant("box", base=BASE, copies=["local"])
ci = Pipeline("ci", directory="src")
values = [
    setup.project, setup.project_short_name, setup.commit, setup.branch, setup.tag, setup.remote,
    "${{setup.params.ZUUL_CHANGE|none}}", setup.pipeline, "${{setup.GIT_COMMIT}}", setup.log_url,
]
a = ci.stage("say", build=box, run=Run({SAY}, arguments=values))
show = "for f in $(find . -type f | sort); do echo \\"<$f $(echo $(cat $f))>\\"; done"
ci.stage("files", build=box, run=["sh", "-c", show])
"""


def test_the_files_as_they_lie_there_are_used_unless_a_ref_is_named(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    """Uncommitted ones included. The branch of a working tree is known, that of a commit is not."""
    root = make_project(SERVICE, {"src/a": "committed"})
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "all")
    commit = git(root, "rev-parse", "HEAD")
    (root / "src/a").write_text("changed")
    (root / "src/new").write_text("added")
    told = cli(root, "run", "--param", "ZUUL_CHANGE=7")
    assert told.code == 0, told.stdout
    assert said(told, "files") == ["./a changed", "./new added"]
    assert said(told, "say") == [root.name, root.name, commit, "main", "", "", "7", "ci", commit, ""]
    told = cli(root, "run", "--from", "HEAD")
    assert told.code == 0, told.stdout
    assert said(told, "files") == ["./a committed"]
    assert said(told, "say")[2] == commit
    assert (root / "src/a").read_text() == "changed"
    assert leftovers.of(root.name) == []


@pytest.fixture
def service(
    tmp_path: Path, make_project: MakeProject, forget_images: Callable[[str], None]
) -> Iterator[Upstream]:
    """The repository of a service, of which a patch is under review."""
    upstream = new_upstream(tmp_path, f"mediawiki/services/test-{uuid.uuid4().hex}")
    pipeline = (make_project(SERVICE) / ".pipeline/pipeline.py").read_text()
    (upstream.work / ".pipeline").mkdir()
    (upstream.work / ".pipeline/pipeline.py").write_text(pipeline)
    upstream.commit("merged", "src/a")
    upstream.push()
    upstream.commit("patched", "src/a")
    upstream.push("refs/zuul/7/2")
    yield upstream
    forget_images(upstream.bare.name)


def test_a_patch_is_fetched_and_known_by_the_parameters_of_zuul(
    cli: CommandLine, service: Upstream, leftovers: Leftovers, tmp_path: Path
) -> None:
    """From anywhere, such as an empty directory; the checkout is gone afterwards."""
    project = f"mediawiki/services/{service.bare.name}"
    commit = git(service.work, "rev-parse", "HEAD")
    (tmp_path / "empty").mkdir()
    with serve_http(tmp_path / "served") as server:
        zuul = {
            "ZUUL_URL": server.url,
            "ZUUL_PROJECT": project,
            "ZUUL_REF": "refs/zuul/7/2",
            "ZUUL_COMMIT": commit,
            "ZUUL_CHANGE": "7",
            "BUILD_URL": "https://ci.example.org/job/7/",
        }
        told = with_variables(cli, **zuul)(tmp_path / "empty", "run", "--from", "zuul")
        remote = f"{server.url}/{project}"
    assert told.code == 0, told.stdout + told.stderr
    short_name, log_url = service.bare.name, "https://ci.example.org/job/7/console"
    assert said(told, "say") == [project, short_name, commit, "", "", remote, "7", "ci", commit, log_url]
    assert said(told, "files") == ["./a merged patched"]
    assert list((tmp_path / "empty").iterdir()) == []
    assert leftovers.of(service.bare.name) == []


def test_a_tag_of_zuul_is_the_tag_of_the_run(cli: CommandLine, service: Upstream, tmp_path: Path) -> None:
    commit = service.push("refs/tags/v1.0")
    with serve_http(tmp_path / "served") as server:
        zuul = {
            "ZUUL_URL": server.url,
            "ZUUL_PROJECT": f"mediawiki/services/{service.bare.name}",
            "ZUUL_REF": "refs/tags/v1.0",
            "ZUUL_COMMIT": commit,
        }
        told = with_variables(cli, **zuul)(tmp_path, "run", "--from", "ci", "--stage", "say")
    assert told.code == 0, told.stdout + told.stderr
    assert said(told, "say")[4] == "v1.0"


def test_parameters_of_zuul_that_are_missing_are_named(cli: CommandLine, tmp_path: Path) -> None:
    told = with_variables(cli, ZUUL_REF="refs/zuul/7/2", ZUUL_PROJECT="a")(tmp_path, "run", "--from", "zuul")
    assert (told.code, told.stdout) == (2, "")
    assert "ZUUL_URL, ZUUL_COMMIT" in told.stderr
    assert "[missing-variables]" in told.stderr
