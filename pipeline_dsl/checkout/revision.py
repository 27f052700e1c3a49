"""Revisions: the source code that a run is about, and what is known of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.checkout.patch import Patch
from pipeline_dsl.checkout.remote import project_of
from pipeline_dsl.checkout.repository import repository
from pipeline_dsl.checkout.source import GitRef, WorkingTree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.checkout.source import Source

_BRANCH = "refs/heads/"
_TAG = "refs/tags/"


@dataclasses.dataclass(frozen=True)
class Revision:
    """The source code that a run is about. What is not known is empty.

    Arguments:
        source: what was asked for.
        root: top of the files.
        directory: what is, in these files, the directory that the caller works in.
        project: path of the project: that of its remote, or without one the name of its directory.
        commit: the commit that is checked out; files of a working tree may differ from it.
        branch: the branch, if it is one.
        remote: where the repository is, without credentials.
        tag: the tag, if it is one.
        ref: full name of what was fetched.
        patch: what is known of a patch: ``system``, ``change``, ``patchset`` and ``target``, its branch.
    """

    source: Source
    root: Path
    directory: Path
    project: str
    commit: str = ""
    branch: str = ""
    remote: str = ""
    tag: str = ""
    ref: str = ""
    patch: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """The last part of the project's path."""
        return self.project.rpartition("/")[2]

    def variables(self) -> dict[str, str]:
        """Give what references such as ``${setup.commit}`` stand for: ``spec/pipelinelib.md`` §3.5.

        The names that begin with ``GIT_`` are those of Jenkins' git plugin.
        """
        tracked = f"origin/{self.branch}" if self.branch and self.remote else self.branch
        return {
            "project": self.project,
            "projectShortName": self.short_name,
            "commit": self.commit,
            "branch": self.branch,
            "remote": self.remote,
            "tag": self.tag,
            "GIT_COMMIT": self.commit,
            "GIT_URL": self.remote,
            "GIT_BRANCH": tracked or ("detached" if self.commit else ""),
            "GIT_LOCAL_BRANCH": self.branch,
        }


def describe(source: Source) -> Revision:
    """Say what is known of a source before anything is fetched. The files of a patch are nowhere yet.

    Raises:
        UsageError: the repository belongs to somebody else.
        EngineError: git is needed and not installed.
    """
    match source:
        case WorkingTree():
            return _working_tree(source)
        case GitRef():
            tree = _working_tree(WorkingTree(source.directory))
            return _of_ref(dataclasses.replace(tree, source=source), source.full_name, source.commit)
        case Patch():
            return _of_ref(_patch(source), source.ref, source.commit)


def _working_tree(source: WorkingTree) -> Revision:
    directory = source.directory.resolve()
    found = repository(directory)
    if found is None:
        return Revision(source, directory, directory, directory.name)
    remote, branch = found.remote(), found.branch
    return Revision(
        source,
        found.root,
        directory,
        project=(project_of(remote.url) if remote else "") or found.root.name,
        commit=found.commit("HEAD"),
        branch=branch,
        remote=remote.url if remote else "",
        ref=f"{_BRANCH}{branch}" if branch else "",
    )


def _patch(source: Patch) -> Revision:
    nowhere = Path()
    return Revision(source, nowhere, nowhere, source.project, remote=source.remote.url, patch=source.details)


def _of_ref(revision: Revision, ref: str, commit: str) -> Revision:
    branch = ref.removeprefix(_BRANCH) if ref.startswith(_BRANCH) else ""
    tag = ref.removeprefix(_TAG) if ref.startswith(_TAG) else ""
    return dataclasses.replace(revision, ref=ref, commit=commit, branch=branch, tag=tag)
