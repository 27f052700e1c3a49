"""Fetching a commit, as deep as is asked for, with its submodules."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.checkout.failure import FailedError
from pipeline_dsl.errors import Problem, UsageError

if TYPE_CHECKING:
    from pipeline_dsl.checkout.git import Git
    from pipeline_dsl.checkout.network import Network

_ALL = 2**31 - 1
"""The depth that git takes for no limit; it also completes what was shallow."""

_TAGS = "refs/tags/*"

_LOCAL_SERVER = "git -c safe.directory='*' -c uploadpack.allowAnySHA1InWant=true upload-pack"
"""What serves a repository of this machine, whose owner was looked at before."""


@dataclasses.dataclass(frozen=True)
class Fetch:
    """How much is fetched: ``spec/pipelinelib.md`` §1.3.

    Arguments:
        shallow: whether only the last commits are.
        depth: how many commits, of the repository and of its submodules, when it is shallow.
        submodules: whether submodules are, and theirs.
        tags: whether all tags are.
    """

    shallow: bool = True
    depth: int = 20
    submodules: bool = True
    tags: bool = False

    @property
    def reach(self) -> int:
        """The depth to ask git for."""
        return self.depth if self.shallow else _ALL


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is fetched.

    Arguments:
        url: where from.
        ref: a branch, a tag or another ref; the commit, if it has none.
        commit: the commit.
        is_own: whether it is the repository that the caller works in.
    """

    url: str
    ref: str
    commit: str
    is_own: bool = False


def fetch_commit(git: Git, wanted: Wanted, fetch: Fetch, network: Network) -> None:
    """Fetch a commit, and tags if they are asked for.

    The commit is fetched by its ref, or where the ref has moved on or is gone, by itself. The tags come
    last: their histories add to that of the commit, which is as deep whatever was there before.

    Raises:
        UsageError: the repository has no such commit.
        FailedError: git could not fetch.
    """
    _fetch_commit(git, wanted, fetch, network)
    if fetch.tags:
        fetch_ref(git, wanted, _TAGS, fetch, network)


def fetch_ref(git: Git, wanted: Wanted, ref: str, fetch: Fetch, network: Network) -> None:
    """Fetch a ref, or a commit that has none.

    Raises:
        FailedError: git could not.
    """
    options = [f"--depth={fetch.reach}"]
    if wanted.is_own:
        options += [f"--upload-pack={_LOCAL_SERVER}"]
    always = ("fetch", "--quiet", "--force", "--no-tags", "--no-recurse-submodules")
    network.run(git, *always, *options, "--", wanted.url, _refspec(ref))


def update_submodules(git: Git, fetch: Fetch, network: Network) -> None:
    """Check submodules out that are not there yet, if they are asked for.

    Raises:
        FailedError: git could not.
    """
    if fetch.submodules:
        depth = (f"--depth={fetch.depth}",) if fetch.shallow else ()
        always = ("submodule", "--quiet", "update", "--init", "--recursive", "--force")
        network.run(git, *always, "--no-recommend-shallow", *depth)


def deepen_submodules(git: Git, fetch: Fetch, network: Network) -> None:
    """Bring the submodules that are there to the depth that is asked for, or remove them.

    Raises:
        FailedError: git could not.
    """
    if fetch.submodules:
        command = f'git fetch --quiet --no-tags --depth={fetch.reach} origin "$(git rev-parse HEAD)"'
        network.run(git, "submodule", "--quiet", "foreach", "--recursive", command)
    else:
        git.run("submodule", "--quiet", "deinit", "--all", "--force")


def _fetch_commit(git: Git, wanted: Wanted, fetch: Fetch, network: Network) -> None:
    has_ref = _has_fetched(git, wanted, fetch, network)
    if has_ref and git.ask("rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}") == wanted.commit:
        return
    try:
        fetch_ref(git, wanted, wanted.commit, fetch, network)
    except FailedError as failure:
        if has_ref:  # an old server gives no commit by itself
            fetch_ref(git, wanted, wanted.ref, dataclasses.replace(fetch, shallow=False), network)
        if not git.ask("rev-parse", "--verify", "--quiet", f"{wanted.commit}^{{commit}}"):
            raise _unknown(wanted, has_ref=has_ref) from failure


def _has_fetched(git: Git, wanted: Wanted, fetch: Fetch, network: Network) -> bool:
    try:
        fetch_ref(git, wanted, wanted.ref, fetch, network)
    except FailedError as failure:
        if "couldn't find remote ref" not in failure.text:
            raise
        return False
    return True


def _refspec(ref: str) -> str:
    """Keep branches and tags under the names that they would have in a clone."""
    if ref.startswith("refs/tags/"):
        return f"+{ref}:{ref}"
    if ref.startswith("refs/heads/"):
        return f"+{ref}:refs/remotes/origin/{ref.removeprefix('refs/heads/')}"
    return ref


def _unknown(wanted: Wanted, *, has_ref: bool) -> UsageError:
    what = f"commit {wanted.commit} of {wanted.ref}" if has_ref else wanted.ref
    message = f"{wanted.url} has no {what}."
    return UsageError([Problem("unknown-ref", message, hint="Has it been removed or replaced meanwhile?")])
