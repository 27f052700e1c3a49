"""The CI systems whose variables name a patch."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pipeline_dsl.checkout.patch import Patch
from pipeline_dsl.checkout.remote import remote_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclasses.dataclass(frozen=True)
class System:
    """A CI system.

    Arguments:
        needs: variables that have to be there, each with those that can stand for it.
        read: makes the patch of all variables; those that are not there are empty.
    """

    needs: tuple[tuple[str, ...], ...]
    read: Callable[[_Variables], Patch]

    def missing(self, environ: Mapping[str, str]) -> list[str]:
        """Name what is needed and not there."""
        return [" or ".join(names) for names in self.needs if not any(environ.get(name) for name in names)]

    def patch(self, environ: Mapping[str, str]) -> Patch:
        """Read the patch, of which nothing is missing."""
        return self.read(_Variables(environ))


@dataclasses.dataclass(frozen=True)
class _Variables:
    """Gives variables by name."""

    environ: Mapping[str, str]

    def __call__(self, *names: str) -> str:
        """Give the first of them that is not empty."""
        return next((self.environ[name] for name in names if self.environ.get(name)), "")


def _zuul(variables: _Variables) -> Patch:
    project = variables("ZUUL_PROJECT").strip("/")
    return Patch(
        "zuul",
        remote_of(f"{variables('ZUUL_URL').rstrip('/')}/{project}"),
        project,
        variables("ZUUL_REF"),
        variables("ZUUL_COMMIT"),
        variables("ZUUL_CHANGE"),
        variables("ZUUL_PATCHSET"),
        variables("ZUUL_BRANCH"),
    )


def _gerrit(variables: _Variables) -> Patch:
    port = variables("GERRIT_PORT")
    host = f"{variables('GERRIT_HOST')}:{port}" if port else variables("GERRIT_HOST")
    project = variables("GERRIT_PROJECT").strip("/")
    return Patch(
        "gerrit",
        remote_of(f"{variables('GERRIT_SCHEME') or 'ssh'}://{host}/{project}"),
        project,
        variables("GERRIT_REFSPEC", "GERRIT_REFNAME"),
        variables("GERRIT_PATCHSET_REVISION", "GERRIT_NEWREV"),
        variables("GERRIT_CHANGE_NUMBER"),
        variables("GERRIT_PATCHSET_NUMBER"),
        variables("GERRIT_BRANCH"),
    )


def _gitlab(variables: _Variables) -> Patch:
    return Patch(
        "gitlab",
        remote_of(variables("CI_REPOSITORY_URL")),
        variables("CI_PROJECT_PATH"),
        _gitlab_ref(variables),
        variables("CI_COMMIT_SHA"),
        variables("CI_MERGE_REQUEST_IID"),
        target=variables("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
    )


def _gitlab_ref(variables: _Variables) -> str:
    """Give what the pipeline is of; a fork has the branch of a merge request, but not its ref."""
    request, branch = variables("CI_MERGE_REQUEST_REF_PATH"), variables("CI_COMMIT_BRANCH")
    if request and variables("CI_MERGE_REQUEST_PROJECT_PATH") in ("", variables("CI_PROJECT_PATH")):
        return request
    if tag := variables("CI_COMMIT_TAG"):
        return f"refs/tags/{tag}"
    return f"refs/heads/{branch or variables('CI_MERGE_REQUEST_SOURCE_BRANCH_NAME', 'CI_COMMIT_REF_NAME')}"


def _github(variables: _Variables) -> Patch:
    project, ref = variables("GITHUB_REPOSITORY"), variables("GITHUB_REF")
    remote = remote_of(f"{variables('GITHUB_SERVER_URL').rstrip('/')}/{project}")
    if token := variables("GITHUB_TOKEN"):
        remote = dataclasses.replace(remote, username="x-access-token", password=token)
    request = re.fullmatch(r"refs/pull/(\d+)/\w+", ref)
    change = request[1] if request else ""
    target = variables("GITHUB_BASE_REF")
    return Patch("github", remote, project, ref, variables("GITHUB_SHA"), change, target=target)


SYSTEMS: Mapping[str, System] = {
    "zuul": System((("ZUUL_URL",), ("ZUUL_PROJECT",), ("ZUUL_REF",), ("ZUUL_COMMIT",)), _zuul),
    "gerrit": System(
        (
            ("GERRIT_HOST",),
            ("GERRIT_PROJECT",),
            ("GERRIT_REFSPEC", "GERRIT_REFNAME"),
            ("GERRIT_PATCHSET_REVISION", "GERRIT_NEWREV"),
        ),
        _gerrit,
    ),
    "gitlab": System(
        (
            ("CI_REPOSITORY_URL",),
            ("CI_PROJECT_PATH",),
            ("CI_COMMIT_SHA",),
            ("CI_MERGE_REQUEST_REF_PATH", "CI_COMMIT_TAG", "CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME"),
        ),
        _gitlab,
    ),
    "github": System(
        (("GITHUB_SERVER_URL",), ("GITHUB_REPOSITORY",), ("GITHUB_REF",), ("GITHUB_SHA",)), _github
    ),
}
"""By the name that ``--from`` takes; the variables of Zuul are those of ``spec/pipelinelib.md`` §6."""
