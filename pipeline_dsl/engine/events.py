"""What the engine tells the world while it works: plain data, and the only way out of it."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from typing import TypeAlias


class Status(enum.Enum):
    """How a step, a stage or a whole run ended."""

    PASSED = "passed"
    CACHED = "cached"
    """Passed without anything being done: it was done before, of the same."""
    FAILED = "failed"
    """A build or a container ended in failure."""
    BROKEN = "broken"
    """The engine could not be reached, or failed by itself."""
    CANCELLED = "cancelled"
    """Ended by us before it was through: by Ctrl-C, or because something else failed."""
    NOT_RUN = "not run"
    """Never started: something that it needs did not pass, or the run had ended."""

    @property
    def is_good(self) -> bool:
        """Whether what needs it can go on."""
        return self in {Status.PASSED, Status.CACHED}


class Stream(enum.Enum):
    """Where a line of output comes from."""

    STDOUT = "stdout"
    STDERR = "stderr"
    PROGRESS = "progress"
    """The engine's own words: the name of a build step, the state of a pull."""


@dataclasses.dataclass(frozen=True, order=True)
class StageId:
    """The name of a stage within a run.

    Arguments:
        pipeline: name of its pipeline.
        stage: name of the stage, unique in its pipeline.
    """

    pipeline: str
    stage: str


@dataclasses.dataclass(frozen=True)
class StepOutline:
    """A step that a run is going to take.

    Arguments:
        kind: ``build``, ``run`` and later ones; unique in its stage.
        title: what it does in a few words, such as ``production`` or ``npm test``.
    """

    kind: str
    title: str


@dataclasses.dataclass(frozen=True)
class StageOutline:
    """A stage that a run is going to take.

    Arguments:
        id: its name.
        steps: its steps in order.
        needs: names of the stages of the same pipeline that it waits for.
    """

    id: StageId
    steps: tuple[StepOutline, ...]
    needs: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class RunStarted:
    """A run begins. ``stages`` holds every stage of it, in an order in which they could run one by one."""

    project: str
    stages: tuple[StageOutline, ...]


@dataclasses.dataclass(frozen=True)
class StageStarted:
    """A stage begins: all that it needs has passed."""

    stage: StageId


@dataclasses.dataclass(frozen=True)
class StepStarted:
    """A step of a stage begins."""

    stage: StageId
    step: StepOutline


@dataclasses.dataclass(frozen=True)
class StepOutput:
    """One line that a step printed, without its line end."""

    stage: StageId
    step: StepOutline
    stream: Stream
    line: str


@dataclasses.dataclass(frozen=True)
class StepEnded:
    """A step is over.

    Arguments:
        stage: the stage it belongs to.
        step: the step.
        status: how it ended.
        seconds: how long it took.
        detail: its outcome in a few words, such as ``all 14 layers cached`` or ``exit code 1``.
        problem: for a step that did not pass, why, in full; else empty.
    """

    stage: StageId
    step: StepOutline
    status: Status
    seconds: float
    detail: str = ""
    problem: str = ""


@dataclasses.dataclass(frozen=True)
class StageEnded:
    """A stage is over, or will not be run.

    Arguments:
        stage: the stage.
        status: how it ended.
        seconds: how long it took; 0 for one that was not run.
        reason: for one that was not run, why, such as ``test failed``; else empty.
    """

    stage: StageId
    status: Status
    seconds: float
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class RunEnded:
    """The run is over; its status is the worst of its stages'.

    Arguments:
        status: how it ended.
        seconds: how long it took.
        problems: troubles that belong to no stage, such as a container that could not be removed.
    """

    status: Status
    seconds: float
    problems: tuple[str, ...] = ()


Event: TypeAlias = RunStarted | StageStarted | StepStarted | StepOutput | StepEnded | StageEnded | RunEnded
Emit: TypeAlias = Callable[[Event], None]
"""Takes one event. Called from several threads, but never by two at the same time."""
