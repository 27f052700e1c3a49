"""Checkouts: the files of a source, in a directory of their own."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.checkout.failure import FailedError
from pipeline_dsl.checkout.fetch import (
    Fetch,
    Wanted,
    deepen_submodules,
    fetch_commit,
    update_submodules,
)
from pipeline_dsl.checkout.network import Network
from pipeline_dsl.checkout.patch import Patch
from pipeline_dsl.checkout.remote import Remote
from pipeline_dsl.checkout.repository import existing_repository
from pipeline_dsl.checkout.revision import describe
from pipeline_dsl.checkout.source import GitRef, WorkingTree
from pipeline_dsl.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.checkout.git import Git
    from pipeline_dsl.checkout.revision import Revision
    from pipeline_dsl.checkout.source import Source

_OURS = Network()


@dataclasses.dataclass(frozen=True)
class _Origin:
    """Where a checkout comes from.

    Arguments:
        wanted: what is fetched.
        remote: what the addresses of submodules are relative to.
    """

    wanted: Wanted
    remote: Remote


def checkout(source: Source, fetch: Fetch, into: Path, network: Network = _OURS) -> Revision:
    """Check a source out. Of a working tree nothing is copied: its files are used where they lie.

    Arguments:
        source: what to check out.
        fetch: how much of it.
        into: directory of the caller's, made if need be, below which the checkout gets a directory. The
            caller removes it; after an error nothing of this checkout is left.
        network: how git talks to servers.

    Raises:
        UsageError: there is no such ref or commit.
        EngineError: git is not installed, or could not fetch.
        CancelledError: it was cancelled.
    """
    described = describe(source)
    if isinstance(source, WorkingTree):
        return described
    with new_directory(into, described.short_name) as root:
        below = described.directory.relative_to(described.root)
        revision = dataclasses.replace(described, root=root, directory=root / below)
        origin = _origin(source)
        git = network.git(root, origin.remote)
        with explained(origin.wanted.ref, origin.remote):
            git.run("init", "--quiet", "--template=", f"--object-format={_hash(revision.commit)}")
            git.run("remote", "add", "origin", origin.remote.url)
            fetch_commit(git, origin.wanted, fetch, network)
            _check_out(git, revision.commit, network)
            update_submodules(git, fetch, network)
    return revision


def deepen(revision: Revision, fetch: Fetch, network: Network = _OURS) -> None:
    """Bring a checkout to other options than it was made with; tags that are there stay.

    Arguments:
        revision: the checkout; in a working tree nothing changes.
        fetch: how much of it there is to be.
        network: how git talks to servers.

    Raises:
        UsageError: the commit is not there any more.
        EngineError: git is not installed, or could not fetch.
        CancelledError: it was cancelled.
    """
    if isinstance(revision.source, WorkingTree):
        return
    origin = _origin(revision.source)
    git = network.git(revision.root, origin.remote)
    with explained(origin.wanted.ref, origin.remote):
        fetch_commit(git, origin.wanted, fetch, network)
        update_submodules(git, fetch, network)
        deepen_submodules(git, fetch, network)


@contextlib.contextmanager
def new_directory(into: Path, name: str) -> Iterator[Path]:
    """Make a directory of this name in a new one; both are removed if an exception is raised."""
    into.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="checkout-", dir=into)).resolve()
    try:
        root = place / (name if name.strip(".") else "checkout")
        root.mkdir()
        yield root
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


@contextlib.contextmanager
def explained(ref: str, remote: Remote) -> Iterator[None]:
    """Say what failed where git did.

    Raises:
        EngineError: it did.
    """
    try:
        yield
    except FailedError as failure:
        what = f"git could not check out {ref} from {remote.url}"
        raise EngineError([failure.problem("checkout-failed", what)]) from failure


def _origin(source: GitRef | Patch) -> _Origin:
    if isinstance(source, Patch):
        return _Origin(Wanted(source.remote.url, source.ref, source.commit), source.remote)
    found = existing_repository(source.directory)
    url = found.store.as_uri()
    ref = source.full_name or source.commit
    return _Origin(Wanted(url, ref, source.commit, is_own=True), found.remote() or Remote(url))


def _check_out(git: Git, commit: str, network: Network) -> None:
    """Write the files; filters such as that of Git LFS may use the network."""
    git.run("checkout", "--quiet", "--force", "--detach", commit, timeout=network.timeout)


def _hash(commit: str) -> str:
    return "sha1" if len(commit) == 40 else "sha256"  # noqa: PLR2004 -- hexadecimal digits of a SHA-1
