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
    from typing import BinaryIO

    from pipeline_dsl.cache.key import Key
    from pipeline_dsl.cache.store import Record
    from pipeline_dsl.engine.docker import Docker
    from pipeline_dsl.engine.leftovers import RunDirectory
    from pipeline_dsl.engine.memory import Memory
    from pipeline_dsl.engine.scope import Scope
    from pipeline_dsl.engine.steps.bases import Bases
    from pipeline_dsl.engine.steps.build import Builds, Built
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
        no_cache: whether all is done anew, whatever was done before.
        rerun: names of the stages whose containers run although they have passed before; all if it is empty,
            none if it is None.
        expect_cached: whether it is a failure if there is anything to do.
    """

    jobs: int
    keep_going: bool = False
    pull: bool = False
    dry_run: bool = False
    artifacts: Path | None = None
    settings: Settings = dataclasses.field(default_factory=Settings)
    secrets: Mapping[str, Provided] = dataclasses.field(default_factory=dict)
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    no_cache: bool = False
    rerun: tuple[str, ...] | None = None
    expect_cached: bool = False

    def runs_again(self, stage: str) -> bool:
        """Tell whether the container of a stage runs although it has passed before."""
        return self.no_cache or (self.rerun is not None and (not self.rerun or stage in self.rerun))


@dataclasses.dataclass(frozen=True)
class Tools:
    """What all stages of a run share.

    Arguments:
        plan: what to do.
        docker: the engine.
        options: how to do it.
        bases: looks after images that exist already.
        builds: the builds of the run.
        memory: what earlier runs have left, and this one leaves.
        directory: the run's own directory, which goes with it.
        cancel: when set, whatever is under way ends.
        mask: hides the secrets that the plan asks for.
    """

    plan: Plan
    docker: Docker
    options: Options
    bases: Bases
    builds: Builds
    memory: Memory
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


@dataclasses.dataclass
class Results:
    """What the steps of a stage have come to, for those after them.

    Arguments:
        image: the image that it built.
        key: what its run depends on; None if it is not to be cached.
        record: what came of that run, if it passed before, and is not done again.
        files: what it copied then, packed; None where nobody wants it.
        seconds: how long it took.
        is_good: whether all steps have passed so far.
    """

    image: Built | None = None
    key: Key | None = None
    record: Record | None = None
    files: BinaryIO | None = None
    seconds: float = 0
    is_good: bool = True


@dataclasses.dataclass(frozen=True)
class Work:
    """A stage at work.

    Arguments:
        planned: the stage.
        scope: what it can refer to.
        tools: what it works with.
        results: what its steps have come to so far.
    """

    planned: PlannedStage
    scope: Scope
    tools: Tools
    results: Results = dataclasses.field(default_factory=Results)

    @property
    def are_files_wanted(self) -> bool:
        """Whether somebody wants the files that the stage copies out."""
        place = (self.planned.pipeline, self.planned.name)
        is_wanted = self.tools.options.artifacts is not None or place in self.tools.plan.givers
        return is_wanted and bool(self.planned.stage.copy)

    @property
    def subject(self) -> str:
        """What the stage's run is remembered by, beside its key."""
        return f"{self.tools.plan.project}/{self.planned.pipeline}/{self.planned.name}"

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
