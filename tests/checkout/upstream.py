"""Repositories that tests write."""

from __future__ import annotations

import dataclasses
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def git(directory: Path, *words: str | Path) -> str:
    """Run a git command; give what it prints."""
    command = ["git", "-c", "protocol.file.allow=always", *map(str, words)]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclasses.dataclass(frozen=True)
class Upstream:
    """A bare repository and a clone of it in which commits are made.

    Arguments:
        bare: the repository that is fetched from.
        work: the clone.
    """

    bare: Path
    work: Path

    def commit(self, text: str = "", file: str = "file") -> str:
        """Add a line to a file and commit it; give the commit."""
        path = self.work / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as stream:
            stream.write(f"{text}\n")
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--message", text or "a line")
        return git(self.work, "rev-parse", "HEAD")

    def push(self, ref: str = "refs/heads/main") -> str:
        """Make a ref of the bare repository what the clone has checked out; give the commit."""
        git(self.work, "push", "--quiet", "--force", "origin", f"HEAD:{ref}")
        return git(self.work, "rev-parse", "HEAD")

    def history(self, commits: int) -> str:
        """Commit so many times on the main branch and push that; give the last commit."""
        for number in range(commits):
            self.commit(f"line {number}")
        return self.push()


def new_upstream(root: Path, project: str) -> Upstream:
    """Make an empty one; ``project`` is its path below the root."""
    bare, work = root / "served" / project, root / "work" / project
    bare.mkdir(parents=True)
    work.mkdir(parents=True)
    git(bare, "init", "--quiet", "--bare", "--initial-branch=main")
    git(work, "init", "--quiet", "--initial-branch=main")
    git(work, "remote", "add", "origin", bare)
    return Upstream(bare, work)


def depth(root: Path) -> int:
    """Count the commits that a checkout has."""
    return int(git(root, "rev-list", "--count", "HEAD"))


def files(root: Path) -> list[str]:
    """List the files of a directory, without those of git."""
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(str(path) for path in paths if ".git" not in path.parts)
