"""The git repository that a directory lies in."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

from pipeline_dsl.checkout.failure import FailedError
from pipeline_dsl.checkout.git import Git
from pipeline_dsl.checkout.remote import Remote, remote_of
from pipeline_dsl.errors import Problem, UsageError


@dataclasses.dataclass(frozen=True)
class Repository:
    """A repository.

    Arguments:
        root: top of the working tree.
        store: where git keeps the history.
        below: path of the directory within the working tree.
        git: runs commands in the directory.
    """

    root: Path
    store: Path
    below: Path
    git: Git

    def commit(self, name: str) -> str:
        """Give the commit of a branch, tag or anything else that names one; empty for none."""
        return self.git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def full_name(self, name: str) -> str:
        """Give the full name of a branch or tag, such as ``refs/heads/main``; empty for what has none."""
        full = self.git.ask("rev-parse", "--verify", "--quiet", "--symbolic-full-name", name)
        return full if full.startswith("refs/") else ""

    def names(self) -> list[str]:
        """Give the short names of all branches and tags."""
        return self.git.run("for-each-ref", "--format=%(refname:short)").splitlines()

    @functools.cached_property
    def branch(self) -> str:
        """The branch that is checked out; empty for none."""
        return self.git.ask("symbolic-ref", "--quiet", "--short", "HEAD")

    def remote(self) -> Remote | None:
        """Give the remote that the branch follows, else ``origin``, else the first one."""
        # All at once: each question to git is a process.
        told = self.git.ask("config", "--null", "--get-regexp", r"^(remote\..*\.url|branch\..*\.remote)$")
        settings = dict(setting.partition("\n")[::2] for setting in told.split("\0"))
        urls = {key: url for key, url in sorted(settings.items()) if key.startswith("remote.")}
        followed = settings.get(f"branch.{self.branch}.remote", "origin")
        wanted = (f"remote.{followed}.url", "remote.origin.url", *urls)
        url = next((urls[key] for key in wanted if urls.get(key)), "")
        if not url:
            return None
        remote = remote_of(url)
        is_path = remote.is_local and "://" not in url
        return dataclasses.replace(remote, url=str((self.root / url).resolve())) if is_path else remote


def repository(directory: Path) -> Repository | None:
    """Find the repository that a directory lies in; None where it lies in none.

    Raises:
        UsageError: it belongs to somebody else.
        EngineError: git is not installed.
    """
    start = directory.resolve()
    top = next((place for place in (start, *start.parents) if (place / ".git").exists()), None)
    if top is None:
        return None
    git = Git(start, _trust(top, start))
    try:
        store = git.run("rev-parse", "--path-format=absolute", "--git-common-dir")
        root = git.run("rev-parse", "--path-format=absolute", "--show-toplevel")
    except FailedError as failure:
        if "not a git repository" in failure.text:  # such as a worktree whose repository is elsewhere
            return None
        if "dubious ownership" not in failure.text:
            raise UsageError([failure.problem("no-repository", f"{top} cannot be used")]) from failure
        message = f"The git repository in {top} belongs to another user."
        hint = f"If you trust it: git config --global --add safe.directory {top}"
        raise UsageError([Problem("untrusted-repository", message, hint=hint)]) from failure
    return Repository(Path(root), Path(store), start.relative_to(root), git)


def existing_repository(directory: Path, hint: str = "") -> Repository:
    """Find the repository that a directory lies in.

    Arguments:
        directory: the directory.
        hint: what to do if it lies in none.

    Raises:
        UsageError: it lies in none, or in somebody else's.
        EngineError: git is not installed.
    """
    found = repository(directory)
    if found is None:
        message = f"{directory.resolve()} is in no git repository."
        raise UsageError([Problem("no-repository", message, hint=hint)])
    return found


def _trust(top: Path, directory: Path) -> tuple[tuple[str, str], ...]:
    """Trust the repository of whoever owns the directory: we evaluate that one's pipeline file anyway."""
    is_same = (top / ".git").stat().st_uid == directory.stat().st_uid
    return (("safe.directory", str(top)),) if is_same else ()
