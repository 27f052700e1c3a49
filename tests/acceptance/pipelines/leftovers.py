"""What a run may leave behind, and should not."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.cache.images import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker


@dataclasses.dataclass(frozen=True)
class Leftovers:
    """Finds what runs have left behind.

    Arguments:
        docker: the engine.
        state: directory of the command line's records.
        temporary: directory of its temporary files.
    """

    docker: SdkDocker
    state: Path
    temporary: Path

    def of(self, project: str) -> list[str]:
        """Name all that runs of a project have left; the images that bear its name are meant to stay."""
        return sorted([*self.containers(project), *self.networks(project), *self.tags(project), *self.files])

    def containers(self, project: str) -> list[str]:
        """Name the project's containers, running or not."""
        found = self.docker.api.containers(all=True, filters={"label": _label(project)})
        return [str(one["Names"][0]).removeprefix("/") for one in found]

    def networks(self, project: str) -> list[str]:
        """Name the project's networks."""
        return [str(one["Name"]) for one in self.docker.api.networks(filters={"label": _label(project)})]

    def tags(self, project: str) -> list[str]:
        """Give the references by which the engine has images of the project, the usual ones left out."""
        images = self.docker.api.images(filters={"label": _label(project)})
        references = [str(tag) for image in images for tag in image["RepoTags"] or ()]
        usual = (f"pipeline-dsl/{project}:", f"{REPOSITORY}:", "<none>")
        return [reference for reference in references if not reference.startswith(usual)]

    @property
    def files(self) -> list[str]:
        """Give the paths of files and directories; locks, which are empty files, stay for later runs."""
        records = self.state / "pipeline-dsl" / "runs"
        left = [*self.temporary.rglob("*"), *records.rglob("*")]
        return [str(path) for path in left if path != records / ".lock"]


def _label(project: str) -> str:
    return f"pipeline-dsl.project={project}"
