"""Building the image of a variant, or finding the one that was built of the same before."""

from __future__ import annotations

import dataclasses
import functools
import time
from typing import TYPE_CHECKING

from pipeline_dsl.cache.ahead import Ahead
from pipeline_dsl.cache.images import image_key
from pipeline_dsl.cache.images import reference as cache_reference
from pipeline_dsl.context.division import divide
from pipeline_dsl.engine.docker import BuildRequest, BuildResult, LocalFiles
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.expectation import unexpected
from pipeline_dsl.engine.limit import in_time
from pipeline_dsl.engine.once import Once
from pipeline_dsl.engine.steps.explanation import image_explanation, image_subject
from pipeline_dsl.engine.tarball import pack
from pipeline_dsl.errors import PipelineError
from pipeline_dsl.plan.keys import image_ingredients
from pipeline_dsl.plan.planned import blamed_on_variant
from pipeline_dsl.plan.reasons import summary

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from pipeline_dsl.cache.key import Json, Key
    from pipeline_dsl.cache.store import Record
    from pipeline_dsl.context.contexts import ContextRequest, Contexts
    from pipeline_dsl.context.manifest import Manifest
    from pipeline_dsl.engine.docker import Docker, EngineImage, Output
    from pipeline_dsl.engine.limit import Limit
    from pipeline_dsl.engine.memory import Memory
    from pipeline_dsl.engine.steps.bases import Bases
    from pipeline_dsl.model.steps import PullPolicy
    from pipeline_dsl.plan import PlannedBuild
    from pipeline_dsl.plan.reasons import Reason


@dataclasses.dataclass(frozen=True)
class Built:
    """An image, built just now or before.

    Arguments:
        planned: how it is built.
        key: what stands for all that it is made of.
        image: its id; empty for one that is in the cache repository, and not in the engine so far.
        result: what the engine said of the build; None for an image that was built before.
        age: seconds since it was built; None if that is not known.
        is_certain: whether it is certain that the key stands for it: no base image has moved meanwhile.
    """

    planned: PlannedBuild
    key: Key
    image: str
    result: BuildResult | None = None
    age: float | None = None
    is_certain: bool = True


@dataclasses.dataclass(frozen=True)
class BuildRules:
    """What holds for all builds of a run.

    Arguments:
        project: the project's name.
        no_cache: build every step anew.
        expect_cached: fail where an image would be built.
        limit: how long a build may take; None for as long as it likes.
    """

    project: str
    no_cache: bool = False
    expect_cached: bool = False
    limit: Limit | None = None


class Builds:
    """The builds of a run: each image is built once.

    Arguments:
        docker: the engine.
        bases: looks after what images start from.
        contexts: reads the files that they are made of.
        memory: what earlier runs have left.
        rules: what holds for all builds.
        cancel: when set, builds end.
    """

    def __init__(  # noqa: PLR0913 -- all that a build needs
        self,
        docker: Docker,
        bases: Bases,
        contexts: Contexts,
        memory: Memory,
        *,
        rules: BuildRules,
        cancel: threading.Event,
    ) -> None:
        self._docker = docker
        self._bases = bases
        self._contexts = contexts
        self._memory = memory
        self._rules = rules
        self._cancel = cancel
        self._built: Once[PlannedBuild, Built] = Once()
        self._brought: Once[str, str] = Once()
        self._keys: dict[str, str] = {}
        self._platform: Once[str, str] = Once()

    def build(self, planned: PlannedBuild, output: Output) -> Built:
        """Find an image that was built of the same before, or build it.

        Raises:
            StepError: an image that it needs cannot be pulled, or an instruction failed.
            DefinitionError: files that it takes are missing.
            EngineError: the engine cannot be reached or failed by itself.
            Cancelled: the run was cancelled meanwhile.
        """
        if planned.context is None:
            raise ValueError("an open build is settled first")
        make = functools.partial(self._build, planned, planned.context, output)
        return self._built.get(planned, make)

    def image(self, built: Built, output: Output) -> str:
        """Have an image in the engine, and give its id.

        Raises what ``build`` does.
        """
        if built.image:
            return built.image
        return self._brought.get(built.key.digest, functools.partial(self._bring, built, output))

    def key_of(self, image: str) -> str:
        """Give what tells the content of an image: its key, if it was built by this run, or its id."""
        return self._keys.get(image.removeprefix("sha256:"), image)

    def _build(self, planned: PlannedBuild, context: ContextRequest, output: Output) -> Built:
        with blamed_on_variant(planned.variants[-1]):
            files = self._contexts.digest(context)
        bases = {name: self._bases.digest(name, output, *_how(planned)) for name in planned.dockerfile.images}
        key = self._key(planned, files, bases)
        found = self._find(planned, key, output) if self._memory.is_asked else None
        built = found or self._make(planned, context, key, output)
        if built.image and built.is_certain:
            self._keys[built.image.removeprefix("sha256:")] = built.key.digest
        return built

    def _key(self, planned: PlannedBuild, files: str, bases: Mapping[str, str]) -> Key:
        own = self._platform.get("", lambda: self._docker.version().platform)
        platform = planned.parameters.platform or own
        return image_key(image_ingredients(planned), files, list(bases.values()), platform)

    def _find(self, planned: PlannedBuild, key: Key, output: Output) -> Built | None:
        record = self._memory.find(key, self._subject(planned))
        image = self._docker.image(cache_reference(key.digest))
        if image:
            for tag in planned.tags:
                if tag not in image.tags:
                    self._docker.tag(image.id, tag)
            if record is None:
                result: dict[str, Json] = {"image": image.id, "manifest": None}
                self._memory.write(key, self._subject(planned), result, 0)
            return Built(planned, key, image.id, age=_age(record))
        shared = self._memory.shared
        if shared and shared.has_image(key.digest):
            output(Stream.PROGRESS, f"found in {shared.repository}")
            return Built(planned, key, "", age=_age(record))
        return None

    def _make(self, planned: PlannedBuild, context: ContextRequest, foreseen: Key, output: Output) -> Built:
        """Build an image. What it is really made of may be newer than what its key was worked out from."""
        with blamed_on_variant(planned.variants[-1]):
            manifest = self._contexts.manifest(context)
        explain = functools.partial(self._reasons, planned, foreseen, manifest)
        if self._rules.expect_cached:
            raise unexpected(f'variant "{planned.variant}" would be built', explain())
        output = _explained(output, explain)
        images = {name: self._bases.image(name, output, *_how(planned)) for name in planned.dockerfile.images}
        key = self._key(
            planned,
            self._contexts.digest(context),
            {name: self._bases.digest_of(name, one) for name, one in images.items()},
        )
        kept = Ahead(lambda: self._memory.add([manifest.dump()]))
        start = time.monotonic()
        result = self._execute(planned, context, images, output)
        is_certain = all(self._bases.is_still(name, image) for name, image in images.items())
        if is_certain:
            self._remember(planned, key, kept.result(), result.image, time.monotonic() - start)
        return Built(planned, key, result.image, result, is_certain=is_certain)

    def _execute(
        self,
        planned: PlannedBuild,
        context: ContextRequest,
        images: Mapping[str, EngineImage],
        output: Output,
    ) -> BuildResult:
        for name, image in images.items():
            if image.triggers:
                output(Stream.PROGRESS, f"{name} has ONBUILD triggers, which the engine executes.")
        listing = self._contexts.listing(context)
        pieces: dict[str, tuple[str, ...]] = {}
        for directory in planned.dockerfile.divisible:
            listing, pieces[directory] = divide(listing, directory)
        environments = {name: image.environment for name, image in images.items()}
        written = planned.dockerfile_on(environments, pieces)
        shared = self._memory.shared
        files = LocalFiles(listing, place=repr((context.root, context.selections)))
        request = BuildRequest(
            dockerfile=written.text,
            target=written.target,
            context=lambda extra: pack(listing.files, extra, listing.contents),
            tags=planned.tags,
            arguments=planned.parameters.arguments,
            no_cache=self._rules.no_cache,
            platform=planned.parameters.platform,
            cache_from=(shared.layers(self._subject(planned)),) if shared else (),
            inline_cache=bool(shared and shared.is_pushed_to),
            files=files,
        )
        with in_time("the build", self._cancel, self._rules.limit) as deadline:
            return self._docker.build(request, output, deadline)

    def _remember(self, planned: PlannedBuild, key: Key, manifest: Json, image: str, seconds: float) -> None:
        if self._memory.store is None:
            return
        self._docker.tag(image, cache_reference(key.digest))
        result: dict[str, Json] = {
            "image": image,
            "bases": self._base_names(planned),
            "manifest": manifest,
        }
        self._memory.write(key, self._subject(planned), result, seconds)
        if self._memory.shared:
            self._memory.shared.push_image(image, key.digest, self._subject(planned))

    def _reasons(self, planned: PlannedBuild, key: Key, manifest: Manifest) -> tuple[Reason, ...]:
        if not self._memory.is_asked or self._memory.store is None:
            return ()
        last = self._memory.latest("image", self._subject(planned))
        return image_explanation(self._memory, last, key, self._base_names(planned), lambda: manifest)

    def _base_names(self, planned: PlannedBuild) -> tuple[str, ...]:
        return tuple(map(self._bases.known_as, planned.dockerfile.images))

    def _bring(self, built: Built, output: Output) -> str:
        """Pull an image from the cache repository; where that fails, it is built after all."""
        shared = self._memory.shared
        if shared:
            tags = (*built.planned.tags, cache_reference(built.key.digest))
            try:
                image = shared.pull(built.key.digest, tags, output)
            except PipelineError as error:
                output(Stream.PROGRESS, f"{error.problems[0].message} It is built instead.")
            else:
                self._keys[image.removeprefix("sha256:")] = built.key.digest
                return image
        if built.planned.context is None:
            raise ValueError("an open build is settled first")
        return self._make(built.planned, built.planned.context, built.key, output).image

    def _subject(self, planned: PlannedBuild) -> str:
        return image_subject(self._rules.project, planned)


def _explained(output: Output, explain: Callable[[], Sequence[Reason]]) -> Output:
    """Have it told why something is not cached before all else that is told of it.

    It is found out when something else is to be told: the engine has enough to do by then.
    """
    reasons: Sequence[Reason] | None = None

    def tell(stream: Stream, line: str) -> None:
        nonlocal reasons
        if reasons is None:
            reasons = explain()
            if reasons:
                output(Stream.PROGRESS, f"not cached: {summary(reasons)}")
        output(stream, line)

    return tell


def _how(planned: PlannedBuild) -> tuple[PullPolicy | None, str]:
    """Say how the images that a build starts from are got."""
    return planned.source.pull, planned.parameters.platform


def _age(record: Record | None) -> float | None:
    return time.time() - record.made if record else None
