"""Build contexts that are git repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import UsageError
from pipeline_dsl.checkout import clone, is_git_url
from tests.checkout.upstream import files, git

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.checkout import Network
    from tests.checkout.servers import Server
    from tests.checkout.upstream import Upstream


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ("https://example.org/shop.git", True),
        ("https://example.org/shop.git#main:apps/web", True),
        ("git://example.org/shop", True),
        ("ssh://git@example.org/shop", True),
        ("git@example.org:shop", True),
        ("github.com/ada/shop#main", True),
        ("https://example.org/shop.tar.gz", False),
        ("https://example.org/shop.tar#x.git", False),
        ("apps/shop.git", False),
        (".", False),
    ],
)
def test_it_is_told_from_other_contexts_as_docker_does(context: str, *, expected: bool) -> None:
    assert is_git_url(context) is expected


@pytest.fixture
def url(upstream: Upstream, served: Server) -> str:
    """A repository with a main branch, a branch ``topic`` and a tag ``v1``; each has another text."""
    upstream.commit("first", file="apps/web/file")
    git(upstream.work, "tag", "--annotate", "--message", "one", "v1")
    git(upstream.work, "push", "--quiet", "origin", "v1")
    upstream.commit("topic", file="apps/web/file")
    upstream.push("refs/heads/topic")
    (upstream.work / "outside").symlink_to("/etc")
    (upstream.work / "inside").symlink_to("apps/web")
    upstream.commit("main", file="apps/web/file")
    upstream.push()
    return f"{served.url}/services/shop"


@pytest.mark.parametrize(
    ("fragment", "last"),
    [("", "main"), ("#", "main"), ("#topic", "topic"), ("#v1", "first"), ("#refs/heads/topic", "topic")],
)
def test_a_ref_is_chosen(fragment: str, last: str, url: str, into: Path, network: Network) -> None:
    root = clone(url + fragment, into, network)
    assert root.name == "shop"
    assert (root / "apps" / "web" / "file").read_text().splitlines()[-1] == last


def test_a_commit_is_chosen(url: str, upstream: Upstream, into: Path, network: Network) -> None:
    root = clone(f"{url}#{git(upstream.work, 'rev-parse', 'HEAD~2')}", into, network)
    assert (root / "apps" / "web" / "file").read_text() == "first\n"


@pytest.mark.parametrize("path", ["apps/web", "/apps/web", "inside", "apps/../inside/"])
def test_a_directory_of_it_is_chosen(path: str, url: str, into: Path, network: Network) -> None:
    chosen = clone(f"{url}#:{path}", into, network)
    assert into in chosen.parents
    assert files(chosen) == ["file"]


@pytest.mark.parametrize("path", ["outside", "..", "../..", "apps/../../shop/../x", "outside/apt"])
def test_a_directory_outside_is_refused(path: str, url: str, into: Path, network: Network) -> None:
    with pytest.raises(UsageError, match=rf"\"{path}\" lies outside the repository .*\[no-subdirectory\]"):
        clone(f"{url}#:{path}", into, network)
    assert list(into.iterdir()) == []


@pytest.mark.parametrize("path", ["nowhere", "apps/web/file", ".git"])
def test_what_is_no_directory_is_refused(path: str, url: str, into: Path, network: Network) -> None:
    with pytest.raises(UsageError, match=rf"has no directory \"{path}\"\. \[no-subdirectory\]"):
        clone(f"{url}#:{path}", into, network)


@pytest.mark.parametrize("ref", ["nothing", "--upload-pack=id", "+main", "a b"])
def test_an_unknown_ref_is_refused(ref: str, url: str, into: Path, network: Network) -> None:
    with pytest.raises(UsageError) as refused:
        clone(f"{url}#{ref}", into, network)
    hint = "Name a branch, a tag, or a commit by all its digits."
    assert str(refused.value) == f'{url} has no ref "{ref}". {hint} [unknown-ref]'


def test_submodules_are_part_of_it_and_nothing_of_git(
    upstream: Upstream, library: Upstream, served: Server, into: Path, network: Network
) -> None:
    library.history(1)
    git(upstream.work, "submodule", "--quiet", "add", "../../libraries/money", "money")
    upstream.commit()
    upstream.push()
    root = clone(f"{served.url}/services/shop", into, network)
    found = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    assert found == [".gitmodules", "file", "money", "money/file"]
