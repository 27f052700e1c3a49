"""What --from can say."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import UsageError
from pipeline_dsl.checkout import GitRef, Patch, Remote, WorkingTree, source_of
from tests.checkout.upstream import git

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.checkout.upstream import Upstream

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ZUUL = {
    "ZUUL_URL": "git://merger.example.org/",
    "ZUUL_PROJECT": "services/shop",
    "ZUUL_REF": "refs/zuul/main/Z0123",
    "ZUUL_COMMIT": COMMIT,
}
GERRIT = {
    "GERRIT_HOST": "gerrit.example.org",
    "GERRIT_PROJECT": "services/shop",
    "GERRIT_REFSPEC": "refs/changes/01/1/2",
    "GERRIT_PATCHSET_REVISION": COMMIT,
}
GITLAB = {
    "CI_REPOSITORY_URL": "https://gitlab-ci-token:sesame@gitlab.example.org/services/shop.git",
    "CI_PROJECT_PATH": "services/shop",
    "CI_COMMIT_SHA": COMMIT,
    "CI_COMMIT_REF_NAME": "topic",
}
GITHUB = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "ada/shop",
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_SHA": COMMIT,
}
SYSTEMS = {"zuul": ZUUL, "gerrit": GERRIT, "gitlab": GITLAB, "github": GITHUB}


def patch(system: str, more: Mapping[str, str] | None = None) -> Patch:
    """Read the variables of a CI system, and others."""
    found = source_of(system, Path(), {**SYSTEMS[system], **(more or {})})
    assert isinstance(found, Patch)
    return found


def refusal(word: str, directory: Path, environ: Mapping[str, str]) -> str:
    with pytest.raises(UsageError) as refused:
        source_of(word, directory, environ)
    return str(refused.value)


def test_without_a_word_it_is_the_working_tree(tmp_path: Path) -> None:
    assert source_of(None, tmp_path, ZUUL) == WorkingTree(tmp_path)


def test_zuul_names_a_patch() -> None:
    more = {"ZUUL_CHANGE": "1", "ZUUL_PATCHSET": "2", "ZUUL_BRANCH": "main"}
    remote = Remote("git://merger.example.org/services/shop")
    expected = Patch("zuul", remote, "services/shop", "refs/zuul/main/Z0123", COMMIT, "1", "2", "main")
    assert patch("zuul", more) == expected


def test_gerrit_names_a_patch() -> None:
    more = {
        "GERRIT_SCHEME": "ssh",
        "GERRIT_PORT": "29418",
        "GERRIT_CHANGE_NUMBER": "1",
        "GERRIT_PATCHSET_NUMBER": "2",
        "GERRIT_BRANCH": "main",
    }
    remote = Remote("ssh://gerrit.example.org:29418/services/shop")
    expected = Patch("gerrit", remote, "services/shop", "refs/changes/01/1/2", COMMIT, "1", "2", "main")
    assert patch("gerrit", more) == expected


def test_gerrit_names_a_branch_that_has_moved() -> None:
    variables = {"GERRIT_REFSPEC": "", "GERRIT_PATCHSET_REVISION": ""}
    moved = patch("gerrit", {**variables, "GERRIT_REFNAME": "refs/heads/main", "GERRIT_NEWREV": COMMIT})
    assert (moved.ref, moved.commit, moved.change) == ("refs/heads/main", COMMIT, "")


def test_gitlab_names_a_merge_request() -> None:
    more = {
        "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/3/merge",
        "CI_MERGE_REQUEST_PROJECT_PATH": "services/shop",
        "CI_MERGE_REQUEST_IID": "3",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    }
    remote = Remote("https://gitlab.example.org/services/shop.git", "gitlab-ci-token", "sesame")
    ref = "refs/merge-requests/3/merge"
    assert patch("gitlab", more) == Patch("gitlab", remote, "services/shop", ref, COMMIT, "3", "", "main")


@pytest.mark.parametrize(
    ("more", "ref"),
    [
        ({"CI_COMMIT_TAG": "v1", "CI_COMMIT_REF_NAME": "v1"}, "refs/tags/v1"),
        ({"CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"}, "refs/heads/main"),
        (
            {
                "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/3/head",
                "CI_MERGE_REQUEST_PROJECT_PATH": "services/shop-of-somebody-else",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic",
            },
            "refs/heads/topic",
        ),
    ],
    ids=["tag", "branch", "fork"],
)
def test_gitlab_names_what_else_its_pipelines_are_of(more: Mapping[str, str], ref: str) -> None:
    assert patch("gitlab", more).ref == ref


def test_github_names_a_pull_request() -> None:
    more = {"GITHUB_BASE_REF": "main", "GITHUB_TOKEN": "sesame"}
    remote = Remote("https://github.com/ada/shop", "x-access-token", "sesame")
    expected = Patch("github", remote, "ada/shop", "refs/pull/7/merge", COMMIT, "7", "", "main")
    assert patch("github", more) == expected


@pytest.mark.parametrize("system", SYSTEMS)
def test_ci_is_the_system_whose_variables_are_there(system: str, tmp_path: Path) -> None:
    assert source_of("ci", tmp_path, SYSTEMS[system]) == patch(system)


@pytest.mark.parametrize("pair", [*itertools.combinations(SYSTEMS, 2)], ids="+".join)
def test_ci_does_not_choose_between_two(pair: tuple[str, str], tmp_path: Path) -> None:
    told = refusal("ci", tmp_path, {**SYSTEMS[pair[0]], **SYSTEMS[pair[1]]})
    assert told.startswith(f"--from ci could mean each of {pair[0]}, {pair[1]}: ")
    assert told.endswith("[ambiguous-source]")


def test_ci_tells_what_each_system_lacks(tmp_path: Path) -> None:
    told = refusal("ci", tmp_path, {**ZUUL, "ZUUL_REF": ""})
    assert "    zuul needs ZUUL_REF\n" in told
    assert "    github needs GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_REF, GITHUB_SHA" in told


def test_all_missing_variables_are_named(tmp_path: Path) -> None:
    told = refusal("gerrit", tmp_path, {"GERRIT_HOST": "h", "GERRIT_NEWREV": COMMIT, "GERRIT_PROJECT": ""})
    assert "not set: GERRIT_PROJECT, GERRIT_REFSPEC or GERRIT_REFNAME." in told
    assert told.endswith("[missing-variables]")


@pytest.mark.parametrize("ref", ["--upload-pack=id", "+main", "a:b", "^main", "main/../..", "a b", "main\n"])
def test_a_ref_that_git_would_take_for_more_is_refused(ref: str, tmp_path: Path) -> None:
    told = refusal("zuul", tmp_path, {**ZUUL, "ZUUL_REF": ref, "ZUUL_COMMIT": "HEAD"})
    lines = [f"zuul names a ref that is none: {ref!r}.", "zuul names a commit that is none: 'HEAD'."]
    assert told.splitlines() == [f"{line} [malformed-ref]" for line in lines]


def test_another_word_is_a_git_ref(upstream: Upstream) -> None:
    commit = upstream.commit()
    git(upstream.work, "tag", "--annotate", "--message", "one", "v1")
    upstream.commit()
    here = upstream.work
    assert source_of("v1", here, {}) == GitRef(here, "v1", commit, "refs/tags/v1")
    assert source_of("main~1", here, {}) == GitRef(here, "main~1", commit)
    assert source_of(commit[:10], here, {}) == GitRef(here, commit[:10], commit)
    assert source_of("HEAD", here, {}) == GitRef(here, "HEAD", upstream.push(), "refs/heads/main")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("mian", 'Did you mean "main"?'),
        ("gihtub", 'Did you mean "github"?'),
        ("nothing-like-it", "Fetch it first"),
        ("--all", "Fetch it first"),
        ("main:file", 'Did you mean "main"?'),
    ],
)
def test_an_unknown_ref_is_refused(word: str, hint: str, upstream: Upstream) -> None:
    upstream.commit()
    told = refusal(word, upstream.work, {})
    assert told.startswith(f'--from {word}: the repository in {upstream.work} has no ref "{word}". {hint}')
    assert told.endswith("[unknown-ref]")


def test_a_ref_needs_a_repository(tmp_path: Path) -> None:
    told = refusal("main", tmp_path, {})
    hint = "Leave out --from to use the files as they are."
    assert told == f"{tmp_path} is in no git repository. {hint} [no-repository]"
