"""Checking out what a CI system names, from real servers."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import EngineError, UsageError
from pipeline_dsl.checkout import Fetch, Network, Patch, Revision, checkout, deepen, remote_of, source_of
from tests.checkout.upstream import depth, files, git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.checkout.servers import Server
    from tests.checkout.upstream import Upstream

PROJECT = "services/shop"
ZUUL_REF = "refs/zuul/main/Zdeadbeef"


@dataclasses.dataclass(frozen=True)
class Zuul:
    """Checks out what Zuul's variables name."""

    url: str
    into: Path
    network: Network

    def source(self, ref: str, commit: str, **more: str) -> Patch:
        variables = {"ZUUL_URL": self.url, "ZUUL_PROJECT": PROJECT, "ZUUL_REF": ref, "ZUUL_COMMIT": commit}
        patch = source_of("zuul", self.into, {**variables, **more})
        assert isinstance(patch, Patch)
        return patch

    def __call__(self, ref: str, commit: str, fetch: Fetch | None = None, **more: str) -> Revision:
        return checkout(self.source(ref, commit, **more), fetch or Fetch(), self.into, self.network)


@pytest.fixture
def zuul(served: Server, into: Path, network: Network) -> Zuul:
    return Zuul(served.url, into, network)


def head(root: Path) -> str:
    return git(root, "rev-parse", "HEAD")


def test_zuuls_parameters_lead_to_the_patch(upstream: Upstream, zuul: Zuul) -> None:
    upstream.history(2)
    commit = upstream.commit("patch")
    upstream.push(ZUUL_REF)
    revision = zuul(ZUUL_REF, commit, ZUUL_CHANGE="1", ZUUL_PATCHSET="2", ZUUL_BRANCH="main")
    assert (revision.root / "file").read_text() == "line 0\nline 1\npatch\n"
    assert head(revision.root) == commit
    assert revision.directory == revision.root
    assert revision.ref == ZUUL_REF
    assert revision.variables() == {
        "project": PROJECT,
        "projectShortName": "shop",
        "commit": commit,
        "branch": "",
        "remote": f"{zuul.url}/{PROJECT}",
        "tag": "",
        "GIT_COMMIT": commit,
        "GIT_URL": f"{zuul.url}/{PROJECT}",
        "GIT_BRANCH": "detached",
        "GIT_LOCAL_BRANCH": "",
    }
    assert revision.patch == {"system": "zuul", "change": "1", "patchset": "2", "target": "main"}


def test_a_change_number_is_not_needed(upstream: Upstream, zuul: Zuul) -> None:
    assert zuul("refs/heads/main", upstream.history(1)).patch["change"] == ""


@pytest.mark.parametrize("annotated", [True, False])
def test_a_tag_is_one(upstream: Upstream, zuul: Zuul, *, annotated: bool) -> None:
    commit = upstream.history(2)
    git(upstream.work, "tag", *(("--annotate", "--message", "one") if annotated else ()), "v1.0")
    git(upstream.work, "push", "--quiet", "origin", "v1.0")
    revision = zuul("refs/tags/v1.0", commit)
    assert (revision.tag, revision.branch, head(revision.root)) == ("v1.0", "", commit)
    assert git(revision.root, "describe", "--tags") == "v1.0"


def test_a_branch_is_one(upstream: Upstream, zuul: Zuul) -> None:
    variables = zuul("refs/heads/main", upstream.history(1)).variables()
    assert (variables["branch"], variables["GIT_BRANCH"]) == ("main", "origin/main")


def test_gerrits_change_is_fetched_over_gits_own_protocol(
    upstream: Upstream, daemon: str, into: Path, network: Network
) -> None:
    commit = upstream.commit()
    upstream.push("refs/changes/01/1/1")
    scheme, _, address = daemon.partition("://")
    host, _, port = address.partition(":")
    variables = {
        "GERRIT_SCHEME": scheme,
        "GERRIT_HOST": host,
        "GERRIT_PORT": port,
        "GERRIT_PROJECT": PROJECT,
        "GERRIT_REFSPEC": "refs/changes/01/1/1",
        "GERRIT_PATCHSET_REVISION": commit,
    }
    revision = checkout(source_of("ci", into, variables), Fetch(), into, network)
    assert head(revision.root) == commit


def test_the_depth_is_20_unless_another_is_asked_for(upstream: Upstream, zuul: Zuul) -> None:
    commit = upstream.history(25)
    assert depth(zuul("refs/heads/main", commit).root) == 20
    assert depth(zuul("refs/heads/main", commit, Fetch(depth=1)).root) == 1
    assert depth(zuul("refs/heads/main", commit, Fetch(shallow=False)).root) == 25


def test_a_branch_that_has_moved_on_does_not_change_what_is_tested(upstream: Upstream, zuul: Zuul) -> None:
    commit = upstream.history(5)
    upstream.history(5)
    revision = zuul("refs/heads/main", commit, Fetch(depth=2))
    assert (head(revision.root), depth(revision.root)) == (commit, 2)


def test_a_server_that_gives_no_commit_by_itself_is_asked_for_all(
    upstream: Upstream, zuul: Zuul, tmp_path: Path
) -> None:
    commit = upstream.history(5)
    upstream.history(5)
    (tmp_path / "gitconfig").write_text("[protocol]\nversion = 0\n")
    assert head(zuul("refs/heads/main", commit, Fetch(depth=2)).root) == commit


def test_a_ref_that_is_gone_does_not_matter_where_its_commit_is_there(upstream: Upstream, zuul: Zuul) -> None:
    assert depth(zuul(ZUUL_REF, upstream.history(3), Fetch(depth=2)).root) == 2


@pytest.mark.parametrize("ref", [ZUUL_REF, "refs/heads/main"])
def test_a_commit_that_is_not_there_is_told(ref: str, upstream: Upstream, zuul: Zuul) -> None:
    upstream.history(1)
    commit = "0123456789" * 4
    with pytest.raises(UsageError) as refused:
        zuul(ref, commit)
    what = ref if ref == ZUUL_REF else f"commit {commit} of {ref}"
    hint = "Has it been removed or replaced meanwhile?"
    assert str(refused.value) == f"{zuul.url}/{PROJECT} has no {what}. {hint} [unknown-ref]"
    assert list(zuul.into.iterdir()) == []


def test_a_repository_that_is_not_there_is_told_in_gits_words(zuul: Zuul) -> None:
    with pytest.raises(EngineError) as failed:
        zuul("refs/heads/main", "0" * 40)
    url = f"{zuul.url}/{PROJECT}"
    (problem,) = failed.value.problems
    assert problem.code == "checkout-failed"
    told = f"git could not check out refs/heads/main from {url}: repository '{url}/' not found."
    assert problem.message == told
    assert list(zuul.into.iterdir()) == []


@pytest.fixture
def tagged(upstream: Upstream) -> str:
    upstream.history(2)
    git(upstream.work, "tag", "v1", "HEAD~1")
    git(upstream.work, "push", "--quiet", "origin", "v1")
    return head(upstream.work)


def test_tags_are_fetched_where_they_are_asked_for(tagged: str, zuul: Zuul) -> None:
    assert git(zuul("refs/heads/main", tagged).root, "tag") == ""
    assert git(zuul("refs/heads/main", tagged, Fetch(tags=True)).root, "tag") == "v1"


@pytest.fixture
def nested(upstream: Upstream, library: Upstream, zuul: Zuul) -> str:
    """A commit with a submodule that has one itself, both named relative to it."""
    library.history(5)
    commit = head(library.work)
    git(library.work, "checkout", "--quiet", "-b", "outer")
    git(library.work, "submodule", "--quiet", "add", "-b", "main", f"{zuul.url}/libraries/money", "inner")
    git(library.work, "config", "--file", ".gitmodules", "submodule.inner.url", "../../libraries/money")
    git(library.work / "inner", "checkout", "--quiet", commit)
    library.commit()
    library.push("refs/heads/outer")
    git(upstream.work, "remote", "set-url", "origin", f"{zuul.url}/{PROJECT}")
    git(upstream.work, "submodule", "--quiet", "add", "-b", "outer", "../../libraries/money", "money")
    upstream.commit()
    git(upstream.work, "remote", "set-url", "origin", upstream.bare.as_uri())
    upstream.history(2)
    return head(upstream.work)


NESTED = [".gitmodules", "file", "money/.gitmodules", "money/file", "money/inner/file"]


def test_submodules_come_with_theirs(nested: str, zuul: Zuul) -> None:
    assert files(zuul("refs/heads/main", nested).root) == NESTED
    bare = zuul("refs/heads/main", nested, Fetch(submodules=False)).root
    assert files(bare) == [".gitmodules", "file"]


def test_submodules_are_as_deep_as_the_rest(nested: str, zuul: Zuul) -> None:
    root = zuul("refs/heads/main", nested, Fetch(depth=2)).root
    assert [depth(root / path) for path in ("", "money", "money/inner")] == [2, 2, 2]


def test_a_submodule_that_asks_for_little_is_as_deep_as_the_rest(
    upstream: Upstream, library: Upstream, zuul: Zuul
) -> None:
    library.history(3)
    git(upstream.work, "submodule", "--quiet", "add", "../../libraries/money", "money")
    git(upstream.work, "config", "--file", ".gitmodules", "submodule.money.shallow", "true")
    upstream.commit()
    root = zuul("refs/heads/main", upstream.push(), Fetch(shallow=False)).root
    assert depth(root / "money") == 3


def test_a_submodule_does_not_run_commands(upstream: Upstream, zuul: Zuul, tmp_path: Path) -> None:
    entry = f'[submodule "x"]\npath = x\nurl = ext::sh -c "touch% {tmp_path / "run"}"\n'
    (tmp_path / "gitconfig").write_text('[protocol "ext"]\nallow = always\n')
    commit = upstream.commit()
    (upstream.work / ".gitmodules").write_text(entry)
    git(upstream.work, "update-index", "--add", "--cacheinfo", f"160000,{commit},x")
    git(upstream.work, "add", ".gitmodules")
    git(upstream.work, "commit", "--quiet", "--message", "x")
    with pytest.raises(EngineError, match="transport 'ext' not allowed"):
        zuul("refs/heads/main", upstream.push())
    assert not (tmp_path / "run").exists()


def test_a_submodule_that_is_a_path_is_refused_from_elsewhere(
    upstream: Upstream, library: Upstream, zuul: Zuul
) -> None:
    library.history(1)
    git(upstream.work, "submodule", "--quiet", "add", library.bare, "money")
    upstream.commit()
    with pytest.raises(EngineError, match="transport 'file' not allowed"):
        zuul("refs/heads/main", upstream.push())


def test_a_submodule_that_is_a_path_is_fine_in_a_repository_that_is_one(
    upstream: Upstream, library: Upstream, zuul: Zuul
) -> None:
    library.history(1)
    git(upstream.work, "submodule", "--quiet", "add", library.bare, "money")
    upstream.commit()
    local = dataclasses.replace(zuul, url=str(upstream.bare.parents[1]))
    assert "money/file" in files(local("refs/heads/main", upstream.push()).root)


def state(root: Path) -> tuple[object, ...]:
    """What a build could see of a checkout."""
    modules = [path for path in ("money", "money/inner") if (root / path / ".git").exists()]
    depths = [depth(root / path) for path in ("", *modules)]
    return files(root), depths, git(root, "tag"), git(root, "status", "--porcelain")


LITTLE = Fetch(depth=1, submodules=False)


@pytest.mark.parametrize(
    ("before", "fetch"),
    [
        (Fetch(depth=2), Fetch(depth=1)),
        (Fetch(depth=2), Fetch(depth=4)),
        (Fetch(depth=2), Fetch(shallow=False)),
        (Fetch(), Fetch(depth=3, submodules=False, tags=True)),
        (LITTLE, Fetch()),
        (LITTLE, Fetch(depth=2, tags=True)),
        (LITTLE, Fetch(shallow=False)),
    ],
    ids=str,
)
def test_a_checkout_can_be_brought_to_other_options(
    before: Fetch, fetch: Fetch, nested: str, upstream: Upstream, zuul: Zuul
) -> None:
    git(upstream.work, "tag", "v1", "HEAD~1")
    git(upstream.work, "push", "--quiet", "origin", "v1")
    at_once = zuul("refs/heads/main", nested, fetch)
    later = zuul("refs/heads/main", nested, before)
    upstream.history(3)
    deepen(later, fetch, zuul.network)
    assert state(later.root) == state(at_once.root)


def test_a_checkout_that_cannot_be_brought_further_is_told(upstream: Upstream, zuul: Zuul) -> None:
    revision = zuul("refs/heads/main", upstream.history(3), Fetch(depth=1))
    upstream.bare.rename(upstream.bare.with_name("gone"))
    with pytest.raises(EngineError, match=r"not found\. \[checkout-failed\]"):
        deepen(revision, Fetch(), zuul.network)
    assert revision.root.is_dir()


def test_a_project_whose_name_is_no_name_of_a_directory_is_checked_out(
    upstream: Upstream, into: Path, network: Network
) -> None:
    remote = remote_of(str(upstream.bare))
    for project in ("..", "", "a/."):
        patch = Patch("zuul", remote, project, "refs/heads/main", upstream.history(1))
        assert checkout(patch, Fetch(), into, network).root.name == "checkout"
