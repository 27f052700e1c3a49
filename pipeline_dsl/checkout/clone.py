"""Clones: build contexts that are git repositories, in docker's notation ``URL#ref:subdirectory``."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from pipeline_dsl.checkout.checkout import explained, new_directory
from pipeline_dsl.checkout.failure import FailedError
from pipeline_dsl.checkout.fetch import Fetch, Wanted, fetch_ref, update_submodules
from pipeline_dsl.checkout.network import Network
from pipeline_dsl.checkout.patch import is_ref
from pipeline_dsl.checkout.remote import project_of, remote_of
from pipeline_dsl.errors import Problem, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_OURS = Network()
_GIT_URL = re.compile(r"(?:git|ssh)://.*|github\.com/.*|git@[^/]+:.*|https?://[^#]+\.git(?:#.*)?")
_LAST = Fetch(depth=1)


def is_git_url(context: str) -> bool:
    """Tell whether docker would take a build context for a git repository."""
    return _GIT_URL.fullmatch(context) is not None


def clone(url: str, into: Path, network: Network = _OURS) -> Path:
    """Fetch a build context from a git repository; give its directory, which holds nothing of git's.

    Arguments:
        url: ``URL``, ``URL#ref``, ``URL#ref:subdirectory`` or ``URL#:subdirectory``.
        into: directory of the caller's below which the clone gets a directory. The caller removes it; after
            an error nothing of this clone is left.
        network: how git talks to servers.

    Raises:
        UsageError: it is no such URL, or the repository has no such ref or subdirectory.
        EngineError: git is not installed, or could not fetch.
        CancelledError: it was cancelled.
    """
    address, _, fragment = url.partition("#")
    ref, _, subdirectory = fragment.partition(":")
    remote = remote_of(f"https://{address}" if address.startswith("github.com/") else address)
    ref = ref or "HEAD"
    if not is_ref(ref):
        raise _unknown(ref, remote.url)
    with new_directory(into, project_of(remote.url).rpartition("/")[2]) as root:
        git = network.git(root, remote)
        with explained(ref, remote):
            git.run("init", "--quiet", "--template=")
            git.run("remote", "add", "origin", remote.url)
            try:
                fetch_ref(git, Wanted(remote.url, ref, ""), ref, _LAST, network)
            except FailedError as failure:
                if "couldn't find remote ref" not in failure.text:
                    raise
                raise _unknown(ref, remote.url) from failure
            git.run("checkout", "--quiet", "--force", "--detach", "FETCH_HEAD", timeout=network.timeout)
            update_submodules(git, _LAST, network)
        _forget_git(root)
        return _below(root, subdirectory, remote.url)


def _forget_git(root: Path) -> None:
    shutil.rmtree(root / ".git")
    for link in root.rglob(".git"):  # of submodules
        link.unlink()


def _below(root: Path, subdirectory: str, url: str) -> Path:
    found = (root / subdirectory.lstrip("/")).resolve()
    if not found.is_relative_to(root):
        message = f'The directory "{subdirectory}" lies outside the repository {url}.'
        raise UsageError([Problem("no-subdirectory", message)])
    if not found.is_dir():
        message = f'The repository {url} has no directory "{subdirectory}".'
        raise UsageError([Problem("no-subdirectory", message)])
    return found


def _unknown(ref: str, url: str) -> UsageError:
    hint = "Name a branch, a tag, or a commit by all its digits."
    return UsageError([Problem("unknown-ref", f'{url} has no ref "{ref}".', hint=hint)])
