"""Building the image of a variant."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from pipeline_dsl.engine.docker import BuildRequest, BuildResult, EngineImage
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.once import Once
from pipeline_dsl.engine.tarball import pack

if TYPE_CHECKING:
    import threading

    from pipeline_dsl.engine.docker import Docker, Output
    from pipeline_dsl.plan import PlannedBuild


class Builds:
    """The builds of a run: each variant is built once, each base image looked after once.

    Arguments:
        docker: the engine.
        pull: whether base images are pulled even if the engine has them.
        cancel: when set, builds and pulls end.
    """

    def __init__(self, docker: Docker, *, pull: bool, cancel: threading.Event) -> None:
        self._docker = docker
        self._pull = pull
        self._cancel = cancel
        self._images: Once[str, EngineImage] = Once()
        self._built: Once[str, BuildResult] = Once()

    def build(self, planned: PlannedBuild, output: Output) -> BuildResult:
        """Build an image, or give the one that another stage has built of the same variant.

        Raises:
            StepError: an image that it needs cannot be pulled, or an instruction failed.
            EngineError: the engine cannot be reached or failed by itself.
            Cancelled: ``cancel`` was set meanwhile.
        """
        return self._built.get(planned.variant, functools.partial(self._build, planned, output))

    def _build(self, planned: PlannedBuild, output: Output) -> BuildResult:
        platform = planned.parameters.platform
        images = {name: self._image(name, platform, output) for name in planned.dockerfile.images}
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
        return self._docker.build(request, output, self._cancel)

    def _image(self, reference: str, platform: str, output: Output) -> EngineImage:
        return self._images.get(reference, functools.partial(self._look_after, reference, platform, output))

    def _look_after(self, reference: str, platform: str, output: Output) -> EngineImage:
        present = None if self._pull else self._docker.image(reference)
        if present is None or (platform and present.platform != platform):
            return self._docker.pull(reference, output, self._cancel, platform)
        return present
