"""Building the image of a variant."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

from pipeline_dsl.engine.docker import BuildRequest, BuildResult, Cancelled, EngineImage
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.limit import Deadline
from pipeline_dsl.engine.once import Once
from pipeline_dsl.engine.tarball import pack
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import Docker, Output
    from pipeline_dsl.engine.limit import Limit
    from pipeline_dsl.model.steps import PullPolicy
    from pipeline_dsl.plan import PlannedBuild


class Builds:
    """The builds of a run: each image is built once, each base image looked after once.

    Arguments:
        docker: the engine.
        pull: when base images are pulled, where a build does not say so itself.
        limits: how long a build, and a pull, may take; None for as long as it likes.
        cancel: when set, builds and pulls end.
    """

    def __init__(
        self,
        docker: Docker,
        *,
        pull: PullPolicy,
        cancel: threading.Event,
        limits: tuple[Limit | None, Limit | None] = (None, None),
    ) -> None:
        self._docker = docker
        self._pull = pull
        self._cancel = cancel
        self._build_limit, self._pull_limit = limits
        self._images: Once[tuple[str, PullPolicy], EngineImage] = Once()
        self._built: Once[PlannedBuild, BuildResult] = Once()
        self._own: set[str] = set()

    def lend(self, image: str, name: str) -> None:
        """Give an image a name by which later builds find it; it is never pulled by that."""
        self._docker.tag(image, name)
        self._own.add(name)

    def fetch(self, reference: str, output: Output) -> EngineImage:
        """Have an image in the engine that exists already; pull it as the settings say."""
        make = functools.partial(self._look_after, reference, self._pull, "", output)
        return self._images.get((reference, self._pull), make)

    def build(self, planned: PlannedBuild, output: Output) -> BuildResult:
        """Build an image, or give the one that another stage has built by the same plan.

        Raises:
            StepError: an image that it needs cannot be pulled, or an instruction failed.
            EngineError: the engine cannot be reached or failed by itself.
            Cancelled: ``cancel`` was set meanwhile.
        """
        if planned.is_open:
            raise ValueError("an open build is settled first")
        return self._built.get(planned, functools.partial(self._build, planned, output))

    def _build(self, planned: PlannedBuild, output: Output) -> BuildResult:
        platform = planned.parameters.platform
        images = {name: self._image(name, planned, output) for name in planned.dockerfile.images}
        for name, image in images.items():
            if image.triggers:
                output(Stream.PROGRESS, f"{name} has ONBUILD triggers, which the engine executes.")
        written = planned.dockerfile_on({name: image.environment for name, image in images.items()})
        request = BuildRequest(
            dockerfile=written.text,
            target=written.target,
            context=functools.partial(pack, planned.files),
            tags=planned.tags,
            arguments=planned.parameters.arguments,
            platform=platform,
        )
        with self._in_time("the build", self._build_limit) as deadline:
            return self._docker.build(request, output, deadline)

    def _image(self, reference: str, planned: PlannedBuild, output: Output) -> EngineImage:
        policy: PullPolicy = "never" if reference in self._own else planned.source.pull or self._pull
        make = functools.partial(self._look_after, reference, policy, planned.parameters.platform, output)
        return self._images.get((reference, policy), make)

    def _look_after(self, reference: str, policy: PullPolicy, platform: str, output: Output) -> EngineImage:
        present = None if policy == "always" else self._docker.image(reference)
        if present is not None and (not platform or present.platform == platform):
            return present
        if policy == "never":
            message = f"the engine has no image {reference}, and it is not to be pulled."
            raise StepError([Problem("image-not-pulled", message, hint='Allow it: pull="missing".')])
        with self._in_time(f"the pull of {reference}", self._pull_limit) as deadline:
            return self._docker.pull(reference, output, deadline, platform)

    @contextlib.contextmanager
    def _in_time(self, what: str, limit: Limit | None) -> Iterator[threading.Event]:
        try:
            yield Deadline(self._cancel, limit)
        except Cancelled as error:
            if limit is None or self._cancel.is_set():
                raise
            message = f"{what} was ended: it took longer than {limit}."
            raise StepError([Problem("timed-out", message, hint="Give it more time there.")]) from error
