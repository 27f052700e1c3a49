"""What the steps of a run work with."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from pipeline_dsl.plan import slug
from pipeline_dsl.settings import Settings

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline_dsl.engine.docker import Docker
    from pipeline_dsl.engine.leftovers import RunDirectory
    from pipeline_dsl.engine.scope import Scope
    from pipeline_dsl.engine.steps.build import Builds
    from pipeline_dsl.plan import Plan, PlannedStage
    from pipeline_dsl.settings import Mask, Provided

RUN_LABEL = "pipeline-dsl.run"
"""The label by which containers and networks of a run are known."""


def temporary_repository(run_id: str) -> str:
    """Give the repository of the names that images have only as long as a run lasts."""
    return f"pipeline-dsl-run/{run_id}"


@dataclasses.dataclass(frozen=True)
class Options:
    """How to run a plan.

    Arguments:
        jobs: how many stages may run at the same time.
        keep_going: whether stages that do not need a failed one still run.
        pull: whether base images are pulled even if the engine has them.
        dry_run: whether to push nothing and start no other jobs, and say what would be.
        artifacts: directory to keep copied files in; None to keep none.
        settings: the operator's.
        secrets: the credentials that the plan asks for.
        environment: variables of the CI system that environments can refer to.
    """

    jobs: int
    keep_going: bool = False
    pull: bool = False
    dry_run: bool = False
    artifacts: Path | None = None
    settings: Settings = dataclasses.field(default_factory=Settings)
    secrets: Mapping[str, Provided] = dataclasses.field(default_factory=dict)
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Tools:
    """What all stages of a run share.

    Arguments:
        plan: what to do.
        docker: the engine.
        options: how to do it.
        builds: the builds of the run.
        directory: the run's own directory, which goes with it.
        cancel: when set, whatever is under way ends.
        mask: hides the secrets that the plan asks for.
    """

    plan: Plan
    docker: Docker
    options: Options
    builds: Builds
    directory: RunDirectory
    cancel: threading.Event
    mask: Mask

    @property
    def prefix(self) -> str:
        """What the names of the run's containers and networks begin with."""
        return f"pipeline-dsl-{self.directory.run_id}-"

    @property
    def labels(self) -> dict[str, str]:
        """Labels of whatever the run leaves on the engine for a while."""
        return {RUN_LABEL: self.directory.run_id, "pipeline-dsl.project": self.plan.project}

    def copied(self, pipeline: str, stage: str) -> Path:
        """Say where the files that a stage copies out go, as they lie in the project's root directory."""
        return self.directory.path / "copied" / _distinct(pipeline) / stage


@dataclasses.dataclass(frozen=True)
class Work:
    """A stage at work.

    Arguments:
        planned: the stage.
        scope: what it can refer to.
        tools: what it works with.
    """

    planned: PlannedStage
    scope: Scope
    tools: Tools

    @property
    def name(self) -> str:
        """A name for what belongs to the stage on the engine, such as its container."""
        planned = self.planned
        return f"{self.tools.prefix}{_distinct(planned.pipeline)}-{planned.name}"

    @property
    def lent_name(self) -> str:
        """A name for the stage's image, good as long as the run lasts."""
        repository = temporary_repository(self.tools.directory.run_id)
        return f"{repository}:{_distinct(self.planned.pipeline)}-{self.planned.name}"


def _distinct(name: str) -> str:
    """Make a name fit for the engine, and different from what any other name becomes."""
    fit = slug(name)
    return fit if fit == name else f"{fit}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
