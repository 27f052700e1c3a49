"""What is known of the files that somebody works on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import UsageError
from pipeline_dsl.checkout import Fetch, Revision, WorkingTree, checkout, deepen
from tests.checkout.upstream import git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.checkout.upstream import Upstream


def look(directory: Path) -> Revision:
    """Check the working tree out, into a directory that must not be made."""
    never = directory.parent / "never"
    revision = checkout(WorkingTree(directory), Fetch(), never)
    assert not never.exists()
    return revision


def test_nothing_is_copied_and_git_tells_the_rest(upstream: Upstream) -> None:
    commit = upstream.commit()
    git(upstream.work, "remote", "set-url", "origin", "https://ada:secret@example.org/r/services/shop.git")
    (upstream.work / "file").write_text("not committed")
    revision = look(upstream.work)
    assert (revision.root, revision.directory) == (upstream.work, upstream.work)
    assert revision.variables() == {
        "project": "services/shop",
        "projectShortName": "shop",
        "commit": commit,
        "branch": "main",
        "remote": "https://example.org/r/services/shop.git",
        "tag": "",
        "GIT_COMMIT": commit,
        "GIT_URL": "https://example.org/r/services/shop.git",
        "GIT_BRANCH": "origin/main",
        "GIT_LOCAL_BRANCH": "main",
    }
    assert revision.patch == {}


def test_more_history_is_not_fetched_into_it(upstream: Upstream) -> None:
    upstream.commit()
    git(upstream.work, "remote", "set-url", "origin", "/nowhere")
    deepen(look(upstream.work), Fetch(tags=True))


def test_a_directory_below_the_top_is_kept(upstream: Upstream) -> None:
    upstream.commit(file="apps/web/file")
    revision = look(upstream.work / "apps" / "web")
    assert revision.root == upstream.work
    assert revision.directory == upstream.work / "apps" / "web"


def test_a_detached_head_has_no_branch(upstream: Upstream) -> None:
    upstream.commit()
    git(upstream.work, "checkout", "--quiet", "--detach")
    variables = look(upstream.work).variables()
    assert (variables["branch"], variables["GIT_BRANCH"]) == ("", "detached")


def test_the_project_is_that_of_the_remote_that_the_branch_follows(upstream: Upstream) -> None:
    upstream.commit()
    git(upstream.work, "remote", "add", "fork", "git@example.org:ada/shop.git")
    git(upstream.work, "config", "branch.main.remote", "fork")
    revision = look(upstream.work)
    assert (revision.project, revision.remote) == ("ada/shop", "git@example.org:ada/shop.git")


def test_a_remote_that_is_a_path_is_one_from_the_top(upstream: Upstream) -> None:
    upstream.commit(file="below/file")
    git(upstream.work, "remote", "set-url", "origin", "../../elsewhere/shop.git")
    assert look(upstream.work / "below").remote == str(upstream.work.parents[1] / "elsewhere" / "shop.git")


def test_a_repository_may_have_no_commit_and_no_remote(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / "below").mkdir()
    revision = look(root / "below")
    assert (revision.project, revision.branch, revision.commit) == ("shop", "main", "")
    assert revision.variables()["GIT_BRANCH"] == "main"


def test_files_need_no_repository(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    known = {name: value for name, value in look(root).variables().items() if value}
    assert known == {"project": "shop", "projectShortName": "shop"}


def test_files_need_no_git_unless_they_are_in_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert look(tmp_path).project == tmp_path.name


def test_a_worktree_whose_repository_is_elsewhere_is_taken_for_files(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/worktrees/shop\n")
    assert look(tmp_path).commit == ""


def test_variables_of_a_hook_do_not_mislead(
    upstream: Upstream, library: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = upstream.commit()
    library.commit()
    monkeypatch.setenv("GIT_DIR", str(library.work / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(library.work))
    assert look(upstream.work).commit == commit


def test_a_repository_is_trusted_if_its_owner_is_that_of_the_files(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = upstream.commit()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # by git's own tests, too
    assert look(upstream.work).commit == commit


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_repository_above_that_belongs_to_somebody_else_is_not_trusted(upstream: Upstream) -> None:
    upstream.commit(file="mine/file")
    for path in (upstream.work, upstream.work / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(UsageError) as refused:
        look(upstream.work / "mine")
    assert str(refused.value) == (
        f"The git repository in {upstream.work} belongs to another user. If you trust it: "
        f"git config --global --add safe.directory {upstream.work} [untrusted-repository]"
    )


def test_a_repository_that_git_cannot_use_is_told(upstream: Upstream) -> None:
    upstream.commit()
    (upstream.work / ".git" / "config").write_text("[core\n")
    with pytest.raises(UsageError, match=r"cannot be used: bad config line 1 .* \[no-repository\]"):
        look(upstream.work)
