"""Checking out a branch, a tag or a commit of the repository that somebody works in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import EngineError
from pipeline_dsl.checkout import Fetch, Revision, checkout, deepen, source_of
from tests.checkout.upstream import depth, files, git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.checkout.upstream import Upstream


def take(word: str, directory: Path, into: Path, fetch: Fetch | None = None) -> Revision:
    return checkout(source_of(word, directory, {}), fetch or Fetch(), into)


def test_a_branch_is_checked_out_as_it_was_committed(upstream: Upstream, into: Path) -> None:
    commit = upstream.commit(file="apps/web/file")
    (upstream.work / "apps" / "web" / "file").write_text("not committed")
    (upstream.work / "new").touch()
    revision = take("main", upstream.work / "apps", into)
    assert files(revision.root) == ["apps/web/file"]
    assert (revision.root / "apps" / "web" / "file").read_text() == "\n"
    assert revision.directory == revision.root / "apps"
    assert (revision.commit, revision.branch, revision.tag) == (commit, "main", "")
    assert revision.ref == "refs/heads/main"
    assert revision.root.name == "shop"
    assert into in revision.root.parents
    assert git(revision.root, "status", "--porcelain") == ""


def test_the_repository_stays_as_it_is(upstream: Upstream, into: Path) -> None:
    upstream.commit()
    before = git(upstream.work, "for-each-ref"), git(upstream.work, "worktree", "list")
    kept = files(upstream.work / ".git")
    take("main", upstream.work, into)
    assert (git(upstream.work, "for-each-ref"), git(upstream.work, "worktree", "list")) == before
    assert files(upstream.work / ".git") == kept


def test_a_tag_is_one_and_no_branch(upstream: Upstream, into: Path) -> None:
    commit = upstream.commit()
    git(upstream.work, "tag", "--annotate", "--message", "one", "v1.0")
    upstream.commit()
    revision = take("v1.0", upstream.work, into)
    assert (revision.commit, revision.branch, revision.tag) == (commit, "", "v1.0")
    assert git(revision.root, "describe") == "v1.0"


@pytest.mark.parametrize("protocol", [0, 2])
def test_a_commit_on_no_branch_is_checked_out(
    protocol: int, upstream: Upstream, into: Path, tmp_path: Path
) -> None:
    (tmp_path / "gitconfig").write_text(f"[protocol]\nversion = {protocol}\n")
    upstream.commit()
    git(upstream.work, "checkout", "--quiet", "--detach")
    commit = upstream.commit("lost")
    git(upstream.work, "checkout", "--quiet", "main")
    revision = take(commit, upstream.work, into)
    assert git(revision.root, "rev-parse", "HEAD") == commit
    assert revision.variables()["GIT_BRANCH"] == "detached"


def test_the_history_is_as_deep_as_is_asked_for(upstream: Upstream, into: Path) -> None:
    upstream.history(25)
    assert depth(take("main", upstream.work, into).root) == 20
    assert depth(take("main~2", upstream.work, into, Fetch(depth=3)).root) == 3
    whole = take("main", upstream.work, into, Fetch(shallow=False)).root
    assert depth(whole) == 25
    assert git(whole, "rev-parse", "--is-shallow-repository") == "false"


def test_a_repository_that_is_shallow_itself_gives_what_it_has(
    upstream: Upstream, into: Path, tmp_path: Path
) -> None:
    upstream.history(5)
    git(tmp_path, "clone", "--quiet", "--depth=3", upstream.bare.as_uri(), "shallow")
    for fetch in (Fetch(), Fetch(shallow=False)):
        assert depth(take("main", tmp_path / "shallow", into, fetch).root) == 3


def test_a_linked_worktree_and_odd_names_are_fine(upstream: Upstream, into: Path, tmp_path: Path) -> None:
    upstream.commit()
    odd = tmp_path / "50% odd'$(id)"
    git(upstream.work, "worktree", "add", "--quiet", "-b", "topic", odd)
    assert take("topic", odd, into).branch == "topic"


def test_without_a_remote_the_project_is_named_like_its_directory(upstream: Upstream, into: Path) -> None:
    upstream.commit()
    git(upstream.work, "remote", "remove", "origin")
    assert take("main", upstream.work, into).project == "shop"


def test_a_submodule_is_found_beside_the_remote(upstream: Upstream, library: Upstream, into: Path) -> None:
    library.history(1)
    git(upstream.work, "submodule", "--quiet", "add", "../../libraries/money", "money")
    upstream.commit()
    revision = take("main", upstream.work, into)
    assert files(revision.root) == [".gitmodules", "file", "money/file"]
    assert git(revision.root, "remote", "get-url", "origin") == str(upstream.bare)


def test_another_users_settings_and_hooks_change_nothing(
    upstream: Upstream, into: Path, tmp_path: Path
) -> None:
    upstream.commit("text")
    template = tmp_path / "template" / "hooks"
    template.mkdir(parents=True)
    for hook in (template / "post-checkout", upstream.work / ".git" / "hooks" / "post-checkout"):
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'hooked'}\n")
        hook.chmod(0o755)
    monitor = tmp_path / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch {tmp_path / 'monitored'}\n")
    monitor.chmod(0o755)
    (tmp_path / "gitconfig").write_text(
        f"[core]\nautocrlf = true\nhooksPath = {template}\nfsmonitor = {monitor}\n"
        f"[init]\ntemplateDir = {template.parent}\n[submodule]\nrecurse = true\n[color]\nui = always\n"
    )
    revision = take("main", upstream.work, into)
    assert (revision.root / "file").read_bytes() == b"text\n"
    assert not (tmp_path / "hooked").exists()
    assert not (tmp_path / "monitored").exists()
    assert files(revision.root / ".git" / "hooks") == []


def test_a_repository_whose_owner_git_does_not_know_is_checked_out(
    upstream: Upstream, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.commit()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    revision = take("main", upstream.work, into)
    deepen(revision, Fetch(shallow=False))
    assert files(revision.root) == ["file"]


def test_what_git_says_is_told_and_nothing_is_left(upstream: Upstream, into: Path) -> None:
    upstream.commit()
    source = source_of("main", upstream.work, {})
    tree = git(upstream.work, "rev-parse", "HEAD^{tree}")
    (upstream.work / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(EngineError) as failed:
        checkout(source, Fetch(), into)
    (problem,) = failed.value.problems
    assert problem.code == "checkout-failed"
    assert problem.message.startswith(f"git could not check out refs/heads/main from {upstream.bare}: ")
    assert tree in problem.excerpt
    assert list(into.iterdir()) == []


def test_git_is_needed(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream.commit()
    monkeypatch.setenv("PATH", str(upstream.work))
    with pytest.raises(EngineError) as failed:
        source_of("main", upstream.work, {})
    assert str(failed.value) == "There is no git command. Install git. [no-git]"
